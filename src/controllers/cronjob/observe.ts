import { keyOf } from '../../api/object.ts';
import { CronJob, type Job } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { finishOf, hasTrue } from '../job/conditions.ts';
import { isListed, list, liveJob, setStatus, statusOf, unlist, type Pass } from './pass.ts';
import { slotName, timeOf } from './slot.ts';

/** Brings the list of Jobs that run and the time of the last success up to what the Jobs say. */
export async function observeJobs(pass: Pass): Promise<void> {
  const { context, jobs } = pass;
  for (const job of jobs) {
    const listed = isListed(pass.cronJob, job.metadata.uid);
    const finish = finishOf(job);
    if (finish === undefined) {
      if (listed) continue;
      // The cache may not show yet that it is listed.
      const live = await context.cluster.get(CronJob, keyOf(pass.cronJob));
      if (isListed(live, job.metadata.uid)) {
        pass.cronJob = live;
        continue;
      }
      if (await relist(pass, job)) continue;
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      context.event(pass.cronJob, 'Warning', 'UnexpectedJob', message);
      continue;
    }
    if (listed) {
      unlist(pass, job.metadata.uid);
      context.event(pass.cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${finish.type}`);
    }
    if (hasTrue(job.status, 'Complete') !== undefined) noteSuccess(pass, job.status?.completionTime);
  }
  await dropMissing(pass);
}

/** Lists a Job that was made for one of the times by a controller that died before it wrote so: until its end it runs like any other. */
async function relist(pass: Pass, job: Readonly<Job>): Promise<boolean> {
  const time = timeOf(job);
  if (time === undefined || job.metadata.name !== slotName(pass.cronJob, time)) return false;
  // One that was taken off the list on purpose is being deleted, which the cache may not show yet.
  const live = await liveJob(pass.context, keyOf(job));
  if (live !== undefined && live.metadata.uid === job.metadata.uid && !live.metadata.deletionTimestamp) list(pass, live, time);
  return true;
}

function noteSuccess(pass: Pass, time: string | undefined): void {
  const { lastSuccessfulTime } = statusOf(pass);
  if (time === undefined || (parseTime(time) ?? 0) <= (parseTime(lastSuccessfulTime) ?? 0)) return;
  setStatus(pass, { ...statusOf(pass), lastSuccessfulTime: time });
}

/** Takes off the list what is neither in the cache nor on the server. */
async function dropMissing(pass: Pass): Promise<void> {
  const known = new Set(pass.jobs.map((job) => job.metadata.uid));
  for (const { uid, name = '', namespace = '' } of statusOf(pass).active ?? []) {
    if (known.has(uid) || (await liveJob(pass.context, { namespace, name })) !== undefined) continue;
    pass.context.event(pass.cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
    unlist(pass, uid);
  }
}
