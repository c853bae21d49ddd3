import type { Job, JobCondition, JobStatus, Pod } from '../../api/kinds.generated.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import { isFailed, type Tally } from './accounting.ts';
import { matchFailure, matchSuccess } from './policies.ts';

/** How a Job ends. */
export interface Verdict {
  readonly succeeded: boolean;
  readonly reason: string;
  readonly message: string;
}
export const completed: Verdict = {
  succeeded: true,
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};
const backoffExceeded: Verdict = {
  succeeded: false,
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
const deadlineExceeded: Verdict = {
  succeeded: false,
  reason: 'DeadlineExceeded',
  message: 'Job was active longer than specified deadline',
};

const tooManyIndexes: Verdict = {
  succeeded: false,
  reason: 'MaxFailedIndexesExceeded',
  message: 'Job has exceeded the specified maximal number of failed indexes',
};
const someIndexes: Verdict = { succeeded: false, reason: 'FailedIndexes', message: 'Job has failed indexes' };

export function hasTrue(status: JobStatus | undefined, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** Complete or Failed, and when; undefined for a Job that is under way. */
export function finishOf(job: Job): JobCondition | undefined {
  return hasTrue(job.status, 'Complete') ?? hasTrue(job.status, 'Failed');
}

export function isSuspended(job: Job): boolean {
  return job.spec.suspend === true;
}

/** What was decided in an earlier pass, or must be decided now; undefined while the Job goes on. */
export function verdictOf(counts: Tally, status: JobStatus, now: number): Verdict | undefined {
  const { job } = counts;
  const decided = hasTrue(status, 'SuccessCriteriaMet') ?? hasTrue(status, 'FailureTarget');
  if (decided !== undefined) {
    return { succeeded: decided.type === 'SuccessCriteriaMet', reason: decided.reason ?? '', message: decided.message ?? '' };
  }
  const fatal = counts.pods.filter((pod) => isFailed(job, pod)).map((pod) => matchFailure(job, pod).failsJob);
  const message = fatal.find((each) => each !== undefined);
  if (message !== undefined) return { succeeded: false, reason: 'PodFailurePolicy', message };
  if (counts.failed > (job.spec.backoffLimit ?? 6) || restartedTooOften(job, counts.pods)) return backoffExceeded;
  if (msUntilDeadline(job, status, now) === 0) return deadlineExceeded;
  const lost = failedByIndexes(counts);
  if (lost !== undefined) return lost;
  const met = matchSuccess(job, counts.doneIndexes);
  return met === undefined ? undefined : { succeeded: true, reason: 'SuccessPolicy', message: met };
}

/** More indexes have failed than may, or nothing is left to do and some have. */
function failedByIndexes({ job, failedIndexes, doneIndexes }: Tally): Verdict | undefined {
  if (failedIndexes.size === 0) return undefined;
  if (failedIndexes.size > (job.spec.maxFailedIndexes ?? Infinity)) return tooManyIndexes;
  return failedIndexes.size + doneIndexes.size >= (job.spec.completions ?? 0) ? someIndexes : undefined;
}

/**
 * Milliseconds until activeDeadlineSeconds have passed since the start; Infinity without deadline, start, or while suspended. The time before
 * it was suspended does not count, so that a Job that is resumed does not fail at once.
 */
export function msUntilDeadline(job: Job, status: JobStatus, now: number): number {
  const since = parseTime(status.startTime);
  if (job.spec.activeDeadlineSeconds === undefined || since === undefined) return Infinity;
  if (isSuspended(job) || hasTrue(status, 'Suspended') !== undefined) return Infinity;
  return Math.max(0, since + job.spec.activeDeadlineSeconds * 1000 - now);
}

/** Where containers restart in place (OnFailure), their restarts count against the limit. */
function restartedTooOften(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
    .flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
    .reduce((sum, status) => sum + status.restartCount, 0);
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** The status with one more condition; unchanged where it has that one in this state already. */
export function withJobCondition(
  status: JobStatus,
  condition: { type: string; status: 'True' | 'False'; reason: string; message: string },
  now: number,
): JobStatus {
  const conditions = status.conditions ?? [];
  const former = conditions.find((each) => each.type === condition.type);
  if (former === undefined && condition.status === 'False') return status;
  if (former?.status === condition.status && former.reason === condition.reason && former.message === condition.message) return status;
  const time = timestamp({ now: () => now });
  const lastTransitionTime = former?.status === condition.status ? (former.lastTransitionTime ?? time) : time;
  const next: JobCondition = { ...condition, lastProbeTime: time, lastTransitionTime };
  return {
    ...status,
    conditions: former === undefined ? [...conditions, next] : conditions.map((each) => (each === former ? next : each)),
  };
}

/** The verdict as the interim condition, which says that the rest of the pods is going. */
export function interim(verdict: Verdict): { type: string; status: 'True'; reason: string; message: string } {
  const { succeeded, reason, message } = verdict;
  return { type: succeeded ? 'SuccessCriteriaMet' : 'FailureTarget', status: 'True', reason, message };
}

/** The verdict as the final condition. */
export function final(verdict: Verdict): { type: string; status: 'True'; reason: string; message: string } {
  return { ...interim(verdict), type: verdict.succeeded ? 'Complete' : 'Failed' };
}
