import type { PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { bindCompleted, claimClass, waitsForConsumer } from '../../api/volume-binding.ts';
import { lasting, type Verdict } from '../plugin.ts';
import { claimName, type PodFacts } from '../state/pod-facts.ts';
import type { VolumeState } from './volume-state.ts';

export interface KeyedClaim {
  /** `namespace/name`. */
  readonly key: string;
  readonly claim: Readonly<PersistentVolumeClaim>;
}
/** The claims of a pod by what is to be done about them. */
export interface PodClaims {
  readonly bound: readonly KeyedClaim[];
  /** Of classes that wait for the pod's node. */
  readonly toBind: readonly KeyedClaim[];
  /** Others bind these, and the pod waits. */
  readonly immediate: readonly KeyedClaim[];
}

/** Why the pod cannot have one of its claims, as kube-scheduler says it; undefined when all are there. */
export function claimProblem(pod: PodFacts, volumes: VolumeState): Verdict | undefined {
  for (const volume of pod.pod.spec.volumes ?? []) {
    const name = claimName(pod.pod, volume);
    if (name === undefined) continue;
    const claim = volumes.claim(`${pod.namespace}/${name}`);
    const ephemeral = volume.ephemeral !== undefined;
    if (claim === undefined) {
      return lasting(
        ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`,
      );
    }
    if ((claim.status?.phase as string) === 'Lost')
      return lasting(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`);
    if (claim.metadata.deletionTimestamp !== undefined) return lasting(`persistentvolumeclaim "${name}" is being deleted`);
    if (ephemeral && !ownedBy(claim, pod))
      return lasting(`PVC ${pod.namespace}/${name} was not created for pod ${pod.namespace}/${pod.name} (pod is not owner)`);
  }
  return undefined;
}

function ownedBy(claim: Readonly<PersistentVolumeClaim>, pod: PodFacts): boolean {
  return (claim.metadata.ownerReferences ?? []).some(({ uid, controller }) => controller === true && uid === pod.uid);
}

/** Claims that are not there are left out. */
export function claimsOfPod(pod: PodFacts, volumes: VolumeState): PodClaims {
  const bound: KeyedClaim[] = [];
  const toBind: KeyedClaim[] = [];
  const immediate: KeyedClaim[] = [];
  for (const key of pod.claims) {
    const claim = volumes.claim(key);
    if (claim === undefined) continue;
    const named = (claim.spec.volumeName ?? '') !== '';
    if (named && isBound(claim)) bound.push({ key, claim });
    else if (!named && waitsForConsumer(volumes.classes.get(claimClass(claim) ?? ''))) toBind.push({ key, claim });
    else immediate.push({ key, claim });
  }
  return { bound, toBind, immediate };
}

export function isBound(claim: Readonly<PersistentVolumeClaim>): boolean {
  return (claim.spec.volumeName ?? '') !== '' && claim.metadata.annotations?.[bindCompleted] !== undefined;
}
