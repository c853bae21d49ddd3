import { CelError, CelMap, CostExceeded, Duration, isList, isOpaque, Timestamp, TypeValue, Uint, type Value } from '../value.ts';
import { doubleText } from './convert.ts';
import { durationText, timestampText } from './time.ts';

/** `'%s is %d'.format([name, count])` as cel-go's strings extension does it. @throws CelError */
export function format(text: string, args: readonly Value[]): string {
  let next = 0;
  let length = 0;
  const out = text.replaceAll(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (whole, precision: string | undefined, verb: string | undefined) => {
    if (verb === undefined) return '%';
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    const value = args[next++] as Value;
    const clause = clauses[verb];
    if (clause === undefined) throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    const written = clause(value, Math.min(100, precision === undefined ? 6 : Number(precision)), whole);
    length += written.length;
    if (length > 16_000_000) throw new CostExceeded();
    return written;
  });
  return out;
}

type Clause = (value: Value, precision: number, whole: string) => string;
const clauses: Readonly<Record<string, Clause>> = {
  s: (value) => plainText(value),
  d: (value) => {
    if (typeof value === 'number') return doubleText(value);
    return String(whole(value, 'decimal'));
  },
  f: (value, precision) => real(value, 'fixed-point').toFixed(precision),
  e: (value, precision) => {
    const [mantissa, exponent = ''] = real(value, 'scientific').toExponential(precision).split('e');
    return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`;
  },
  b: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : whole(value, 'binary').toString(2)),
  o: (value) => whole(value, 'octal').toString(8),
  x: (value) => hex(value),
  X: (value) => hex(value).toUpperCase(),
};

function whole(value: Value, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return value.value;
  throw new CelError(`error during formatting: ${what} clause can only be used on integers`);
}
function real(value: Value, what: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  throw new CelError(`error during formatting: ${what} clause can only be used on doubles`);
}
function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return whole(value, 'hex').toString(16);
}

/** A value as %s writes it. */
function plainText(value: Value): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return doubleText(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return objectText(value);
  }
}
function objectText(value: Exclude<Value, null | string | number | bigint | boolean>): string {
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.name;
  if (isList(value)) return `[${value.map(plainText).join(', ')}]`;
  if (value instanceof CelMap) {
    const members = [...value.entries].map(([key, item]) => `${plainText(key)}: ${plainText(item)}`);
    return `{${members.sort().join(', ')}}`;
  }
  if (isOpaque(value))
    throw new CelError(
      `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${value.opaque}`,
    );
  throw new CelError(
    'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  );
}
