import { claimClass } from '../../api/volume-binding.ts';
import { lasting, type Plugin, type Verdict } from '../plugin.ts';
import { claimProblem, claimsOfPod } from '../volumes/pod-claims.ts';
import { findVolumes, type VolumeProblem } from '../volumes/find-volumes.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import type { ClusterEvent } from '../cluster-event.ts';
import type { ClusterState } from '../state/cluster-state.ts';

const unbound = lasting('pod has unbound immediate PersistentVolumeClaims');
const texts: Readonly<Record<VolumeProblem, string>> = {
  nodeAffinity: "node(s) didn't match PersistentVolume's node affinity",
  noVolume: "node(s) didn't find available persistent volumes to bind",
  noSpace: 'node(s) did not have enough free storage',
  volumeGone: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
};

/** A pod goes where its volumes are, or can be: those of classes that wait for it are bound or made for the node that is chosen. */
export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  refuse(pod, state) {
    if (pod.claims.length === 0) return undefined;
    const problem = claimProblem(pod, state.volumes);
    if (problem !== undefined) return problem;
    return claimsOfPod(pod, state.volumes).immediate.length > 0 ? unbound : undefined;
  },
  filter(pod, state) {
    if (pod.claims.length === 0) return undefined;
    const claims = claimsOfPod(pod, state.volumes);
    return (node) => {
      const found = findVolumes(claims, node, state.volumes);
      return 'problems' in found ? verdictOf(found.problems) : undefined;
    };
  },
  hints: {
    claimChanged: (pod, event) => event.kind === 'claimChanged' && usesClaim(pod, event),
    volumeChanged: (pod, _event, state) => hasOpenClaim(pod, state) || pod.claims.length > 0,
    classChanged: (pod, event, state) =>
      event.kind === 'classChanged' &&
      pod.claims.some((key) => {
        const claim = state.volumes.claim(key);
        return claim !== undefined && claimClass(claim) === event.storageClass.metadata.name;
      }),
    capacityChanged: (pod, event, state) =>
      event.kind === 'capacityChanged' && claimsOfPod(pod, state.volumes).toBind.some(({ claim }) => claimClass(claim) === event.className),
    nodeAdded: (pod) => pod.claims.length > 0,
    nodeLabels: (pod) => pod.claims.length > 0,
    csiNodeChanged: (pod, _event, state) => hasOpenClaim(pod, state),
  },
};

function verdictOf(problems: readonly VolumeProblem[]): Verdict {
  return lasting(...[...new Set(problems)].map((problem) => texts[problem]));
}

function usesClaim(pod: PodFacts, event: Extract<ClusterEvent, { kind: 'claimChanged' }>): boolean {
  const { namespace, name } = event.claim.metadata;
  return pod.claims.includes(`${namespace ?? ''}/${name}`);
}

function hasOpenClaim(pod: PodFacts, state: ClusterState): boolean {
  const { toBind, immediate } = claimsOfPod(pod, state.volumes);
  return toBind.length + immediate.length > 0;
}
