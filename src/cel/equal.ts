import type { Meter } from './declare.ts';
import {
  CelError,
  CelMap,
  Duration,
  isCelObject,
  isList,
  isOpaque,
  markOf,
  noOverload,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type CelObject,
  type Value,
} from './value.ts';

/** What each value costs that is compared, and each character of a text. */
const perValue = 0.1;
const perCharacter = 0.01;

/** CEL's equality: numbers across their types by value, everything else only within its type. @throws CostExceeded */
export function equal(a: Value, b: Value, meter: Meter): boolean {
  meter.charge(typeof a === 'string' && typeof b === 'string' ? perValue + perCharacter * Math.min(a.length, b.length) : perValue);
  if (a === b) return true;
  const left = numberOf(a);
  if (left !== undefined) {
    const right = numberOf(b);
    return right !== undefined && sameNumber(left, right);
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a)) return isList(b) && equalLists(a, b, meter);
  return equalObjects(a, b, meter);
}
function equalObjects(a: object, b: object, meter: Meter): boolean {
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b, meter);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b, meter);
  return equalOthers(a as Value, b as Value, meter);
}
function equalOthers(left: Value, right: Value, meter: Meter): boolean {
  if (isOpaque(left)) return isOpaque(right) && left.opaque === right.opaque && left.equals(right);
  return isCelObject(left) && isCelObject(right) && equalFields(left, right, meter);
}
function equalOptionals(a: Optional, b: Optional, meter: Meter): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value, meter);
}
function equalFields(a: CelObject, b: CelObject, meter: Meter): boolean {
  const names = a.names();
  return (
    names.length === b.names().length &&
    names.every((name) => {
      const right = b.field(name);
      return right !== undefined && equal(a.field(name) as Value, right, meter);
    })
  );
}
function equalMaps(a: CelMap, b: CelMap, meter: Meter): boolean {
  if (a.entries.size !== b.entries.size) return false;
  for (const [key, value] of a.entries) {
    const other = b.entries.get(key);
    if (other === undefined || !equal(value, other, meter)) return false;
  }
  return true;
}
function equalLists(a: readonly Value[], b: readonly Value[], meter: Meter): boolean {
  if (a.length !== b.length) return false;
  const mark = markOf(a) ?? markOf(b);
  if (mark === undefined) return a.every((item, index) => equal(item, b[index] as Value, meter));
  // Neither sets nor maps have an order.
  return a.every((item) => b.some((other) => equal(item, other, meter)));
}

function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
}
// Loose equality compares bigint and number by their mathematical value, exactly.
function sameNumber(a: bigint | number, b: bigint | number): boolean {
  return a == b;
}

/** Below, equal or above: -1, 0 or 1; undefined when one is no number. @throws CelError for types that have no order */
export function compare(a: Value, b: Value): number | undefined {
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) return order(left, right);
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw noOverload();
}
function order(a: bigint | number, b: bigint | number): number | undefined {
  if (a < b) return -1;
  if (a > b) return 1;
  return a == b ? 0 : undefined;
}

const greatestInt = 2n ** 63n - 1n;
const leastInt = -(2n ** 63n);
const greatestUint = 2n ** 64n - 1n;
/** @throws CelError when it is no int of 64 bits */
export function int(value: bigint): bigint {
  if (value > greatestInt || value < leastInt) throw new CelError('integer overflow');
  return value;
}
/** @throws CelError when it is no unsigned int of 64 bits */
export function uint(value: bigint): Uint {
  if (value > greatestUint || value < 0n) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}
