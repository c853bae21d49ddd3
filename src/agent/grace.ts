import type { Pod } from '../api/kinds.generated.ts';

/** How long a container may take to end, as its pod says. */
export function graceMs(pod: Readonly<Pod>): number {
  return (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
}
/** The same for a pod that is being deleted, as its deletion says. */
export function deletionGraceMs(pod: Readonly<Pod>): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
}
