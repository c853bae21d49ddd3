import type { Job, Pod } from '../../api/kinds.generated.ts';
import { msUntilNextPod, endedAt } from './backoff.ts';
import { indexOf } from './indexes.ts';
import { matchFailure } from './policies.ts';

/** How often pods of this index have failed before this one: those that count against the limit, and those that the policy ignores. */
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Has each index a limit of its own? */
export function limitsIndexes(job: Job): boolean {
  return job.spec.backoffLimitPerIndex !== undefined;
}

function countOf(pod: Pod, annotation: string): number {
  const text = pod.metadata.annotations?.[annotation] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}
function allFailures(pod: Pod): number {
  return countOf(pod, failureCountAnnotation) + countOf(pod, ignoredCountAnnotation);
}

/** Does its index fail with this failed pod: by the policy, or because it was the last that the limit allows? */
export function failsIndex(job: Job, pod: Pod): boolean {
  const { counts, failsIndex: byPolicy } = matchFailure(job, pod);
  return byPolicy || (counts && countOf(pod, failureCountAnnotation) >= (job.spec.backoffLimitPerIndex ?? Infinity));
}

/**
 * Of each index that is neither done nor failed and has no other pod yet, the pod that failed last: it keeps its finalizer until a pod
 * takes its place, since only it knows how often the index has failed. As kube-controller-manager delays its deletion.
 */
export function replaceable(
  job: Job,
  pods: readonly Pod[],
  about: { readonly failed: (pod: Pod) => boolean; readonly over: (index: number) => boolean },
): ReadonlyMap<number, Pod> {
  const out = new Map<number, Pod>();
  const replaced = new Set<number>();
  for (const pod of pods) {
    const index = indexOf(job, pod);
    if (index === undefined || about.over(index)) continue;
    if (!about.failed(pod)) {
      replaced.add(index);
      continue;
    }
    const last = out.get(index);
    if (last === undefined || allFailures(last) <= allFailures(pod)) out.set(index, pod);
  }
  for (const index of replaced) out.delete(index);
  return out;
}

/** The annotations of the pod that takes the place of a failed one; of an index that has not failed yet `failed` is undefined. */
export function failureAnnotations(job: Job, failed: Pod | undefined): Record<string, string> {
  if (failed === undefined) return { [failureCountAnnotation]: '0' };
  const { counts } = matchFailure(job, failed);
  const count = countOf(failed, failureCountAnnotation) + (counts ? 1 : 0);
  const ignored = countOf(failed, ignoredCountAnnotation) + (counts ? 0 : 1);
  return { [failureCountAnnotation]: String(count), ...(ignored > 0 && { [ignoredCountAnnotation]: String(ignored) }) };
}

/** Milliseconds until the failed pod of an index may be replaced: each index has a back-off of its own. */
export function msUntilReplaced(failed: Pod | undefined, now: number): number {
  if (failed === undefined) return 0;
  return msUntilNextPod({ failures: allFailures(failed) + 1, lastFailure: endedAt(failed, now) }, now);
}
