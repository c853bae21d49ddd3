import { isRecord, jsonEqual } from '../../base/json.ts';
import type { Schema } from '../../schema/schema.ts';

/**
 * The item of the former list that is the same item: by its keys in a list of type map, by its place in a list of no type.
 * Undefined when there is none, and in sets and atomic lists, whose items have no history.
 */
export function formerItem(schema: Schema, old: unknown, item: unknown, index?: number): unknown {
  if (!Array.isArray(old)) return undefined;
  if (schema.listType === 'map') {
    if (!isRecord(item)) return undefined;
    const keys = schema.listMapKeys ?? [];
    return old.find((other) => isRecord(other) && keys.every((key) => jsonEqual(other[key], item[key]))) as unknown;
  }
  return schema.listType === undefined && index !== undefined ? (old[index] as unknown) : undefined;
}
