import { keyOf, type ObjectKey } from '../../api/object.ts';
import type { CronJob } from '../../api/kinds.generated.ts';
import { Job, type CronJobStatus } from '../../api/kinds.generated.ts';
import { isNotFound } from '../../api/status.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import type { TimeZones } from '../../base/time-zone.ts';
import type { Context } from '../../reconcile/controller.ts';

/** One pass over one CronJob. */
export interface Pass {
  readonly context: Context;
  readonly zones: TimeZones;
  /** With the status as it becomes; written once, at the end. */
  cronJob: CronJob;
  readonly jobs: readonly Readonly<Job>[];
  readonly now: number;
  changed: boolean;
}

export function statusOf(pass: Pass): CronJobStatus {
  return pass.cronJob.status ?? {};
}
export function setStatus(pass: Pass, status: CronJobStatus): void {
  pass.cronJob = { ...pass.cronJob, status };
  pass.changed = true;
}

export function isListed(cronJob: CronJob, uid: string | undefined): boolean {
  return cronJob.status?.active?.some((each) => each.uid === uid) ?? false;
}

/** Puts a Job that was made for a time on the list of those that run. */
export function list(pass: Pass, job: Readonly<Job>, time: number): void {
  const { name, namespace = '', uid = '', resourceVersion = '' } = job.metadata;
  const { active = [], lastScheduleTime, ...rest } = statusOf(pass);
  const started = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
  const latest = Math.max(time, parseTime(lastScheduleTime) ?? 0);
  setStatus(pass, { ...rest, active: [...active, started], lastScheduleTime: timestamp({ now: () => latest }) });
}

/** Takes a Job off the list of those that run. */
export function unlist(pass: Pass, uid: string | undefined): void {
  const { active = [], ...rest } = statusOf(pass);
  const left = active.filter((each) => each.uid !== uid);
  setStatus(pass, left.length === 0 ? rest : { ...rest, active: left });
}

/** Deletes a Job with its pods and takes it off the list. Answers whether it went; a failure is told in an event. */
export async function deleteJob(pass: Pass, job: Readonly<Job>): Promise<boolean> {
  const { context, cronJob } = pass;
  try {
    await context.cluster.delete(Job, keyOf(job), { propagation: 'Background', uid: job.metadata.uid ?? '' });
  } catch (error) {
    context.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${errorText(error)}`);
    return false;
  }
  unlist(pass, job.metadata.uid);
  context.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  return true;
}

/** As the server has it; undefined where it has none. */
export async function liveJob(context: Context, key: ObjectKey): Promise<Readonly<Job> | undefined> {
  try {
    return await context.cluster.get(Job, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
