import { parseFields, ScheduleError, type Fields } from './cron/fields.ts';
import { nextOf, neverMs } from './cron/next.ts';
import { parseDuration } from './duration.ts';
import { utc, type TimeZone, type TimeZones } from './time-zone.ts';

export { neverMs, ScheduleError };

/** A timetable. */
export interface Schedule {
  /** The first time after `ms`, in whole seconds; `neverMs` where there is none within five years. */
  next(ms: number): number;
}

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Reads a schedule of five parts, one of the short forms, or `@every <duration>`; before it `TZ=<zone> ` or `CRON_TZ=<zone> ` may stand
 * (robfig/cron v3.0.1, ParseStandard). Without a zone it is in UTC. @throws ScheduleError in that library's words
 */
export function parseSchedule(text: string, zones: TimeZones): Schedule {
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(text);
  const [, name = '', rest = text] = zoned ?? [];
  const zone = zoned === null ? utc : zones.find(name);
  if (zone === undefined) throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
  if (rest.startsWith('@every ')) return every(rest);
  if (!rest.startsWith('@')) return timetable(parseFields(rest), zone);
  const meant = descriptors[rest];
  if (meant === undefined) throw new ScheduleError(`unrecognized descriptor: ${rest}`);
  return timetable(parseFields(meant), zone);
}

function timetable(fields: Fields, zone: TimeZone): Schedule {
  return { next: (ms) => nextOf(fields, zone, ms) };
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/;

/** A constant time apart, at least a second and in whole seconds. */
function every(text: string): Schedule {
  const written = text.slice('@every '.length);
  if (!goDuration.test(written)) {
    throw new ScheduleError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(written)}`);
  }
  const positive = !written.startsWith('-') && /[1-9]/.test(written);
  const ms = positive
    ? parseDuration(
        written
          .replace('+', '')
          .replace(/(^|[a-zµ])\./g, '$10.')
          .replace(/\.(?=[a-zµ])/g, ''),
      )
    : 0;
  const stepMs = Math.max(1000, ms - (ms % 1000));
  return { next: (after) => Math.floor(after / 1000) * 1000 + stepMs };
}
