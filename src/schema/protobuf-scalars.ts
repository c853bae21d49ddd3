import { dateAt } from '../base/clock.ts';
import { DecodeError } from './decode.ts';
import { ProtobufReader, type Wire } from './protobuf-reader.ts';

const emptyBytes = new Uint8Array(0);

/** How a value of each scalar type stands in JSON; undefined for a time that is none. @throws DecodeError */
export const scalars: Readonly<Record<string, (value: Wire) => unknown>> = {
  string: (value) => textOf(bytesOf(value)),
  int: numberOf,
  bool: (value) => numberOf(value) !== 0,
  bytes: (value) => Buffer.from(bytesOf(value)).toString('base64'),
  time: (value) => textOfTime(partsOf(value), false),
  microtime: (value) => textOfTime(partsOf(value), true),
  quantity: (value) => textOf(bytesOf(partsOf(value).get(1) ?? emptyBytes)) || '0',
  'int-or-string': (value) => {
    const parts = partsOf(value);
    return numberOf(parts.get(1) ?? 0n) === 0 ? numberOf(parts.get(2) ?? 0n) : textOf(bytesOf(parts.get(3) ?? emptyBytes));
  },
  raw: (value) => jsonOf(bytesOf(partsOf(value).get(1) ?? emptyBytes)),
  items: (value) => [...new ProtobufReader(bytesOf(value))].filter(({ number }) => number === 1).map((part) => textOf(bytesOf(part.value))),
};

function partsOf(value: Wire): ReadonlyMap<number, Wire> {
  return new Map([...new ProtobufReader(bytesOf(value))].map((part) => [part.number, part.value]));
}
/** @throws DecodeError for a number */
export function bytesOf(value: Wire): Uint8Array {
  if (typeof value === 'bigint') throw new DecodeError('the body has a number where a message or text belongs');
  return value;
}
/** @throws DecodeError for bytes */
export function numberOf(value: Wire): number {
  if (typeof value !== 'bigint') throw new DecodeError('the body has text or a message where a number belongs');
  return Number(BigInt.asIntN(64, value));
}
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
function jsonOf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new DecodeError('the body holds an object that is no JSON', cause);
  }
}
/** Seconds and nanoseconds since 1970 as RFC 3339; undefined where neither is written. */
function textOfTime(parts: ReadonlyMap<number, Wire>, micro: boolean): string | undefined {
  if (parts.size === 0) return undefined;
  const [seconds, nanos] = [numberOf(parts.get(1) ?? 0n), numberOf(parts.get(2) ?? 0n)];
  if (Math.abs(seconds) > 253_402_300_799) throw new DecodeError('the body holds a time that is out of range');
  const whole = dateAt(seconds * 1000)
    .toISOString()
    .slice(0, 19);
  return micro ? `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${whole}Z`;
}
