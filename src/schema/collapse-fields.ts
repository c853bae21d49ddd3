import { isEmptySet, leaf, type FieldSet } from './field-set.ts';
import { itemSchema, memberSchema, untyped } from './granularity.ts';
import type { Schema } from './schema.ts';

/**
 * The set as the schema has it now: who owned parts of a map or list that has become atomic owns it whole
 * (structured-merge-diff, ReconcileFieldSetWithSchema). The same set when no schema has changed.
 */
export function collapseFields(schema: Schema, set: FieldSet): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  for (const element in set) {
    if (element === '.') continue;
    const node = set[element] as FieldSet;
    const below = schemaBelow(schema, element);
    const kept = isWhole(below) && !isEmptySet(node) ? leaf : collapseFields(below, node);
    if (kept === node) continue;
    out ??= { ...set };
    out[element] = kept;
  }
  return out ?? set;
}

function schemaBelow(schema: Schema, element: string): Schema {
  if (schema === untyped) return untyped;
  return element.startsWith('f:') ? memberSchema(schema, element.slice(2)) : itemSchema(schema);
}
function isWhole(schema: Schema): boolean {
  if (schema.type === 'array') return schema.listType === undefined || schema.listType === 'atomic';
  return schema.type === 'object' && schema.mapType === 'atomic';
}
