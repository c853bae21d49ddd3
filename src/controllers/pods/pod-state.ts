import type { Pod, PodCondition } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';

/** Has it ended for good, with success or failure? */
export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
/** Neither ended nor asked to end: what a controller counts as one of its pods. */
export function isPodActive(pod: Pod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}
/** Asked to end and not yet ended. */
export function isPodTerminating(pod: Pod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined;
}
export function readyCondition(pod: Pod): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready');
}
export function isPodReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Ready for `minReadySeconds` at least. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isPodReady(pod) && msUntilAvailable(pod, minReadySeconds, now) === 0;
}

/** Milliseconds until a ready pod has been ready for `minReadySeconds`; 0 when it has; Infinity for one that is not ready or does not say since when. */
export function msUntilAvailable(pod: Pod, minReadySeconds: number, now: number): number {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return Infinity;
  if (minReadySeconds === 0) return 0;
  const since = parseTime(ready.lastTransitionTime);
  return since === undefined ? Infinity : Math.max(0, since + minReadySeconds * 1000 - now);
}

/** Milliseconds until the next ready pod has been ready for `minReadySeconds`; undefined where none waits for that. */
export function msUntilNextAvailable(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined;
  let least = Infinity;
  for (const pod of pods) {
    const ms = msUntilAvailable(pod, minReadySeconds, now);
    if (ms > 0) least = Math.min(least, ms);
  }
  return least === Infinity ? undefined : least;
}
