import { parseSchedule, ScheduleError } from '../../base/cron.ts';
import { TimeZones } from '../../base/time-zone.ts';

/** Why a text is no schedule of five parts, nor one of the short forms; undefined when it is one. */
export function scheduleFault(schedule: string): string | undefined {
  try {
    parseSchedule(schedule, new TimeZones());
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}
