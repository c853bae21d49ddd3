import type { Job, JobStatus } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { parseTime } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { duplicate, invalidValue, negative, required } from '../field-errors.ts';
import { countIndexes, sharedIndex } from './indexes.ts';

export function isTrue(status: JobStatus | undefined, type: string): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;
}

/**
 * What is wrong with what is reported of a Job (kubernetes v1.35, ValidateJobStatusUpdate). As upstream (registry/batch/job
 * getStatusValidationOptions) most rules are asked only when the part that they speak of has changed.
 */
export function jobStatusErrors(job: Job, old: Job): FieldError[] {
  const at: Moment = { job, now: job.status ?? {}, before: old.status ?? {}, change: changesOf(job, old) };
  const rules = [...finishRules, ...completionRules, ...indexRules, ...successRules, ...transitionRules];
  return [...countErrors(at.now), ...rules.flatMap((rule) => rule(at) ?? [])];
}
/** A status and the one before it. */
interface Moment {
  readonly job: Job;
  readonly now: JobStatus;
  readonly before: JobStatus;
  readonly change: Changes;
}
/** Says what is wrong, if anything. */
type Rule = (at: Moment) => FieldError | undefined;

interface Changes {
  readonly isFinished: boolean;
  readonly finished: boolean;
  readonly [part: string]: boolean;
}
function changesOf(job: Job, old: Job): Changes {
  const [now, before] = [job.status ?? {}, old.status ?? {}];
  const turned = (type: string): boolean => isTrue(now, type) !== isTrue(before, type);
  const differs = (field: keyof JobStatus): boolean => !jsonEqual(now[field], before[field]);
  const isFinished = isTrue(now, 'Complete') || isTrue(now, 'Failed');
  return {
    isFinished,
    finished: isFinished !== (isTrue(before, 'Complete') || isTrue(before, 'Failed')),
    complete: turned('Complete'),
    failed: turned('Failed'),
    failureTarget: turned('FailureTarget'),
    startTime: differs('startTime'),
    completionTime: differs('completionTime'),
    active: differs('active'),
    ready: differs('ready') || differs('active'),
    terminating: differs('terminating'),
    completedIndexes: differs('completedIndexes'),
    failedIndexes: differs('failedIndexes'),
    uncounted: differs('uncountedTerminatedPods'),
  };
}

function countErrors(status: JobStatus): FieldError[] {
  const errors = (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((field) =>
    negative(`status.${field}`, status[field]),
  );
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (status.uncountedTerminatedPods?.[list] ?? []).entries()) {
      const at = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === '') errors.push(invalidValue(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      seen.add(uid);
    }
  }
  return errors;
}
const conditionError = (detail: string): FieldError => invalidValue('status.conditions', undefined, detail);

const finishRules: readonly Rule[] = [
  ({ now, change }) =>
    (change['failed'] || change['complete']) && isTrue(now, 'Complete') && isTrue(now, 'Failed')
      ? conditionError('cannot set Complete=True and Failed=true conditions')
      : undefined,
  ({ now, change }) =>
    (change['failureTarget'] || change['complete']) && isTrue(now, 'Complete') && isTrue(now, 'FailureTarget')
      ? conditionError('cannot set Complete=True and FailureTarget=true conditions')
      : undefined,
  ({ now, change }) =>
    (change['complete'] || change['completionTime']) && now.completionTime !== undefined && !isTrue(now, 'Complete')
      ? completionError(now, 'cannot set completionTime when there is no Complete=True condition')
      : undefined,
  ({ now, change }) =>
    (change['complete'] || change['completionTime']) && now.completionTime === undefined && isTrue(now, 'Complete')
      ? required('status.completionTime', 'completionTime is required for Complete jobs')
      : undefined,
  ({ now, change }) =>
    (change['startTime'] || change['completionTime']) && endsBeforeItStarts(now)
      ? completionError(now, 'completionTime cannot be set before startTime')
      : undefined,
  ({ now, change }) =>
    change['failed'] && isTrue(now, 'Failed') && !isTrue(now, 'FailureTarget')
      ? conditionError('cannot set Failed=True condition without the FailureTarget=true condition')
      : undefined,
  ({ now, change }) =>
    change['complete'] && isTrue(now, 'Complete') && !isTrue(now, 'SuccessCriteriaMet')
      ? conditionError('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
      : undefined,
];
function completionError({ completionTime }: JobStatus, detail: string): FieldError {
  return invalidValue('status.completionTime', completionTime, detail);
}
function endsBeforeItStarts({ startTime, completionTime }: JobStatus): boolean {
  const [from, to] = [parseTime(startTime), parseTime(completionTime)];
  return from !== undefined && to !== undefined && to < from;
}

const completionRules: readonly Rule[] = [
  ({ now, change }) =>
    change.isFinished && (change.finished || change['active']) && (now.active ?? 0) > 0
      ? invalidValue('status.active', now.active, 'active>0 is invalid for finished job')
      : undefined,
  ({ now, change }) =>
    change.isFinished && (change.finished || change['startTime']) && now.startTime === undefined
      ? required('status.startTime', 'startTime is required for finished job')
      : undefined,
  ({ now, change }) => {
    const { succeeded = [], failed = [] } = now.uncountedTerminatedPods ?? {};
    if (!change.isFinished || !(change.finished || change['uncounted']) || succeeded.length + failed.length === 0) return undefined;
    const detail = 'uncountedTerminatedPods needs to be empty for finished job';
    return invalidValue('status.uncountedTerminatedPods', now.uncountedTerminatedPods, detail);
  },
];

const indexRules: readonly Rule[] = [
  ({ job, now, change }) => (change['completedIndexes'] ? unreadable(job, 'completedIndexes', now.completedIndexes) : undefined),
  ({ job, now, change }) =>
    change['failedIndexes'] && job.spec.backoffLimitPerIndex !== undefined
      ? unreadable(job, 'failedIndexes', now.failedIndexes)
      : undefined,
  ({ job, now, change }) =>
    change['completedIndexes'] && now.completedIndexes && job.spec.completionMode !== 'Indexed'
      ? invalidValue(
          'status.completedIndexes',
          now.completedIndexes,
          'cannot set non-empty completedIndexes when non-indexed completion mode',
        )
      : undefined,
  ({ job, now, change }) =>
    change['failedIndexes'] && now.failedIndexes !== undefined && job.spec.backoffLimitPerIndex === undefined
      ? invalidValue('status.failedIndexes', now.failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null')
      : undefined,
  ({ job, now, change }) => {
    const { completedIndexes: done, failedIndexes: failed } = now;
    if (!(change['failedIndexes'] || change['completedIndexes']) || !done || !failed) return undefined;
    const shared = sharedIndex(done, failed, job.spec.completions ?? 0);
    const detail = `failedIndexes and completedIndexes overlap at index: ${shared}`;
    return shared === undefined ? undefined : invalidValue('status.failedIndexes', failed, detail);
  },
  ({ now, change }) =>
    change.isFinished && (change.finished || change['terminating']) && (now.terminating ?? 0) > 0
      ? invalidValue('status.terminating', now.terminating, 'terminating>0 is invalid for finished job')
      : undefined,
  ({ now, change }) =>
    change['ready'] && (now.ready ?? 0) > (now.active ?? 0)
      ? invalidValue('status.ready', now.ready, 'cannot set more ready pods than active')
      : undefined,
];
function unreadable({ spec }: Job, field: string, text: string | undefined): FieldError | undefined {
  if (spec.completions === undefined || spec.completionMode !== 'Indexed') return undefined;
  const read = countIndexes(text ?? '', spec.completions);
  return 'fault' in read ? invalidValue(`status.${field}`, text, `error parsing ${field}: ${read.fault}`) : undefined;
}

const successRules: readonly Rule[] = [
  ({ now }) =>
    isTrue(now, 'SuccessCriteriaMet') && isTrue(now, 'Failed')
      ? conditionError('cannot set SuccessCriteriaMet=True and Failed=true conditions')
      : undefined,
  ({ now }) =>
    isTrue(now, 'SuccessCriteriaMet') && isTrue(now, 'FailureTarget')
      ? conditionError('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
      : undefined,
  ({ job, now }) =>
    job.spec.successPolicy !== undefined && !isTrue(now, 'SuccessCriteriaMet') && isTrue(now, 'Complete')
      ? conditionError('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
      : undefined,
];

const lasting = ['Failed', 'Complete', 'FailureTarget'].map(
  (type): Rule =>
    ({ now, before }) =>
      isTrue(before, type) && !isTrue(now, type) ? conditionError(`cannot disable the terminal ${type}=True condition`) : undefined,
);
const rising = (['failed', 'succeeded'] as const).map(
  (field): Rule =>
    ({ now, before }) =>
      (now[field] ?? 0) < (before[field] ?? 0)
        ? invalidValue(`status.${field}`, now[field] ?? 0, `cannot decrease the ${field} counter`)
        : undefined,
);
const transitionRules: readonly Rule[] = [
  ...lasting,
  ...rising,
  ({ now, before, change }) =>
    change['completionTime'] && now.completionTime !== undefined && before.completionTime !== undefined
      ? completionError(now, 'completionTime cannot be mutated')
      : undefined,
  // A Job that goes on after it was suspended begins anew.
  ({ job, before, change }) =>
    change['startTime'] && before.startTime !== undefined && job.spec.suspend !== true && !isTrue(before, 'Suspended')
      ? required('status.startTime', 'startTime cannot be removed for unsuspended job')
      : undefined,
  ({ now, before }) =>
    isTrue(before, 'SuccessCriteriaMet') && !isTrue(now, 'SuccessCriteriaMet')
      ? conditionError('cannot disable the SuccessCriteriaMet=True condition')
      : undefined,
  ({ now, before }) =>
    isTrue(before, 'Complete') && !isTrue(before, 'SuccessCriteriaMet') && isTrue(now, 'SuccessCriteriaMet')
      ? conditionError('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')
      : undefined,
];
