import type { TimeZone } from '../time-zone.ts';
import type { Field, Fields } from './fields.ts';

/** Stands for no time at all: the year 1, as Go's zero time. */
export const neverMs = -62_135_596_800_000;

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** What the clocks of a zone show. */
interface Civil {
  readonly year: number;
  /** 1 is January. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/**
 * The first time after `after` that the fields name on the clocks of the zone, else `neverMs`. It goes from month to day to hour to
 * minute, and begins anew where a larger unit turns over (robfig/cron v3.0.1, SpecSchedule.Next). So where clocks go forward, times
 * that are left out do not come; where they go back, times that are there twice come twice.
 */
export function nextOf(fields: Fields, zone: TimeZone, after: number): number {
  if (after === neverMs) return neverMs;
  const walk = new Walk(zone, Math.floor(after / secondMs) * secondMs + secondMs);
  const lastYear = walk.civil().year + 5;
  while (walk.civil().year <= lastYear) {
    if (walkThrough(walk, fields)) return walk.at;
  }
  return neverMs;
}

/** Answers false where a unit has turned over and everything must be looked at again. */
function walkThrough(walk: Walk, fields: Fields): boolean {
  const [minutes, hours, , months] = fields;
  while (months.has[walk.civil().month] !== true) {
    walk.begin({ day: 1, hour: 0 });
    walk.addMonth();
    if (walk.civil().month === 1) return false;
  }
  while (!dayMatches(fields, walk.civil())) {
    walk.begin({ hour: 0 });
    walk.addDay();
    if (walk.civil().day === 1) return false;
  }
  while (hours.has[walk.hour()] !== true) {
    walk.begin({});
    walk.at += hourMs;
    if (walk.hour() === 0) return false;
  }
  return toMinute(walk, minutes);
}

function toMinute(walk: Walk, minutes: Field): boolean {
  while (minutes.has[walk.minute()] !== true) {
    walk.beginMinute(minuteMs);
    walk.at += minuteMs;
    if (walk.minute() === 0) return false;
  }
  while (walk.at % minuteMs !== 0) {
    walk.beginMinute(secondMs);
    walk.at += secondMs;
    if (walk.at % minuteMs === 0) return false;
  }
  return true;
}

/** With a star in one of them both must match, else one of them. */
function dayMatches([, , days, , weekdays]: Fields, civil: Civil): boolean {
  const day = days.has[civil.day] === true;
  const weekday = weekdays.has[civil.weekday] === true;
  return days.star || weekdays.star ? day && weekday : day || weekday;
}

/** A moment that goes forward through a zone's calendar. */
class Walk {
  readonly #zone: TimeZone;
  /** Has it left the time that it began with? From then on it stands at the beginning of a unit. */
  #moved = false;
  at: number;

  constructor(zone: TimeZone, at: number) {
    this.#zone = zone;
    this.at = at;
  }

  civil(): Civil {
    const local = new Date(this.at + this.#zone.offsetAt(this.at));
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      weekday: local.getUTCDay(),
    };
  }

  hour(): number {
    return remainder(Math.floor((this.at + this.#zone.offsetAt(this.at)) / hourMs), 24);
  }

  minute(): number {
    return remainder(Math.floor((this.at + this.#zone.offsetAt(this.at)) / minuteMs), 60);
  }

  /** The first time only: to the beginning of the month, the day or the hour. */
  begin({ day, hour }: { day?: number; hour?: number }): void {
    if (this.#moved) return;
    this.#moved = true;
    const now = this.civil();
    this.at = this.#moment(Date.UTC(now.year, now.month - 1, day ?? now.day, hour ?? now.hour));
  }

  beginMinute(unitMs: number): void {
    if (this.#moved) return;
    this.#moved = true;
    this.at = Math.floor(this.at / unitMs) * unitMs;
  }

  addMonth(): void {
    const local = new Date(this.at + this.#zone.offsetAt(this.at));
    this.at = this.#moment(local.setUTCMonth(local.getUTCMonth() + 1));
  }

  /** Where midnight is left out the day begins late or the one before it ends early: back to its first hour. */
  addDay(): void {
    const local = new Date(this.at + this.#zone.offsetAt(this.at));
    this.at = this.#moment(local.setUTCDate(local.getUTCDate() + 1));
    const hour = this.hour();
    if (hour !== 0) this.at += (hour > 12 ? 24 - hour : -hour) * hourMs;
  }

  /** The moment at which the clocks show this, as Go's time.Date: what is left out is read with the offset before or after. */
  #moment(localMs: number): number {
    const guess = this.#zone.offsetAt(localMs);
    return guess === 0 ? localMs : localMs - this.#zone.offsetAt(localMs - guess);
  }
}

function remainder(value: number, of: number): number {
  return ((value % of) + of) % of;
}
