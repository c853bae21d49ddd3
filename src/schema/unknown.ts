import { setOwn } from '../base/json.ts';
import type { Schema } from './schema.ts';

/** A value without what its schema lacks, and the paths of what was left out: `spec.slots[0].colour`. */
export interface Known<T> {
  readonly value: T;
  readonly dropped: readonly string[];
}

/**
 * Leaves out fields that the schema does not have, and nulls as Kubernetes reads them: absent in a field, the zero value in
 * a map or list of a built-in kind, absent in a map of a custom one. `value` is not changed; what stays whole is shared with it.
 */
export function dropUnknown<T>(schema: Schema, value: T): Known<T> {
  const dropped: string[] = [];
  return { value: walk(schema, value, { steps: [], dropped }) as T, dropped };
}

interface Walk {
  /** Where the walk is; turned into text only when something is dropped. */
  readonly steps: (string | number)[];
  readonly dropped: string[];
}

function walk(schema: Schema, value: unknown, at: Walk): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return schema.items === undefined ? value : walkList(schema.items, value, at);
  return walkMap(schema, value as Record<string, unknown>, at);
}

function walkList(items: Schema, list: readonly unknown[], at: Walk): readonly unknown[] {
  if (isLeaf(items)) return list.includes(null) ? list.map((item) => item ?? zeroOf(items)) : list;
  let out: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    at.steps.push(index);
    const kept = item === null ? zeroOf(items) : walk(items, item, at);
    at.steps.pop();
    if (kept === item) continue;
    out ??= [...list];
    out[index] = kept;
  }
  return out ?? list;
}

function walkMap(schema: Schema, map: Record<string, unknown>, at: Walk): Record<string, unknown> {
  if (schema.type === 'any' && schema.properties.size === 0) return map;
  let out: Record<string, unknown> | undefined;
  for (const key in map) {
    const old = map[key];
    const kept = member(schema, key, { old, at });
    if (kept === old) continue;
    out ??= { ...map };
    if (kept === undefined) delete out[key];
    else setOwn(out, key, kept);
  }
  return out ?? map;
}

/** What stays of one member; undefined when it goes. */
function member(schema: Schema, key: string, { old, at }: { old: unknown; at: Walk }): unknown {
  const child = schema.properties.get(key);
  if (child !== undefined) {
    if (old === null) return child.nullable === true ? null : undefined;
    return isLeaf(child) ? old : below(child, key, { old, at });
  }
  const { additional } = schema;
  if (additional !== undefined) {
    if (old === null && additional.nullable !== true) return schema.custom === true ? undefined : zeroOf(additional);
    return isLeaf(additional) ? old : below(additional, key, { old, at });
  }
  if (schema.preserveUnknown === true) return old;
  at.dropped.push(pathText([...at.steps, key]));
  return undefined;
}

function below(schema: Schema, key: string, { old, at }: { old: unknown; at: Walk }): unknown {
  at.steps.push(key);
  const kept = walk(schema, old, at);
  at.steps.pop();
  return kept;
}

/** Nothing can be unknown below it. An array or object in its place is left to validation. */
function isLeaf(schema: Schema): boolean {
  return schema.items === undefined && schema.type !== 'object' && schema.properties.size === 0;
}

/** What Go's decoder leaves where a null stood. */
function zeroOf(schema: Schema): unknown {
  if (schema.custom === true || schema.nullable === true) return null;
  switch (schema.type) {
    case 'string':
      return schema.format === 'quantity' ? '0' : '';
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return {};
    case 'array':
    case 'any':
      return null;
  }
}

/** `spec.slots[0].port`. */
export function pathText(steps: readonly (string | number)[]): string {
  let text = '';
  for (const step of steps) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}
