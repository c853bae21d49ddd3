import { overload, type Overload } from '../declare.ts';
import { int, uint } from '../equal.ts';
import type { Uint } from '../value.ts';
import { CelError, characters, Duration, sizeOf, Timestamp, typeName, TypeValue, type CelMap, type Value } from '../value.ts';
import { durationText, parseDuration, parseTimestamp, timestampText } from './time.ts';

const failed = (from: string, to: string): CelError => new CelError(`type conversion error from '${from}' to '${to}'`);

function intOfText(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw failed('string', 'int');
  return int(BigInt(text.replace(/^\+/, '')));
}
function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || value >= 2 ** 63 || value <= -(2 ** 63)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}
function uintOfText(text: string): Uint {
  if (!/^\d+$/.test(text)) throw failed('string', 'uint');
  return uint(BigInt(text));
}
function doubleOfText(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) return special[2]?.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) throw failed('string', 'double');
  return Number(text);
}
const truths: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);
function boolOfText(text: string): boolean {
  const known = Object.hasOwn(truths, text) ? truths[text] : undefined;
  if (known === undefined) throw failed('string', 'bool');
  return known;
}

/** As Go prints a float with %g: the shortest digits, with an exponent below -4 and from 6 on. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value === 0 || (exponent >= -4 && exponent < 6)) return Object.is(value, -0) ? '-0' : String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // What is no UTF-8 is the value's fault.
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const same = (value: Value): Value => value;
const size = (value: string | Uint8Array | readonly Value[] | CelMap): bigint => BigInt(sizeOf(value));

export const conversions: readonly Overload[] = [
  overload('dyn(A): dyn', same),
  overload('type(A): type', (value: Value) => new TypeValue(typeName(value))),
  overload('bool(bool): bool', same),
  overload('bool(string): bool', boolOfText),
  overload('int(int): int', same),
  overload('int(uint): int', (value: Uint) => int(value.value)),
  overload('int(double): int', intOfDouble),
  overload('int(string): int', intOfText),
  overload('int(timestamp): int', ({ nanos }: Timestamp) => floorSeconds(nanos)),
  overload('int(duration): int', ({ nanos }: Duration) => nanos),
  overload('uint(uint): uint', same),
  overload('uint(int): uint', (value: bigint) => uint(value)),
  overload('uint(double): uint', (value: number) => uint(intOfDouble(value))),
  overload('uint(string): uint', uintOfText),
  overload('double(double): double', same),
  overload('double(int): double', (value: bigint) => Number(value)),
  overload('double(uint): double', (value: Uint) => Number(value.value)),
  overload('double(string): double', doubleOfText),
  overload('string(string): string', same),
  overload('string(bool): string', (value: boolean) => String(value)),
  overload('string(int): string', (value: bigint) => String(value)),
  overload('string(uint): string', (value: Uint) => String(value.value)),
  overload('string(double): string', doubleText),
  overload('string(bytes): string', textOfBytes, 'traverse'),
  overload('string(timestamp): string', timestampText),
  overload('string(duration): string', durationText),
  overload('bytes(bytes): bytes', same),
  overload('bytes(string): bytes', (text: string) => new TextEncoder().encode(text), 'traverse'),
  overload('timestamp(timestamp): timestamp', same),
  overload('timestamp(string): timestamp', parseTimestamp),
  overload('timestamp(int): timestamp', (seconds: bigint) => new Timestamp(seconds * 1_000_000_000n)),
  overload('duration(duration): duration', same),
  overload('duration(string): duration', parseDuration),
  overload('duration(int): duration', (nanos: bigint) => new Duration(nanos)),
  overload('size(string): int', (text: string) => BigInt(characters(text))),
  overload('size(bytes): int', size),
  overload('size(list<A>): int', size),
  overload('size(map<A, B>): int', size),
  overload('string.size(): int', size),
  overload('bytes.size(): int', size),
  overload('list<A>.size(): int', size),
  overload('map<A, B>.size(): int', size),
];
function floorSeconds(nanos: bigint): bigint {
  const seconds = nanos / 1_000_000_000n;
  return nanos < 0n && nanos % 1_000_000_000n !== 0n ? seconds - 1n : seconds;
}
