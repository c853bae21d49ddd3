import { keyText, type ObjectKey } from '../api/object.ts';
import { CronJob, Job } from '../api/kinds.generated.ts';
import { parseSchedule, ScheduleError, type Schedule } from '../base/cron.ts';
import { TimeZones, type TimeZone } from '../base/time-zone.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';
import { keepHistory } from './cronjob/history.ts';
import { observeJobs } from './cronjob/observe.ts';
import type { Pass } from './cronjob/pass.ts';
import { startJob } from './cronjob/start.ts';
import { msUntilNext, NoSuchTimes, timeToStart } from './cronjob/times.ts';

interface Loop {
  readonly context: Context;
  readonly zones: TimeZones;
  readonly own: OwnWrites<CronJob>;
  /** The timetable that was followed last, by key: a new one does not make up for times of its own that have passed. */
  readonly followed: Map<string, string>;
}

/**
 * Makes Jobs by a timetable. The name of a Job is its time, and its time stands in the status before history may delete it: so there is
 * never a second Job for one time. As kube-controller-manager's cronjob controller, with its events.
 */
export const cronjob: Controller = {
  name: 'cronjob',
  reconciles: CronJob,
  owns: [Job],
  concurrency: 5,
  start(context) {
    const own = new OwnWrites(context.informer(CronJob), context.clock);
    const loop: Loop = { context, own, zones: new TimeZones(), followed: new Map() };
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, zones, own } = loop;
  const cached = context.informer(CronJob).get(key);
  if (cached === undefined) {
    loop.followed.delete(keyText(key));
    return;
  }
  // What we wrote last is not in the cache yet; it will come and bring the key back.
  if (own.isBehind(keyText(key), [cached])) return behind;
  const jobs = context.informer(Job).ownedBy(cached.metadata.uid ?? '');
  const pass: Pass = { context, zones, cronJob: cached, jobs, now: context.clock.now(), changed: false };
  await keepHistory(pass);
  await observeJobs(pass);
  try {
    return await follow(loop, pass, keyText(key));
  } finally {
    if (pass.changed) {
      own.updated(pass.cronJob, await context.cluster.update(CronJob, pass.cronJob, { subresource: 'status' }));
    }
  }
}

/** Makes the Job that is due. Answers when the next one is. */
async function follow(loop: Loop, pass: Pass, key: string): Promise<Result> {
  const { cronJob, now } = pass;
  if (cronJob.metadata.deletionTimestamp !== undefined) return;
  const zone = zoneOf(pass);
  if (zone === undefined || cronJob.spec.suspend === true) return;
  const schedule = scheduleOf(pass, zone);
  if (schedule === undefined) return;
  const timetable = `${zone.name} ${cronJob.spec.schedule}`;
  const former = loop.followed.get(key);
  loop.followed.set(key, timetable);
  if (former === undefined || former === timetable) {
    try {
      const due = timeToStart(cronJob, schedule, now);
      if (due?.tooMany === true) {
        const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        pass.context.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
      }
      if (due !== undefined) await startJob(pass, due.time, zone);
    } catch (error) {
      if (!(error instanceof NoSuchTimes)) throw error;
      pass.context.event(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${cronJob.spec.schedule} : ${error.message}`);
      return;
    }
  }
  return { requeueAfterMs: msUntilNext(pass.cronJob, schedule, now), upkeep: true };
}

function zoneOf({ context, zones, cronJob }: Pass): TimeZone | undefined {
  const name = cronJob.spec.timeZone ?? '';
  const zone = zones.find(name);
  if (zone === undefined) {
    const message = `invalid timeZone: ${JSON.stringify(name)}: unknown time zone ${name}`;
    context.event(cronJob, 'Warning', 'UnknownTimeZone', message);
  }
  return zone;
}

function scheduleOf({ context, zones, cronJob }: Pass, zone: TimeZone): Schedule | undefined {
  const { schedule, timeZone } = cronJob.spec;
  const quoted = JSON.stringify(schedule);
  const named = schedule.includes('TZ');
  if (named) {
    const link = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
    const message = `CRON_TZ or TZ used in schedule ${quoted} is not officially supported, see ${link} for more details`;
    context.event(cronJob, 'Warning', 'UnsupportedSchedule', message);
  }
  try {
    return parseSchedule(named || timeZone === undefined ? schedule : `TZ=${zone.name} ${schedule}`, zones);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    context.event(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${quoted} : ${error.message}`);
    return undefined;
  }
}
