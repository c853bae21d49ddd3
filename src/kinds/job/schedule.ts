/** The bounds of one part of a schedule, and names that stand for numbers. */
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
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** Why a text is no schedule of five parts, nor one of the short forms (robfig/cron v3, ParseStandard); undefined when it is one. */
export function scheduleFault(schedule: string): string | undefined {
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule);
  const [, zone = '', rest = schedule] = zoned ?? [];
  if (zoned !== null && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  if (rest.startsWith('@')) return descriptorFault(rest);
  const fields = rest.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== parts.length) {
    return `expected exactly ${parts.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    // Each part may be a list; commas without anything between them are passed over.
    for (const range of field.split(',').filter((one) => one !== '')) {
      const fault = rangeFault(range, parts[index] as Bounds);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function descriptorFault(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
  const every = text.slice('@every '.length);
  const duration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/;
  return duration.test(every) ? undefined : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every)}`;
}

function rangeFault(expression: string, { min, max, names }: Bounds): string | undefined {
  const [range = '', step, ...more] = expression.split('/');
  const limits = range.split('-');
  const ends = endsOf(limits, { min, max, ...(names && { names }) }, expression);
  if (typeof ends === 'string') return ends;
  const [from, to] = ends;
  if (more.length > 0) return `too many slashes: ${expression}`;
  const by = step === undefined ? 1 : numberOf(step, undefined);
  if (typeof by === 'string') return by;
  const end = step !== undefined && limits.length === 1 ? max : to;
  return boundsFault({ from, end, by, expression }, { min, max });
}
/** Where the range begins and ends, or why it is none. */
function endsOf(limits: readonly string[], { min, max, names }: Bounds, expression: string): readonly [number, number] | string {
  const [low = '', high] = limits;
  if (low === '*' || low === '?') return [min, max];
  const from = numberOf(low, names);
  if (typeof from === 'string') return from;
  if (limits.length > 2) return `too many hyphens: ${expression}`;
  const to = high === undefined ? from : numberOf(high, names);
  return typeof to === 'string' ? to : [from, to];
}
function boundsFault(range: { from: number; end: number; by: number; expression: string }, { min, max }: Bounds): string | undefined {
  const { from, end, by, expression } = range;
  if (from < min) return `beginning of range (${from}) below minimum (${min}): ${expression}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${expression}`;
  if (from > end) return `beginning of range (${from}) beyond end of range (${end}): ${expression}`;
  return by === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}
/** The number, or why it is none. */
function numberOf(text: string, names: readonly string[] | undefined): number | string {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  // Months count from one.
  if (named >= 0) return names === months ? named + 1 : named;
  if (!/^[+-]?\d+$/.test(text)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text);
}

/** Is it a name of the time zone database? */
export function isTimeZone(name: string): boolean {
  if (name === '' || name === 'UTC' || name === 'Local') return true;
  // An offset is none of its names, though the runtime takes it for a zone.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    // How the runtime says that it knows no such zone.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
