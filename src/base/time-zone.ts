/** A time zone of the IANA database. */
export interface TimeZone {
  readonly name: string;
  /** What the zone's clocks are ahead of UTC at a moment, in milliseconds. */
  offsetAt(ms: number): number;
}
export const utc: TimeZone = { name: 'UTC', offsetAt: () => 0 };

/** Is it a name of the time zone database? */
export function isTimeZone(name: string): boolean {
  return zoneFormat(name) !== undefined;
}

/**
 * The zones that were asked for, with the changes of their clocks, which are looked up once for each year. The database is the
 * runtime's own (Intl). `Local` and the empty name are UTC, so that a schedule means the same on every machine.
 */
export class TimeZones {
  readonly #known = new Map<string, TimeZone>();

  /** Undefined for a name that the database does not have. */
  find(name: string): TimeZone | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const format = zoneFormat(name);
    if (format === undefined) return undefined;
    const zone = format === 'utc' ? { ...utc, name } : databaseZone(name, format);
    this.#known.set(name, zone);
    return zone;
  }
}

function zoneFormat(name: string): Intl.DateTimeFormat | 'utc' | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return 'utc';
  // An offset is none of its names, though the runtime takes it for a zone.
  if (/^[+-]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    // How the runtime says that it knows no such zone.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** From when on the clocks are ahead by so much. */
interface Period {
  readonly fromMs: number;
  readonly offsetMs: number;
}
const dayMs = 86_400_000;

function databaseZone(name: string, format: Intl.DateTimeFormat): TimeZone {
  const years = new Map<number, readonly Period[]>();
  const offsetAt = (ms: number): number => {
    const year = new Date(ms).getUTCFullYear();
    let periods = years.get(year);
    if (periods === undefined) years.set(year, (periods = periodsOf(year, format)));
    let offsetMs = 0;
    for (const period of periods) if (period.fromMs <= ms) offsetMs = period.offsetMs;
    return offsetMs;
  };
  return { name, offsetAt };
}

/** No zone changes its clocks twice on one day. */
function periodsOf(year: number, format: Intl.DateTimeFormat): readonly Period[] {
  const end = Date.UTC(year + 1, 0, 1);
  const out: Period[] = [{ fromMs: Date.UTC(year, 0, 1), offsetMs: offsetOf(format, Date.UTC(year, 0, 1)) }];
  for (let before = Date.UTC(year, 0, 1); before < end; before += dayMs) {
    const after = Math.min(end, before + dayMs);
    const offsetMs = offsetOf(format, after);
    if (offsetMs !== out.at(-1)?.offsetMs) out.push({ fromMs: changeBetween(format, before, after), offsetMs });
  }
  return out;
}

/** The first second with the later offset. */
function changeBetween(format: Intl.DateTimeFormat, before: number, after: number): number {
  const later = offsetOf(format, after);
  let [from, to] = [before / 1000, after / 1000];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetOf(format, middle * 1000) === later) to = middle;
    else from = middle;
  }
  return to * 1000;
}

function offsetOf(format: Intl.DateTimeFormat, ms: number): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}
