import { lasting, type Plugin } from '../plugin.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';

const otherZone = lasting('node(s) had no available volume zone');

/** Each label and the older name that means the same. */
const labels: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

interface Place {
  readonly key: string;
  readonly values: readonly string[];
}

/** Volumes that say their zone or region by a label are used there alone. */
export const volumeZone: Plugin = {
  name: 'VolumeZone',
  filter(pod, state) {
    if (pod.claims.length === 0) return undefined;
    const places = placesOf(pod, state);
    return places.length === 0 ? undefined : (node) => (isThere(node, places) ? undefined : otherZone);
  },
  hints: {
    nodeAdded: (pod) => pod.claims.length > 0,
    nodeLabels: (pod) => pod.claims.length > 0,
    claimChanged: (pod, event) =>
      event.kind === 'claimChanged' && pod.claims.includes(`${event.claim.metadata.namespace ?? ''}/${event.claim.metadata.name}`),
    volumeChanged: (pod) => pod.claims.length > 0,
  },
};

function placesOf(pod: PodFacts, state: ClusterState): Place[] {
  return pod.claims.flatMap((key) => {
    const name = state.volumes.claim(key)?.spec.volumeName ?? '';
    const own = state.volumes.volume(name)?.metadata.labels ?? {};
    return Object.keys(own)
      .filter((label) => labels[label] !== undefined)
      .map((label) => ({ key: label, values: (own[label] as string).split('__') }));
  });
}

/** A node without any such label may be anywhere. */
function isThere(node: NodeState, places: readonly Place[]): boolean {
  if (Object.keys(labels).every((label) => node.labels[label] === undefined)) return true;
  return places.every(({ key, values }) => {
    const value = node.labels[key] ?? node.labels[labels[key] as string];
    return value !== undefined && values.includes(value);
  });
}
