/** A text that is no schedule. */
export class ScheduleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScheduleError';
  }
}

/** Which numbers one part of a schedule names. */
export interface Field {
  readonly has: readonly boolean[];
  /** Does it say `*` or `?`, without a step of more than one? */
  readonly star: boolean;
}
/** Minute, hour, day of the month, month, day of the week. */
export type Fields = readonly [Field, Field, Field, Field, Field];

/** The bounds of one part of a schedule, and names that stand for its numbers, the lowest first. */
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const parts: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

/** Reads five parts apart by spaces. @throws ScheduleError */
export function parseFields(text: string): Fields {
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== parts.length) {
    throw new ScheduleError(`expected exactly ${parts.length} fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  // As many as there are bounds.
  return fields.map((field, index) => parseField(field, parts[index] as Bounds)) as unknown as Fields;
}

/** Each part may be a list; commas without anything between them are passed over. */
function parseField(text: string, bounds: Bounds): Field {
  const has: boolean[] = [];
  let star = false;
  for (const expression of text.split(',').filter((one) => one !== '')) {
    const range = parseRange(expression, bounds);
    for (let at = range.from; at <= range.to; at += range.by) has[at] = true;
    star ||= range.star;
  }
  return { has, star };
}

function parseRange(expression: string, bounds: Bounds): { from: number; to: number; by: number; star: boolean } {
  const { min, max } = bounds;
  const [range = '', step, ...more] = expression.split('/');
  const limits = range.split('-');
  const any = limits[0] === '*' || limits[0] === '?';
  const [from, last] = any ? [min, max] : endsOf(limits, bounds, expression);
  if (more.length > 0) throw new ScheduleError(`too many slashes: ${expression}`);
  const by = step === undefined ? 1 : numberOf(step);
  // `5/10` begins at 5 and goes to the end.
  const to = step !== undefined && limits.length === 1 ? max : last;
  if (from < min) throw new ScheduleError(`beginning of range (${from}) below minimum (${min}): ${expression}`);
  if (to > max) throw new ScheduleError(`end of range (${to}) above maximum (${max}): ${expression}`);
  if (from > to) throw new ScheduleError(`beginning of range (${from}) beyond end of range (${to}): ${expression}`);
  if (by === 0) throw new ScheduleError(`step of range should be a positive number: ${expression}`);
  return { from, to, by, star: any && by <= 1 };
}

function endsOf(limits: readonly string[], bounds: Bounds, expression: string): readonly [number, number] {
  const [low = '', high] = limits;
  const from = numberOf(low, bounds);
  if (limits.length > 2) throw new ScheduleError(`too many hyphens: ${expression}`);
  return [from, high === undefined ? from : numberOf(high, bounds)];
}

function numberOf(text: string, { names = [], min }: Partial<Bounds> = {}): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + (min ?? 0);
  if (!/^[+-]?\d+$/.test(text)) {
    throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  if (Number(text) < 0) throw new ScheduleError(`negative number (${Number(text)}) not allowed: ${text}`);
  return Number(text);
}
