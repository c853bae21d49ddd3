import { isRecord } from '../base/json.ts';
import type { CelType } from './type.ts';

/** A value of CEL: int is bigint, double is number; lists are arrays, whose items may be made when they are read. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | CelMap
  | CelObject
  | Opaque
  | readonly Value[];

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}
/** An instant, in nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}
export class Optional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}
/** A type as a value: what `type(x)` and `int` answer. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A key as maps compare it: numbers of one value are one key. */
export type Key = string | bigint | boolean;
export class CelMap {
  readonly entries: ReadonlyMap<Key, Value>;
  constructor(entries: ReadonlyMap<Key, Value>) {
    this.entries = entries;
  }
}

/** An object of a schema; its fields are read from the JSON beneath when they are asked for. */
export interface CelObject {
  readonly celType: CelType;
  /** Undefined when the field is not there. */
  field(name: string): Value | undefined;
  /** Names of the fields that are there. */
  names(): readonly string[];
}
export function isCelObject(value: Value): value is CelObject {
  return typeof value === 'object' && value !== null && 'celType' in value;
}

/** A value of a library: a quantity, an address, a URL. */
export interface Opaque {
  readonly opaque: string;
  equals(other: Opaque): boolean;
}
export function isOpaque(value: Value): value is Opaque {
  return typeof value === 'object' && value !== null && 'opaque' in value;
}
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** What goes wrong while an expression is evaluated, in cel-go's words. `&&`, `||` and the macros may go past it. */
export class CelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CelError';
  }
}
/** The budget of an expression is spent: nothing goes past this. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
    this.name = 'CostExceeded';
  }
}
export const noOverload = (): CelError => new CelError('no such overload');

/** The name of a value's type, as `type(x)` compares it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      return objectTypeName(value);
  }
}
function objectTypeName(value: Exclude<Value, boolean | bigint | number | string>): string {
  if (value === null) return 'null_type';
  if (value instanceof Uint8Array) return 'bytes';
  if (isList(value)) return 'list';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof CelMap) return 'map';
  if (isOpaque(value)) return value.opaque;
  return value.celType.kind === 'object' ? value.celType.name : 'map';
}

/** How lists of a schema are compared when their order says nothing: as sets, or by the keys of their items. */
export interface ListMark {
  readonly listType: 'set' | 'map';
  readonly keys: readonly string[];
}
const marks = new WeakMap<readonly Value[], ListMark>();
export function markList(list: readonly Value[], mark: ListMark): void {
  marks.set(list, mark);
}
export function markOf(list: readonly Value[]): ListMark | undefined {
  return marks.get(list);
}

/** A map's key; @throws CelError when the value can be none. */
export function keyOf(value: Value): Key {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof Uint) return value.value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw noOverload();
}

/** Characters (code points) of a text, bytes, items or entries. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return characters(value);
  if (value instanceof Uint8Array || isList(value)) return value.length;
  if (value instanceof CelMap) return value.entries.size;
  return 1;
}
export function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(at + 1);
      if (next >= 0xdc00 && next < 0xe000) count--;
    }
  }
  return count;
}

/** JSON without a schema as CEL sees it: numbers are doubles unless they are whole. */
export function valueOfJson(json: unknown): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(valueOfJson);
  if (isRecord(json)) return new CelMap(new Map(Object.entries(json).map(([key, value]) => [key, valueOfJson(value)])));
  return typeof json === 'boolean' || typeof json === 'string' ? json : null;
}
