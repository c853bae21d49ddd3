import { setOwn } from '../base/json.ts';
import { fieldElement, itemElement } from './field-path.ts';
import { childOf, isMember, type FieldSet } from './field-set.ts';
import { grainOf, itemSchema, memberSchema } from './granularity.ts';
import type { Schema } from './schema.ts';

/** The value without the paths of the set and all below them (structured-merge-diff, RemoveItems); a map or list that is emptied by it goes too. */
export function removeFields(schema: Schema, value: unknown, set: FieldSet): unknown {
  switch (grainOf(schema, value)) {
    case 'whole':
      return value;
    case 'list':
      return removeFromList(schema, value as readonly unknown[], set);
    case 'map':
      return removeFromMap(schema, value as Readonly<Record<string, unknown>>, set);
  }
}

function removeFromMap(schema: Schema, map: Readonly<Record<string, unknown>>, set: FieldSet): unknown {
  const out: Record<string, unknown> = {};
  let left = 0;
  for (const key of Object.keys(map)) {
    const node = childOf(set, fieldElement(key));
    const kept = below(memberSchema(schema, key), map[key], node);
    if (kept === undefined) continue;
    setOwn(out, key, kept);
    left++;
  }
  return left === 0 ? undefined : out;
}

function removeFromList(schema: Schema, list: readonly unknown[], set: FieldSet): unknown {
  const out: unknown[] = [];
  for (const item of list) {
    const kept = below(itemSchema(schema), item, childOf(set, itemElement(schema, item)));
    if (kept !== undefined) out.push(kept);
  }
  return out.length === 0 ? undefined : out;
}

function below(schema: Schema, value: unknown, node: FieldSet | undefined): unknown {
  if (node === undefined) return value;
  return isMember(node) ? undefined : removeFields(schema, value, node);
}
