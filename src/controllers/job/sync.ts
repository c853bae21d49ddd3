import { keyOf, keyText } from '../../api/object.ts';
import { Job, type JobStatus, type Pod } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import type { Context, Result } from '../../reconcile/controller.ts';
import type { Expectations } from '../../reconcile/expectations.ts';
import { createPods, deletePods } from '../pods/pod-control.ts';
import { isPodReady } from '../pods/pod-state.ts';
import type { OwnWrites } from '../cache/own-writes.ts';
import { countReleased, hasTracking, noteEnded, tally, trackedUids, type Tally } from './accounting.ts';
import { msUntilNextPod, noFailures, recordEnded, type FailureRecord } from './backoff.ts';
import { completed, final, interim, isSuspended, msUntilDeadline, verdictOf, withJobCondition, type Verdict } from './conditions.ts';
import { demandOf } from './demand.ts';
import { limitsIndexes, msUntilReplaced } from './index-failures.ts';
import { isIndexed } from './indexes.ts';
import { jobPod } from './job-pod.ts';
import { releasePods, type TrackedPods } from './released.ts';

/** What the Job controller remembers between passes. All of it can be lost. */
export interface JobLoop {
  readonly context: Context;
  readonly expectations: Expectations;
  readonly tracked: TrackedPods;
  readonly own: OwnWrites<Job>;
  readonly failures: Map<string, FailureRecord>;
}
/** One pass over one Job. */
interface Pass {
  readonly loop: JobLoop;
  readonly key: string;
  /** As last written. */
  job: Readonly<Job>;
  readonly counts: Tally;
  /** Uids of pods whose finalizer was gone when the pass began, or is gone since: the cache that it looks at may show it. */
  readonly released: Set<string>;
  readonly record: FailureRecord;
  readonly now: number;
  status: JobStatus;
  active: number;
  ready: number;
  terminating: number;
  failure: Error | undefined;
  waitMs: number;
}

/** The pods of a Job as the cache shows them, and the uids of those whose finalizer is gone all the same. */
export interface SeenPods {
  readonly pods: readonly Readonly<Pod>[];
  readonly released: Set<string>;
}

/** Brings the pods of an unfinished Job to what it asks for, and counts those that have ended. */
export async function syncJob(loop: JobLoop, job: Readonly<Job>, seen: SeenPods, settled: boolean): Promise<Result> {
  const pass = startPass(loop, job, seen);
  const verdict = verdictOf(pass.counts, pass.status, pass.now);
  const outcome = verdict === undefined ? await goOn(pass, settled) : await windUp(pass, verdict, settled);
  const { active: _, ...others } = pass.status;
  pass.status = { ...others, ready: pass.ready, terminating: pass.terminating };
  if (pass.active > 0) pass.status.active = pass.active;
  await count(pass, outcome);
  if (pass.failure !== undefined) throw pass.failure;
  const waitMs = outcome === undefined ? Math.min(pass.waitMs, msUntilDeadline(pass.job, pass.status, pass.now)) : Infinity;
  return waitMs === Infinity ? undefined : { requeueAfterMs: waitMs };
}

function startPass(loop: JobLoop, job: Readonly<Job>, { pods, released }: SeenPods): Pass {
  const now = loop.context.clock.now();
  const key = keyText(keyOf(job));
  const counts = tally(job, pods, released);
  const startTime = job.status?.startTime ?? (isSuspended(job) ? undefined : timestamp(loop.context.clock));
  return {
    loop,
    key,
    job,
    counts,
    released,
    record: recordEnded(knownFailures(loop, key, counts, now), counts.newSucceeded, counts.newFailed, now),
    now,
    status: {
      ...job.status,
      ...(startTime === undefined ? {} : { startTime }),
      uncountedTerminatedPods: job.status?.uncountedTerminatedPods ?? {},
    },
    active: counts.active.length,
    ready: counts.ready,
    terminating: counts.terminating,
    failure: undefined,
    waitMs: Infinity,
  };
}

/** What is remembered, or else what the pods tell that were counted before this process began. */
function knownFailures(loop: JobLoop, key: string, counts: Tally, now: number): FailureRecord {
  const known = loop.failures.get(key);
  if (known !== undefined) return known;
  const counted = counts.pods.filter((pod) => !counts.newSucceeded.includes(pod) && !counts.newFailed.includes(pod));
  const ended = (phase: string): readonly Pod[] => counted.filter((pod) => pod.status?.phase === phase);
  return recordEnded(noFailures, ended('Succeeded'), ended('Failed'), now);
}

/** Makes and deletes pods. Answers how the Job ends, where all its work is done. */
async function goOn(pass: Pass, settled: boolean): Promise<Verdict | undefined> {
  const { counts, loop, now } = pass;
  const managed = settled && pass.job.metadata.deletionTimestamp === undefined;
  if (managed) await adjust(pass);
  const { completions } = pass.job.spec;
  if (pass.active === 0 && counts.succeeded >= Math.max(completions ?? 1, 0) && (completions !== undefined || counts.succeeded > 0))
    return completed;
  if (!managed) return undefined;
  const before = pass.status;
  if (isSuspended(pass.job)) {
    pass.status = withJobCondition(before, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, now);
    if (pass.status !== before) loop.context.event(pass.job, 'Normal', 'Suspended', 'Job suspended');
    return undefined;
  }
  pass.status = withJobCondition(before, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, now);
  if (pass.status !== before) {
    loop.context.event(pass.job, 'Normal', 'Resumed', 'Job resumed');
    // The deadline counts the time that the Job was not suspended.
    pass.status = { ...pass.status, startTime: timestamp(loop.context.clock) };
  }
  return undefined;
}

async function adjust(pass: Pass): Promise<void> {
  const { loop, key, counts, now } = pass;
  const batch = { context: loop.context, expectations: loop.expectations, key, owner: pass.job };
  const demand = demandOf(counts, now);
  if (demand.remove.length > 0) {
    // They did not end by themselves: without the finalizer they go uncounted.
    const { deleted, failure } = await deletePods(batch, demand.remove, (pod) => uncount(pass, pod));
    noteDeleted(pass, deleted);
    pass.failure = failure;
  } else if (demand.make.length > 0) {
    const make = mayBeMade(pass, demand.make);
    if (make.length === 0) return;
    const replaced = (index: number | undefined) => (index === undefined ? undefined : counts.replaceable.get(index));
    const { created, failure } = await createPods(batch, make.length, (at) => jobPod(pass.job, make[at], replaced(make[at])));
    pass.active += created;
    pass.failure = failure;
  }
}

/** Those whose back-off has passed: of the whole Job, or of each index by itself. The pass comes back for the others. */
function mayBeMade(pass: Pass, make: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const { job, counts, now, record } = pass;
  const waitOf = (index: number | undefined): number =>
    limitsIndexes(job) && index !== undefined ? msUntilReplaced(counts.replaceable.get(index), now) : msUntilNextPod(record, now);
  const waits = make.map(waitOf).filter((waitMs) => waitMs > 0);
  pass.waitMs = Math.min(pass.waitMs, ...waits);
  return make.filter((index) => waitOf(index) === 0);
}

async function uncount({ loop, released }: Pass, pod: Readonly<Pod>): Promise<void> {
  if (!hasTracking(pod)) return;
  released.add(pod.metadata.uid ?? '');
  const { failure } = await releasePods(loop.context, loop.tracked, [pod]);
  if (failure !== undefined) throw failure;
}

function noteDeleted(pass: Pass, deleted: readonly Pod[]): void {
  pass.active -= deleted.length;
  pass.terminating += deleted.length;
  pass.ready -= deleted.filter(isPodReady).length;
}

/** Deletes what still runs. Answers the verdict once nothing is left that could have escaped it. */
async function windUp(pass: Pass, verdict: Verdict, settled: boolean): Promise<Verdict | undefined> {
  const { loop, key, counts } = pass;
  if (counts.active.length === 0) return settled ? verdict : undefined;
  const batch = { context: loop.context, expectations: loop.expectations, key, owner: pass.job };
  const { deleted, failure } = await deletePods(batch, counts.active);
  noteDeleted(pass, deleted);
  pass.failure = failure;
  return settled && deleted.length === counts.active.length ? verdict : undefined;
}

/** Counts the pods that have ended, each once, and finishes the Job where it ends and nothing is left to count. */
async function count(pass: Pass, verdict: Verdict | undefined): Promise<void> {
  const { loop, counts, now } = pass;
  const uids = trackedUids(counts.pods, counts.released);
  const noted = noteEnded(counts, countReleased(pass.status, uids), endingOf(pass, verdict));
  pass.status = verdict === undefined ? noted.status : withJobCondition(noted.status, interim(verdict), now);
  await flush(pass);
  loop.failures.set(pass.key, pass.record);
  const { released, failure } = await releasePods(loop.context, loop.tracked, noted.release);
  for (const uid of released) uids.delete(uid);
  pass.status = countReleased(pass.status, uids);
  const { succeeded = [], failed = [] } = pass.status.uncountedTerminatedPods ?? {};
  const ends = verdict !== undefined && !noted.more && succeeded.length + failed.length === 0 && pass.terminating === 0;
  if (ends) {
    pass.status = withJobCondition(pass.status, final(verdict), now);
    if (verdict.succeeded) pass.status.completionTime = timestamp(loop.context.clock);
  }
  await flush(pass);
  if (ends) tellEnd(pass, verdict);
  pass.failure ??= failure;
}

function endingOf(pass: Pass, verdict: Verdict | undefined): 'no' | 'failed' | 'succeeded' | 'deleted' {
  if (verdict !== undefined) return verdict.succeeded ? 'succeeded' : 'failed';
  return pass.job.metadata.deletionTimestamp === undefined ? 'no' : 'deleted';
}

async function flush(pass: Pass): Promise<void> {
  if (jsonEqual(pass.job.status, pass.status)) return;
  const written = await pass.loop.context.cluster.update(Job, { ...pass.job, status: pass.status }, { subresource: 'status' });
  pass.loop.own.updated(pass.job, written);
  pass.job = written;
}

function tellEnd(pass: Pass, verdict: Verdict): void {
  const { event } = pass.loop.context;
  if (!verdict.succeeded) return event(pass.job, 'Warning', verdict.reason, verdict.message);
  const { completions } = pass.job.spec;
  if (completions !== undefined && !isIndexed(pass.job) && (pass.status.succeeded ?? 0) > completions) {
    event(pass.job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
  }
  event(pass.job, 'Normal', 'Completed', 'Job completed');
}
