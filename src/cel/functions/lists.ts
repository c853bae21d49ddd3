import { metered, overload, type Meter, type Overload } from '../declare.ts';
import { compare, equal, int, uint } from '../equal.ts';
import { CelError, Duration, isCelObject, markList, markOf, Uint, type Value } from '../value.ts';
import { duration } from './operators.ts';

type List = readonly Value[];
const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

const isSorted = (list: List): boolean => list.every((item, index) => index === 0 || (compare(list[index - 1] as Value, item) ?? 1) <= 0);
function extreme(list: List, name: string, sign: number): Value {
  const [first, ...rest] = list;
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return rest.reduce((best, item) => ((compare(item, best) ?? 0) * sign > 0 ? item : best), first);
}

const summing: readonly Overload[] = [
  overload('list<int>.sum(): int', (list: readonly bigint[]) => list.reduce((sum, item) => int(sum + item), 0n), 'items'),
  overload(
    'list<uint>.sum(): uint',
    (list: readonly Uint[]) => list.reduce((sum, item) => uint(sum.value + item.value), new Uint(0n)),
    'items',
  ),
  overload('list<double>.sum(): double', (list: readonly number[]) => list.reduce((sum, item) => sum + item, 0), 'items'),
  overload(
    'list<duration>.sum(): duration',
    (list: readonly Duration[]) => list.reduce((sum, item) => duration(sum.nanos + item.nanos), new Duration(0n)),
    'items',
  ),
];

const contains = (meter: Meter, list: List, part: List): boolean => part.every((item) => list.some((other) => equal(other, item, meter)));
const finder =
  (find: (list: List, matches: (item: Value) => boolean) => number) =>
  (meter: Meter, list: List, item: Value): bigint =>
    BigInt(find(list, (other) => equal(other, item, meter)));

/** Kubernetes' lists and cel-go's sets. */
export const lists: readonly Overload[] = [
  ...comparable.flatMap((type) => [
    overload(`list<${type}>.isSorted(): bool`, isSorted, 'items'),
    overload(`list<${type}>.min(): ${type}`, (list: List) => extreme(list, 'min', -1), 'items'),
    overload(`list<${type}>.max(): ${type}`, (list: List) => extreme(list, 'max', 1), 'items'),
  ]),
  ...summing,
  metered(
    'list<A>.indexOf(A): int',
    finder((list, matches) => list.findIndex(matches)),
    'items',
  ),
  metered(
    'list<A>.lastIndexOf(A): int',
    finder((list, matches) => list.findLastIndex(matches)),
    'items',
  ),
  metered('_+_(list<A>, list<A>): list<A>', concatenated),
  metered('sets::contains(list<A>, list<A>): bool', contains, 'product'),
  metered(
    'sets::equivalent(list<A>, list<A>): bool',
    (meter: Meter, a: List, b: List) => contains(meter, a, b) && contains(meter, b, a),
    'product',
  ),
  metered(
    'sets::intersects(list<A>, list<A>): bool',
    (meter: Meter, a: List, b: List) => a.some((item) => b.some((other) => equal(item, other, meter))),
    'product',
  ),
];

/** Of sets the items that the first lacks are added; of lists by keys, they replace those with their keys. */
function concatenated(meter: Meter, a: List, b: List): List {
  meter.charge((a.length + b.length) / 100);
  const mark = markOf(a);
  if (mark === undefined) return [...a, ...b];
  const same = (left: Value, right: Value): boolean =>
    mark.listType === 'set' || mark.keys.length === 0 || !isCelObject(left) || !isCelObject(right)
      ? equal(left, right, meter)
      : mark.keys.every((key) => equal(left.field(key) ?? null, right.field(key) ?? null, meter));
  const joined = a.map((item) => b.find((other) => same(item, other)) ?? item);
  joined.push(...b.filter((item) => !a.some((other) => same(item, other))));
  markList(joined, mark);
  return joined;
}
