import { Job } from '../../api/kinds.generated.ts';
import { isControlledBy } from '../../api/owner.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { dateAt, parseTime } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import type { TimeZone } from '../../base/time-zone.ts';
import { isTerminating } from '../pods/pod-control.ts';
import { deleteJob, isListed, list, liveJob, statusOf, type Pass } from './pass.ts';
import { jobFor, slotName } from './slot.ts';

/** Makes the Job for a time, unless it has been made, its deadline has passed or one that runs forbids it. */
export async function startJob(pass: Pass, time: number, zone: TimeZone): Promise<void> {
  const { context, cronJob, now } = pass;
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  if (startingDeadlineSeconds !== undefined && time + startingDeadlineSeconds * 1000 < now) {
    return context.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${longTime(time)}`);
  }
  const { active = [], lastScheduleTime } = statusOf(pass);
  if (parseTime(lastScheduleTime) === time || active.some((each) => each.name === slotName(cronJob, time))) return;
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return context.event(cronJob, 'Normal', 'JobAlreadyActive', message);
  }
  if (concurrencyPolicy === 'Replace') await endActive(pass);
  const job = await makeJob(pass, jobFor(cronJob, time, zone));
  if (job !== undefined) list(pass, job, time);
}

async function endActive(pass: Pass): Promise<void> {
  for (const { name = '', namespace = '' } of statusOf(pass).active ?? []) {
    let job: Readonly<Job>;
    try {
      job = await pass.context.cluster.get(Job, { namespace, name });
    } catch (error) {
      pass.context.event(pass.cronJob, 'Warning', 'FailedGet', `Get job: ${errorText(error)}`);
      throw error;
    }
    if (!(await deleteJob(pass, job))) throw new Error(`could not replace job ${namespace}/${name}`);
  }
}

/** Undefined where somebody else's object has the name, or where the Job was made before and is listed. */
async function makeJob(pass: Pass, wanted: Job): Promise<Readonly<Job> | undefined> {
  const { context, cronJob } = pass;
  try {
    const made = await context.cluster.create(Job, wanted);
    context.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${made.metadata.name}`);
    return made;
  } catch (error) {
    if (!isAlreadyExists(error)) {
      if (!isTerminating(error)) context.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${errorText(error)}`);
      throw error;
    }
  }
  // Made in an earlier pass, whose status was not written.
  const job = await liveJob(context, { namespace: wanted.metadata.namespace ?? '', name: wanted.metadata.name });
  if (job === undefined) throw new Error(`job ${wanted.metadata.name} was there and is gone`);
  return isControlledBy(job, cronJob) && !isListed(cronJob, job.metadata.uid) ? job : undefined;
}

/** As Go's RFC1123Z, in UTC: `Mon, 02 Jan 2006 15:04:05 +0000`. */
function longTime(ms: number): string {
  return dateAt(ms).toUTCString().replace('GMT', '+0000');
}
