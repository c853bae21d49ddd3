import type { CronJob } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';
import { neverMs, type Schedule } from '../../base/cron.ts';

/** Added to the next time, so that it has come when the queue wakes. As upstream. */
const wakeAfterMs = 100;
/** From so many on, missed times are told. */
const many = 100;

/** What of a timetable has come by now. */
export interface Due {
  /** From when on times count. */
  readonly since: number;
  /** The last time that has come; undefined where none has. */
  readonly time: number | undefined;
  /** About how many have come, taking the first two as evenly spaced; 0 where fewer than two have. */
  readonly missed: number;
}

/** A timetable with two times at one moment, or with none at all. */
export class NoSuchTimes extends Error {
  constructor() {
    super('time difference between two schedules is less than 1 second');
    this.name = 'NoSuchTimes';
  }
}

/**
 * The last time that has come since the last Job or since the CronJob was made; with `deadline` not earlier than its starting deadline.
 * As upstream's mostRecentScheduleTime (kubernetes v1.35), with its estimate. @throws NoSuchTimes
 */
export function lastDue({ metadata, spec, status }: CronJob, schedule: Schedule, options: { now: number; deadline: boolean }): Due {
  const { now, deadline } = options;
  let since = parseTime(status?.lastScheduleTime) ?? parseTime(metadata.creationTimestamp) ?? now;
  if (deadline && spec.startingDeadlineSeconds !== undefined) since = Math.max(since, now - spec.startingDeadlineSeconds * 1000);
  const first = schedule.next(since);
  const second = schedule.next(first);
  if (now < first) return { since, time: undefined, missed: 0 };
  if (now < second) return { since, time: first, missed: 0 };
  const apartSeconds = Math.round((second - first) / 1000);
  if (apartSeconds < 1) throw new NoSuchTimes();
  const missed = Math.floor((now - first) / 1000 / apartSeconds) + 1;
  let time: number | undefined;
  for (let at = schedule.next(first + (missed - 2) * apartSeconds * 1000); at <= now && at !== neverMs; at = schedule.next(at)) time = at;
  return { since, time, missed };
}

/** The time for which a Job is to be made now; undefined where there is none. @throws NoSuchTimes */
export function timeToStart(
  cronJob: CronJob,
  schedule: Schedule,
  now: number,
): { readonly time: number; readonly tooMany: boolean } | undefined {
  const { time, missed } = lastDue(cronJob, schedule, { now, deadline: true });
  return time === undefined || time > now ? undefined : { time, tooMany: missed > many };
}

/** Milliseconds until the next time, and a bit. */
export function msUntilNext(cronJob: CronJob, schedule: Schedule, now: number): number {
  return schedule.next(lastKnown(cronJob, schedule, now)) + wakeAfterMs - now;
}

function lastKnown(cronJob: CronJob, schedule: Schedule, now: number): number {
  try {
    const { since, time, missed } = lastDue(cronJob, schedule, { now, deadline: false });
    return time ?? (missed === 0 ? since : now);
  } catch (error) {
    if (error instanceof NoSuchTimes) return now;
    throw error;
  }
}
