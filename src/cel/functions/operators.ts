import { metered, overload, type Meter, type Overload } from '../declare.ts';
import { compare, equal, int, uint } from '../equal.ts';
import type { CelMap } from '../value.ts';
import { CelError, Duration, keyOf, Timestamp, Uint, type Value } from '../value.ts';

const nonZero = <T extends bigint>(divisor: T, what: string): T => {
  if (divisor === 0n) throw new CelError(what);
  return divisor;
};
const byZero = 'division by zero';
const modulusByZero = 'modulus by zero';
/** From the year 1 to the year 9999. */
export function timestamp(nanos: bigint): Timestamp {
  if (nanos < -62135596800_000000000n || nanos >= 253402300800_000000000n) throw new CelError('timestamp overflow');
  return new Timestamp(nanos);
}
export function duration(nanos: bigint): Duration {
  if (nanos > 2n ** 63n - 1n || nanos < -(2n ** 63n)) throw new CelError('duration overflow');
  return new Duration(nanos);
}

const arithmetic: readonly Overload[] = [
  overload('_+_(int, int): int', (a: bigint, b: bigint) => int(a + b)),
  overload('_+_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value + b.value)),
  overload('_+_(double, double): double', (a: number, b: number) => a + b),
  overload('_+_(string, string): string', (a: string, b: string) => a + b, 'sum'),
  overload('_+_(bytes, bytes): bytes', (a: Uint8Array, b: Uint8Array) => new Uint8Array([...a, ...b]), 'sum'),
  overload('_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestamp(a.nanos + b.nanos)),
  overload('_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => timestamp(a.nanos + b.nanos)),
  overload('_+_(duration, duration): duration', (a: Duration, b: Duration) => duration(a.nanos + b.nanos)),
  overload('_-_(int, int): int', (a: bigint, b: bigint) => int(a - b)),
  overload('_-_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value - b.value)),
  overload('_-_(double, double): double', (a: number, b: number) => a - b),
  overload('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => duration(a.nanos - b.nanos)),
  overload('_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestamp(a.nanos - b.nanos)),
  overload('_-_(duration, duration): duration', (a: Duration, b: Duration) => duration(a.nanos - b.nanos)),
  overload('_*_(int, int): int', (a: bigint, b: bigint) => int(a * b)),
  overload('_*_(uint, uint): uint', (a: Uint, b: Uint) => uint(a.value * b.value)),
  overload('_*_(double, double): double', (a: number, b: number) => a * b),
  overload('_/_(int, int): int', (a: bigint, b: bigint) => int(a / nonZero(b, byZero))),
  overload('_/_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value / nonZero(b.value, byZero))),
  overload('_/_(double, double): double', (a: number, b: number) => a / b),
  overload('_%_(int, int): int', (a: bigint, b: bigint) => a % nonZero(b, modulusByZero)),
  overload('_%_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value % nonZero(b.value, modulusByZero))),
  overload('-_(int): int', (a: bigint) => int(-a)),
  overload('-_(double): double', (a: number) => -a),
  overload('!_(bool): bool', (a: boolean) => !a),
];

const numbers = ['int', 'uint', 'double'];
const ordered = ['bool', 'string', 'bytes', 'timestamp', 'duration'];
const comparisons: readonly (readonly [name: string, holds: (order: number) => boolean])[] = [
  ['_<_', (order) => order < 0],
  ['_<=_', (order) => order <= 0],
  ['_>_', (order) => order > 0],
  ['_>=_', (order) => order >= 0],
];
const pairs = [...ordered.map((type) => [type, type]), ...numbers.flatMap((left) => numbers.map((right) => [left, right]))];
const comparing: readonly Overload[] = comparisons.flatMap(([name, holds]) => {
  const run = (a: Value, b: Value) => {
    const order = compare(a, b);
    return order !== undefined && holds(order);
  };
  return pairs.map(([left, right]) => overload(`${name}(${left}, ${right}): bool`, run, 'smaller'));
});

export const operators: readonly Overload[] = [
  ...arithmetic,
  ...comparing,
  metered('_==_(A, A): bool', (meter: Meter, a: Value, b: Value) => equal(a, b, meter), 'smaller'),
  metered('_!=_(A, A): bool', (meter: Meter, a: Value, b: Value) => !equal(a, b, meter), 'smaller'),
  metered(
    '@in(A, list<A>): bool',
    (meter: Meter, a: Value, list: readonly Value[]) => list.some((item) => equal(a, item, meter)),
    'lastItems',
  ),
  overload('@in(A, map<A, B>): bool', (a: Value, map: CelMap) => map.entries.has(keyOf(a))),
];
