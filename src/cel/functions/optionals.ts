import { overload, type Overload } from '../declare.ts';
import { CelError, CelMap, Duration, isCelObject, isList, Optional, Timestamp, Uint, type Value } from '../value.ts';

function isZero(value: Value): boolean {
  if (value === null || value === '' || value === false || value === 0) return true;
  if (typeof value === 'bigint') return value === 0n;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array || isList(value)) return value.length === 0;
  if (value instanceof CelMap) return value.entries.size === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  return isCelObject(value) && value.names().length === 0;
}
function valueOf(optional: Optional): Value {
  if (optional.value === undefined) throw new CelError('optional.none() dereference');
  return optional.value;
}

export const optionals: readonly Overload[] = [
  overload('optional::of(A): optional<A>', (value: Value) => new Optional(value)),
  overload('optional::ofNonZeroValue(A): optional<A>', (value: Value) => new Optional(isZero(value) ? undefined : value)),
  overload('optional::none(): optional<A>', () => new Optional(undefined)),
  overload('optional<A>.hasValue(): bool', (optional: Optional) => optional.value !== undefined),
  overload('optional<A>.value(): A', valueOf),
  overload('optional<A>.or(optional<A>): optional<A>', (a: Optional, b: Optional) => (a.value === undefined ? b : a)),
  overload('optional<A>.orValue(A): A', (a: Optional, b: Value) => a.value ?? (a.value === null ? null : b)),
  overload('list<A>.first(): optional<A>', (list: readonly Value[]) => new Optional(list[0])),
  overload('list<A>.last(): optional<A>', (list: readonly Value[]) => new Optional(list.at(-1))),
  overload('optional::unwrap(list<optional<A>>): list<A>', (list: readonly Optional[]) =>
    list.flatMap(({ value }) => (value === undefined ? [] : [value])),
  ),
];
