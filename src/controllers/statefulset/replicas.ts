import type { Pod, PodTemplateSpec, StatefulSet } from '../../api/kinds.generated.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';
import { podRevision, statefulPod } from './identity.ts';
import { isInRange, ordinalOf, ordinals } from './ordinals.ts';

/** One place of a set: the pod that has it, or the pod that it is to get. */
export interface Replica {
  readonly ordinal: number;
  pod: Readonly<Pod>;
  made: boolean;
}

/** What pods are judged by. */
export interface Yardstick {
  readonly minReadySeconds: number;
  readonly now: number;
}

/** A template and the name of the revision that holds it. */
export interface Version {
  readonly revision: string;
  readonly template: PodTemplateSpec;
}

export interface Places {
  /** By ordinal, each that the set wants. */
  readonly replicas: Replica[];
  /** Pods that the set no longer wants, highest ordinal first. */
  readonly condemned: readonly Readonly<Pod>[];
}

/** Puts the pods of a set into their places; empty ones get a pod of the revision that is theirs. */
export function placesOf(
  set: Readonly<StatefulSet>,
  pods: readonly Readonly<Pod>[],
  versions: { current: Version; update: Version },
): Places {
  const { start, count } = ordinals(set);
  const byOrdinal = new Map<number, Readonly<Pod>>();
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  const replicas = Array.from({ length: count }, (_, index): Replica => {
    const ordinal = start + index;
    const pod = byOrdinal.get(ordinal);
    if (pod !== undefined) return { ordinal, pod, made: true };
    const version = isOfCurrent(set, index) ? versions.current : versions.update;
    return { ordinal, pod: statefulPod(set, ordinal, version), made: false };
  });
  const condemned = [...byOrdinal].filter(([ordinal]) => !isInRange(set, ordinal)).sort(([a], [b]) => b - a);
  return { replicas, condemned: condemned.map(([, pod]) => pod) };
}

/** Below the partition a pod that is made anew is of the revision that the set had before the rollout. */
function isOfCurrent({ spec, status }: Readonly<StatefulSet>, index: number): boolean {
  if (spec.updateStrategy?.type === 'OnDelete') return false;
  const rolling = spec.updateStrategy?.rollingUpdate;
  return index < (rolling === undefined ? (status?.currentReplicas ?? 0) : (rolling.partition ?? 0));
}

export function isRunningAndReady(pod: Readonly<Pod>): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}
export function isGoing(pod: Readonly<Pod>): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}
export function isRunningAndAvailable(pod: Readonly<Pod>, { minReadySeconds, now }: Yardstick): boolean {
  return pod.status?.phase === 'Running' && isPodAvailable(pod, minReadySeconds, now);
}
/** Not made, not running, not ready for long enough, or going. */
export function isUnavailable(pod: Readonly<Pod>, yardstick: Yardstick): boolean {
  return isGoing(pod) || !isRunningAndAvailable(pod, yardstick);
}

/**
 * The pods that a rolling update deletes now, highest ordinal first: those of another revision at or above the partition, as many as
 * maxUnavailable leaves. A pod that is unavailable and of another revision costs nothing, so that a broken revision never blocks the one
 * that mends it; in a set with OrderedReady there is none by then.
 */
export function dueForUpdate(
  set: Readonly<StatefulSet>,
  replicas: readonly Replica[],
  how: Yardstick & { revision: string },
): readonly Readonly<Pod>[] {
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const unavailable = replicas.filter(({ pod }) => isUnavailable(pod, how)).length;
  let left = unavailableLimit(maxUnavailable, replicas.length) - unavailable;
  const due: Readonly<Pod>[] = [];
  for (const { pod, made } of replicas.slice(partition).reverse()) {
    if (!made || isGoing(pod) || podRevision(pod) === how.revision) continue;
    if (isUnavailable(pod, how)) due.push(pod);
    else if (left > 0) {
      left--;
      due.push(pod);
    }
  }
  return due;
}

/** As upstream: 1 by default, percentages round down, and at least 1. */
export function unavailableLimit(value: number | string | undefined, replicas: number): number {
  if (value === undefined) return 1;
  const limit = typeof value === 'number' ? value : Math.floor((Number.parseInt(value, 10) * replicas) / 100);
  return Math.max(1, limit);
}
