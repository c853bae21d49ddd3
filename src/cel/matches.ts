import type { CelType } from './type.ts';
import { CelMap, Duration, isCelObject, isList, isOpaque, Optional, Timestamp, TypeValue, Uint, type Value } from './value.ts';

/** Whether a value is of a declared type; of what lies within, the first item speaks for all. */
export function matches(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'null':
      return value === null;
    case 'list':
      return isList(value) && (value.length === 0 || matches(type.item, value[0] as Value));
    case 'optional':
      return value instanceof Optional && (value.value === undefined || matches(type.value, value.value));
    default:
      return matchesObject(type, value);
  }
}
function matchesObject(type: CelType, value: Value): boolean {
  switch (type.kind) {
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'type':
      return value instanceof TypeValue;
    case 'map':
      return value instanceof CelMap;
    case 'opaque':
      return isOpaque(value) && value.opaque === type.name;
    default:
      return isCelObject(value);
  }
}
