import { fieldElement, itemElement } from './field-path.ts';
import { emptySet, leaf, nodeOf, type FieldSet } from './field-set.ts';
import { grainOf, isDeclared, itemSchema, memberSchema } from './granularity.ts';
import type { Schema } from './schema.ts';

/** The paths that somebody owns who applies `value` (structured-merge-diff, ToFieldSet): structs are not owned, only what is in them. */
export function appliedFields(schema: Schema, value: unknown): FieldSet {
  return childrenOf(schema, value, false) ?? emptySet;
}
/** The paths that appear with `value`, structs too: what a comparison with nothing finds. Without the root. */
export function allFields(schema: Schema, value: unknown): FieldSet | undefined {
  return grainOf(schema, value) === 'whole' ? leaf : nodeOf(true, childrenOf(schema, value, true));
}
function childrenOf(schema: Schema, value: unknown, all: boolean): Record<string, FieldSet> | undefined {
  const children: Record<string, FieldSet> = {};
  switch (grainOf(schema, value)) {
    case 'whole':
      return undefined;
    case 'list':
      for (const item of value as readonly unknown[]) {
        const below = itemSchema(schema);
        const node = grainOf(below, item) === 'whole' ? leaf : nodeOf(true, childrenOf(below, item, all));
        if (node !== undefined) children[itemElement(schema, item)] = node;
      }
      return children;
    case 'map':
      for (const key of Object.keys(value as object)) {
        const member = (value as Record<string, unknown>)[key];
        if (member === undefined) continue;
        const node = all ? allFields(memberSchema(schema, key), member) : memberNode(schema, key, member);
        if (node !== undefined) children[fieldElement(key)] = node;
      }
      return children;
  }
}

function memberNode(schema: Schema, key: string, value: unknown): FieldSet | undefined {
  const below = memberSchema(schema, key);
  const grain = grainOf(below, value);
  if (grain === 'whole') return leaf;
  const empty = grain === 'map' && Object.keys(value as object).length === 0;
  return nodeOf(empty || !isDeclared(schema, key), childrenOf(below, value, false));
}
