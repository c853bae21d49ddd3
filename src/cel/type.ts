/** The type of an expression, as cel-go's checker has it. */
export type CelType = PlainType | ListType | MapType | ObjectType | OptionalType | OpaqueType | ParamType | TypeType;
export interface PlainType extends Sized {
  readonly kind: 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null' | 'dyn' | 'timestamp' | 'duration';
}
/** How large a value may be at most (bytes, items, entries), where a schema says so; no part of what a type is. */
interface Sized {
  readonly largest?: number;
}
export interface ListType extends Sized {
  readonly kind: 'list';
  readonly item: CelType;
}
export interface MapType extends Sized {
  readonly kind: 'map';
  readonly key: CelType;
  readonly value: CelType;
}
export interface ObjectType extends Sized {
  readonly kind: 'object';
  readonly name: string;
  /** By the names that expressions use. */
  readonly fields: ReadonlyMap<string, CelType>;
}
export interface OptionalType extends Sized {
  readonly kind: 'optional';
  readonly value: CelType;
}
/** A type of a library: `kubernetes.Quantity`. */
export interface OpaqueType extends Sized {
  readonly kind: 'opaque';
  readonly name: string;
}
/** Stands for any one type in the declaration of a function. */
export interface ParamType extends Sized {
  readonly kind: 'param';
  readonly name: string;
}
/** The type of types: of `int`, or of `type(x)`. */
export interface TypeType extends Sized {
  readonly kind: 'type';
}

const plain = (kind: PlainType['kind']): PlainType => ({ kind });
export const boolType = plain('bool');
export const intType = plain('int');
export const uintType = plain('uint');
export const doubleType = plain('double');
export const stringType = plain('string');
export const bytesType = plain('bytes');
export const nullType = plain('null');
export const dynType = plain('dyn');
export const timestampType = plain('timestamp');
export const durationType = plain('duration');
export const typeType: TypeType = { kind: 'type' };
export const listOf = (item: CelType): ListType => ({ kind: 'list', item });
export const mapOf = (key: CelType, value: CelType): MapType => ({ kind: 'map', key, value });
export const optionalOf = (value: CelType): OptionalType => ({ kind: 'optional', value });
export const opaque = (name: string): OpaqueType => ({ kind: 'opaque', name });

/** As messages name a type: `map(string, list(int))`. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeText(type.item)})`;
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case 'optional':
      return `optional_type(${typeText(type.value)})`;
    case 'object':
    case 'opaque':
    case 'param':
      return type.name;
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    default:
      return type.kind;
  }
}

/** What the type parameters of a declaration stand for in one call. */
export type Binding = Map<string, CelType>;

/** Whether a value of type `actual` may stand where `wanted` is asked for; binds parameters of `wanted`. */
export function accepts(wanted: CelType, actual: CelType, binding: Binding): boolean {
  if (wanted.kind === 'param') return bind(wanted.name, actual, binding);
  if (wanted.kind === 'dyn' || actual.kind === 'dyn' || actual.kind === 'param') return true;
  if (actual.kind === 'null') return isNullable(wanted);
  if (wanted.kind !== actual.kind) return false;
  switch (wanted.kind) {
    case 'list':
      return accepts(wanted.item, (actual as ListType).item, binding);
    case 'map':
      return accepts(wanted.key, (actual as MapType).key, binding) && accepts(wanted.value, (actual as MapType).value, binding);
    case 'optional':
      return accepts(wanted.value, (actual as OptionalType).value, binding);
    case 'object':
      return wanted.name === (actual as ObjectType).name;
    case 'opaque':
      return wanted.name === (actual as OpaqueType).name;
    default:
      return true;
  }
}
function isNullable({ kind }: CelType): boolean {
  return ['null', 'object', 'timestamp', 'duration', 'opaque', 'optional'].includes(kind);
}
function bind(name: string, actual: CelType, binding: Binding): boolean {
  const known = binding.get(name);
  if (known === undefined || known.kind === 'param') {
    binding.set(name, actual);
    return true;
  }
  if (accepts(known, actual, binding)) return true;
  if (!accepts(actual, known, binding)) return false;
  binding.set(name, actual);
  return true;
}

/** A declared type with its parameters filled in; what was never bound is dyn. */
export function filled(type: CelType, binding: Binding): CelType {
  switch (type.kind) {
    case 'param':
      return binding.get(type.name) ?? dynType;
    case 'list':
      return listOf(filled(type.item, binding));
    case 'map':
      return mapOf(filled(type.key, binding), filled(type.value, binding));
    case 'optional':
      return optionalOf(filled(type.value, binding));
    default:
      return type;
  }
}

/** One type for both: the one that takes the other, or dyn. Undefined when neither takes the other. */
export function joined(a: CelType, b: CelType): CelType | undefined {
  if (accepts(a, b, new Map())) return a.kind === 'null' ? b : a;
  return accepts(b, a, new Map()) ? b : undefined;
}
