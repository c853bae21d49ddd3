import type { Job, Pod } from '../../api/kinds.generated.ts';
import { burst } from '../pods/pod-control.ts';
import { inDeletionOrder } from '../pods/ranking.ts';
import { hasTracking, replacesOnlyFailed, type Tally } from './accounting.ts';
import { isSuspended } from './conditions.ts';
import { indexOf, isIndexed, pendingIndexes } from './indexes.ts';

/** What is to be done about the pods of a Job: delete some, or else make some, one for each slot. */
export interface Demand {
  readonly remove: readonly Pod[];
  /** Completion indexes of the pods to make; undefined for a slot of a NonIndexed Job. */
  readonly make: readonly (number | undefined)[];
}

/** Never asks for more pods than parallelism, nor for more than there are completions missing. */
export function demandOf(counts: Tally, now: number): Demand {
  const { job, active } = counts;
  if (isSuspended(job)) return { remove: active, make: [] };
  const wanted = wantedPods(counts);
  const remove = removable(job, active, { atLeast: Math.max(0, active.length - wanted), now });
  if (remove.length > 0) return { remove: remove.slice(0, burst), make: [] };
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? counts.terminating : 0);
  return { remove: [], make: missing <= 0 ? [] : slots(counts, Math.min(burst, missing)) };
}

function wantedPods({ job, active, succeeded, failedIndexes }: Tally): number {
  const { parallelism = 1, completions } = job.spec;
  // A work queue: the first success says that there is no more work to begin.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded - failedIndexes.size));
}

/**
 * Pods of no index or of one that another pod has come first, and such as nobody would count, since they were given up before they could be
 * deleted; then as many more as are too many, in order of their worth.
 */
function removable(job: Job, active: readonly Pod[], { atLeast, now }: { atLeast: number; now: number }): readonly Pod[] {
  const misplaced: Pod[] = [];
  const kept: Pod[] = [];
  const taken = new Set<number>();
  for (const pod of isIndexed(job) ? [...inDeletionOrder(active, [], now)].reverse() : active) {
    const index = indexOf(job, pod);
    if (!hasTracking(pod) || (isIndexed(job) && (index === undefined || taken.has(index)))) misplaced.push(pod);
    else {
      kept.push(pod);
      if (index !== undefined) taken.add(index);
    }
  }
  if (misplaced.length >= atLeast) return misplaced;
  return [...misplaced, ...inDeletionOrder(kept, [], now).slice(0, atLeast - misplaced.length)];
}

function slots({ job, active, doneIndexes, failedIndexes }: Tally, count: number): readonly (number | undefined)[] {
  if (!isIndexed(job)) return Array.from({ length: count }, () => undefined);
  const taken = new Set([...doneIndexes, ...failedIndexes]);
  for (const pod of active) {
    const index = indexOf(job, pod);
    if (index !== undefined) taken.add(index);
  }
  return pendingIndexes(job.spec.completions ?? 0, taken, count);
}
