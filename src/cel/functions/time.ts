import { dateAt, parseTime } from '../../base/clock.ts';
import { overload, type Overload } from '../declare.ts';
import type { Duration, Timestamp } from '../value.ts';
import { CelError } from '../value.ts';
import { duration, timestamp } from './operators.ts';

const perSecond = 1_000_000_000n;
const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;

/** Reads an RFC 3339 time. @throws CelError */
export function parseTimestamp(text: string): Timestamp {
  const [, whole, fraction = '', zone] = timePattern.exec(text) ?? [];
  const ms = whole === undefined ? undefined : parseTime(`${whole}${zone}`.toUpperCase());
  if (ms === undefined) throw new CelError("type conversion error from 'string' to 'google.protobuf.Timestamp'");
  return timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}
export function timestampText({ nanos }: Timestamp): string {
  const rest = ((nanos % perSecond) + perSecond) % perSecond;
  const whole = dateAt(Number((nanos - rest) / 1_000_000n))
    .toISOString()
    .slice(0, 19);
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
  return `${whole}${fraction}Z`;
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: perSecond,
  m: 60n * perSecond,
  h: 3600n * perSecond,
};
/** Reads a duration as Go writes it: `1h30m`, `-1.5s`, `0`. @throws CelError */
export function parseDuration(text: string): Duration {
  const read = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|[µ\u03bc]s|ms|s|m|h))+|0)$/.exec(text);
  if (read === null) throw new CelError("type conversion error from 'string' to 'google.protobuf.Duration'");
  let nanos = 0n;
  for (const [, number = '0', unit = 's'] of (read[2] ?? '').matchAll(/([\d.]+)(ns|us|[µ\u03bc]s|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = number.split('.');
    const size = units[unit] as bigint;
    nanos += BigInt(whole === '' ? '0' : whole) * size;
    if (fraction !== '') nanos += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  return duration(read[1] === '-' ? -nanos : nanos);
}
export function durationText({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % perSecond)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanos < 0n ? '-' : ''}${size / perSecond}${fraction === '' ? '' : `.${fraction}`}s`;
}

/** The instant as if its place of the world were at UTC. @throws CelError for a zone that is none */
function local({ nanos }: Timestamp, zone: string | undefined): Date {
  const ms = Number(nanos / 1_000_000n) - (nanos < 0n && nanos % 1_000_000n !== 0n ? 1 : 0);
  if (zone === undefined || zone === '' || zone === 'UTC') return dateAt(ms);
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return dateAt(ms + (fixed[1] === '-' ? -minutes : minutes) * 60_000);
  }
  return dateAt(ms + offsetOf(zone, ms));
}
function offsetOf(zone: string, ms: number): number {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const parts = Object.fromEntries(format.formatToParts(dateAt(ms)).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const two = (number: number): string => String(number).padStart(2, '0');
    const there = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`;
    return (parseTime(there) ?? ms) - Math.floor(ms / 1000) * 1000;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CelError(`unknown time zone ${zone}`);
  }
}

function dayOfYear(date: Date): number {
  const start = parseTime(`${date.toISOString().slice(0, 4)}-01-01T00:00:00Z`) ?? 0;
  return Math.floor((date.getTime() - start) / 86_400_000);
}
const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: dayOfYear,
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};
const ofTimestamps = Object.entries(parts).flatMap(([name, part]) => {
  const run = (at: Timestamp, zone?: string) => BigInt(part(local(at, zone)));
  return [overload(`timestamp.${name}(): int`, run), overload(`timestamp.${name}(string): int`, run)];
});
const ofDurations = (
  [
    ['getHours', 3600n * perSecond],
    ['getMinutes', 60n * perSecond],
    ['getSeconds', perSecond],
    ['getMilliseconds', 1_000_000n],
  ] as const
).map(([name, unit]) => overload(`duration.${name}(): int`, ({ nanos }: Duration) => nanos / unit));

export const times: readonly Overload[] = [...ofTimestamps, ...ofDurations];
