import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  opaque,
  optionalOf,
  stringType,
  timestampType,
  typeType,
  uintType,
  type CelType,
} from './type.ts';
import type { Value } from './value.ts';

/** One way to call a function. Its arguments, the target first, are of the declared types when it is called. */
export interface Overload {
  readonly name: string;
  readonly member: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly run: (...args: never[]) => Value;
  /** What the call costs by the values that it gets. Default: 1. */
  readonly cost?: Cost;
  /** `run` takes a meter before the arguments, and tells it what it does beyond that. */
  readonly metered?: true;
}
/** Counts work that grows with what lies within a value. @throws CostExceeded when the budget is spent */
export interface Meter {
  charge(cost: number): void;
}
/**
 * How costs grow, at run time and in estimates, as cel-go and Kubernetes count: by a tenth of the first text (`traverse`), of the
 * argument's (`argument`), by both (`search`), by text and pattern (`match`), by the items of the first list (`items`) or by
 * those of both lists (`product`).
 */
export type Cost = 'traverse' | 'argument' | 'search' | 'match' | 'items' | 'lastItems' | 'product' | 'sum' | 'smaller';

const byName: Readonly<Record<string, CelType>> = {
  bool: boolType,
  int: intType,
  uint: uintType,
  double: doubleType,
  string: stringType,
  bytes: bytesType,
  null: nullType,
  dyn: dynType,
  type: typeType,
  timestamp: timestampType,
  duration: durationType,
  quantity: opaque('kubernetes.Quantity'),
  url: opaque('kubernetes.URL'),
  ip: opaque('net.IP'),
  cidr: opaque('net.CIDR'),
  format: opaque('kubernetes.NamedFormat'),
  semver: opaque('kubernetes.Semver'),
};

/** Declares one overload by its signature: `string.startsWith(string): bool`; `sets::contains(...)` is of a namespace. */
export function overload(signature: string, run: (...args: never[]) => Value, cost?: Cost): Overload {
  const match = /^(?:(.+?)\.(?=\w+\())?([^(.\s]+)\((.*)\): (.+)$/.exec(signature);
  if (match === null) throw new Error(`${signature} is no signature`);
  const [, target, name = '', params = '', result = ''] = match;
  const own = target === undefined ? [] : [typeOf(target)];
  return {
    name: name.replace('::', '.'),
    member: own.length > 0,
    params: [...own, ...split(params).map(typeOf)],
    result: typeOf(result),
    run,
    ...(cost !== undefined && { cost }),
  };
}

/** An overload whose work is counted while it is done. */
export function metered(signature: string, run: (meter: Meter, ...args: never[]) => Value, cost?: Cost): Overload {
  return { ...overload(signature, run as (...args: never[]) => Value, cost), metered: true };
}

function typeOf(text: string): CelType {
  const trimmed = text.trim();
  const generic = /^(list|map|optional)<(.*)>$/.exec(trimmed);
  if (generic !== null) {
    const [first = '', second = ''] = split(generic[2] ?? '');
    if (generic[1] === 'list') return listOf(typeOf(first));
    return generic[1] === 'map' ? mapOf(typeOf(first), typeOf(second)) : optionalOf(typeOf(first));
  }
  if (/^[A-Z]$/.test(trimmed)) return { kind: 'param', name: trimmed };
  const known = byName[trimmed];
  if (known === undefined) throw new Error(`${trimmed} is no type`);
  return known;
}
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>') depth--;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (text.trim() !== '') parts.push(text.slice(start));
  return parts;
}
