import type { Job, JobStatus, Pod, UncountedTerminatedPods } from '../../api/kinds.generated.ts';
import { isPodActive, isPodReady, isPodTerminating } from '../pods/pod-state.ts';
import { failsIndex, limitsIndexes, replaceable } from './index-failures.ts';
import { matchFailure } from './policies.ts';
import { formatIndexes, indexOf, isIndexed, parseIndexes } from './indexes.ts';

/** Keeps a pod that has ended from vanishing before it is counted. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
/** So many uids at most stand in the status at once. */
export const maxUncounted = 500;

/** The pods of a Job, sorted for counting. */
export interface Tally {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly terminating: number;
  readonly ready: number;
  /** Ended, and in no counter or list of the status yet. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Counted, about to be counted, and new. */
  readonly succeeded: number;
  readonly failed: number;
  /** Of an Indexed Job: indexes that are done, by the status and by the new pods. */
  readonly doneIndexes: ReadonlySet<number>;
  /** Of a Job with a limit for each index: indexes that are not tried again; otherwise none. */
  readonly failedIndexes: ReadonlySet<number>;
  /** Of such a Job, by index: failed pods that are not counted before another pod takes their place. */
  readonly replaceable: ReadonlyMap<number, Pod>;
  /** Uids of pods whose finalizer is gone, though the cache may still show it. */
  readonly released: ReadonlySet<string>;
}

/** Sorts the pods. Pods whose finalizer is gone have been counted in an earlier pass. */
export function tally(job: Job, pods: readonly Pod[], released: ReadonlySet<string>): Tally {
  const { status = {} } = job;
  const uncounted = status.uncountedTerminatedPods ?? {};
  const fresh = pods.filter((pod) => isTracked(pod, released) && hasSlot(job, pod));
  const newSucceeded = fresh.filter((pod) => pod.status?.phase === 'Succeeded' && !has(uncounted.succeeded, pod));
  const newFailed = fresh.filter((pod) => isFailed(job, pod) && !has(uncounted.failed, pod));
  const done = parseIndexes(status.completedIndexes, isIndexed(job) ? (job.spec.completions ?? 0) : 0);
  if (isIndexed(job)) for (const pod of newSucceeded) done.add(indexOf(job, pod) ?? -1);
  const active = pods.filter(isPodActive);
  const failedIndexes = failedIndexesOf(job, fresh, done);
  return {
    job,
    pods,
    active,
    terminating: pods.filter(isPodTerminating).length,
    ready: active.filter(isPodReady).length,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? done.size : (status.succeeded ?? 0) + newSucceeded.length + (uncounted.succeeded ?? []).length,
    failed: (status.failed ?? 0) + newFailed.filter((pod) => matchFailure(job, pod).counts).length + (uncounted.failed ?? []).length,
    doneIndexes: done,
    failedIndexes,
    replaceable: limitsIndexes(job)
      ? replaceable(
          job,
          pods.filter((pod) => isTracked(pod, released) || isPodActive(pod)),
          { failed: (pod) => isFailed(job, pod), over: (index) => done.has(index) || failedIndexes.has(index) },
        )
      : new Map(),
    released,
  };
}

/** Those of the status, and those that fail with one of these pods. */
function failedIndexesOf(job: Job, fresh: readonly Pod[], done: ReadonlySet<number>): ReadonlySet<number> {
  if (!limitsIndexes(job)) return new Set();
  const out = parseIndexes(job.status?.failedIndexes, job.spec.completions ?? 0);
  for (const pod of fresh) {
    const index = indexOf(job, pod);
    if (index !== undefined && !done.has(index) && isFailed(job, pod) && failsIndex(job, pod)) out.add(index);
  }
  return out;
}

function isTracked(pod: Pod, released: ReadonlySet<string>): boolean {
  return hasTracking(pod) && !released.has(uidOf(pod));
}
export function hasTracking(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;
}
function has(uids: readonly string[] | undefined, pod: Pod): boolean {
  return uids?.includes(uidOf(pod)) ?? false;
}
function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

/** A pod that was deleted before it succeeded has failed, unless the Job replaces only those that really ended. */
export function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
}

/**
 * First half of counting: notes the uids of pods that have ended in the status, which must be stored before their finalizers go.
 * `ending`: the Job is finished or going, so that every pod that is left counts, as failed unless the Job has succeeded.
 * Answers which pods to release, and whether there are more than fit.
 */
export function noteEnded(
  { job, pods, released, failedIndexes, replaceable: kept }: Tally,
  status: JobStatus,
  ending: 'no' | 'failed' | 'succeeded' | 'deleted',
): { readonly status: JobStatus; readonly release: readonly Pod[]; readonly more: boolean } {
  const done = parseIndexes(status.completedIndexes, job.spec.completions ?? 0);
  const lists = { ...listsOf(status), done };
  const room = (before: number): number => maxUncounted + before - done.size - lists.succeeded.length - lists.failed.length;
  const before = done.size;
  const waiting = new Set(ending === 'no' ? kept.values() : []);
  const ended = (isIndexed(job) ? byIndex(job, pods) : pods).filter(
    (pod) => isTracked(pod, released) && !waiting.has(pod) && (ending !== 'no' || hasSucceeded(pod) || isFailed(job, pod)),
  );
  const release: Pod[] = [];
  for (const pod of ended) {
    if (room(before) <= 0) break;
    release.push(pod);
    if (has(lists.failed, pod)) continue;
    if (hasSucceeded(pod)) noteSucceeded(job, pod, lists);
    else if ((ending === 'failed' || isFailed(job, pod)) && hasSlot(job, pod) && matchFailure(job, pod).counts)
      lists.failed.push(uidOf(pod));
  }
  const next: JobStatus = { ...status, uncountedTerminatedPods: uncountedOf(lists.succeeded, lists.failed) };
  if (limitsIndexes(job)) next.failedIndexes = formatIndexes(failedIndexes);
  return { status: isIndexed(job) ? withIndexes(next, done) : next, release, more: release.length < ended.length };
}

function listsOf(status: JobStatus): { readonly succeeded: string[]; readonly failed: string[] } {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  return { succeeded: [...succeeded], failed: [...failed] };
}

/** For an Indexed Job the index says that it is counted; for the others the uid. */
function noteSucceeded(job: Job, pod: Pod, into: { succeeded: string[]; done: Set<number> }): void {
  const index = indexOf(job, pod);
  if (!isIndexed(job)) {
    if (!has(into.succeeded, pod)) into.succeeded.push(uidOf(pod));
  } else if (index !== undefined) into.done.add(index);
}

function hasSucceeded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded';
}

/** A pod of an Indexed Job counts where it has an index that the Job has. */
function hasSlot(job: Job, pod: Pod): boolean {
  return !isIndexed(job) || indexOf(job, pod) !== undefined;
}

function byIndex(job: Job, pods: readonly Pod[]): readonly Pod[] {
  return [...pods].sort((a, b) => (indexOf(job, a) ?? -1) - (indexOf(job, b) ?? -1));
}

function withIndexes(status: JobStatus, done: ReadonlySet<number>): JobStatus {
  const { succeeded: _, completedIndexes: __, ...rest } = status;
  return done.size === 0 ? rest : { ...rest, succeeded: done.size, completedIndexes: formatIndexes(done) };
}

function uncountedOf(succeeded: readonly string[], failed: readonly string[]): UncountedTerminatedPods {
  return { ...(succeeded.length === 0 ? {} : { succeeded: [...succeeded] }), ...(failed.length === 0 ? {} : { failed: [...failed] }) };
}

/**
 * Second half of counting: uids whose pods have no finalizer any more leave the lists and raise the counters, in one write. So a pod
 * counts once however often the controller dies between its writes.
 */
export function countReleased(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const keep = (uids: readonly string[]): string[] => uids.filter((uid) => tracked.has(uid));
  const [succeededLeft, failedLeft] = [keep(succeeded), keep(failed)];
  const next: JobStatus = { ...status, uncountedTerminatedPods: uncountedOf(succeededLeft, failedLeft) };
  const succeededNow = (status.succeeded ?? 0) + succeeded.length - succeededLeft.length;
  const failedNow = (status.failed ?? 0) + failed.length - failedLeft.length;
  if (succeededNow > 0) next.succeeded = succeededNow;
  if (failedNow > 0) next.failed = failedNow;
  return next;
}

/** Uids of pods that have the finalizer still. */
export function trackedUids(pods: readonly Pod[], released: ReadonlySet<string>): Set<string> {
  return new Set(pods.filter((pod) => isTracked(pod, released)).map(uidOf));
}
