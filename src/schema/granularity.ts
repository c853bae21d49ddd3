import { isRecord } from '../base/json.ts';
import type { Schema } from './schema.ts';

/** What server-side apply takes a value for: one thing that is owned whole, or a map or list whose parts are owned apart. */
export type Grain = 'whole' | 'map' | 'list';

/** Where the schema says nothing about a value: maps by their members, all else whole. */
export const untyped: Schema = { type: 'any', properties: new Map(), required: [], source: {} };

export function grainOf(schema: Schema, value: unknown): Grain {
  if (Array.isArray(value)) return isGranularList(schema) ? 'list' : 'whole';
  if (!isRecord(value)) return 'whole';
  return schema.mapType === 'atomic' || isScalar(schema) ? 'whole' : 'map';
}
function isGranularList(schema: Schema): boolean {
  return schema.listType === 'map' || schema.listType === 'set';
}
function isScalar(schema: Schema): boolean {
  return schema.type !== 'object' && schema.type !== 'any';
}

/** The schema of a member; `declared` when it is a field of a struct and no entry of a map. */
export function memberSchema(schema: Schema, key: string): Schema {
  return schema.properties.get(key) ?? schema.additional ?? untyped;
}
export function isDeclared(schema: Schema, key: string): boolean {
  return schema.properties.has(key);
}
export function itemSchema(schema: Schema): Schema {
  return schema.items ?? untyped;
}
