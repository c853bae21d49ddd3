import { difference, intersection, union, withFieldsAbove, type FieldSet } from './field-set.ts';
import { appliedFields } from './owned-fields.ts';
import { removeFields } from './remove-fields.ts';
import type { Schema } from './schema.ts';
import { inVersion, schemaIn, type OwnVersion } from './versions.ts';

/** What a manager applied before, and who owns what now. */
export interface Pruning {
  readonly own: OwnVersion;
  /** What it applied last time, in the version of that time. */
  readonly last: { readonly fields: FieldSet; readonly apiVersion: string };
  /** Everything that is owned after this apply, by the version of its owners. */
  readonly owned: ReadonlyMap<string, FieldSet>;
}

/**
 * Takes out of the merged object what the manager applied last time and nobody owns now (structured-merge-diff, prune). What it
 * applied in a version that is not served any more stays.
 */
export function pruneApplied({ own, last, owned }: Pruning, merged: object): unknown {
  const schema = schemaIn(own, last.apiVersion);
  if (schema === undefined) return merged;
  const whole = inVersion(own, merged, last.apiVersion);
  const lastFields = withFieldsAbove(last.fields);
  let kept = removeFields(schema, whole, lastFields) as object | undefined;
  // First back what somebody owns, beginning with the version that lost something, then what never was this manager's.
  for (const version of [last.apiVersion, ...[...owned.keys()].filter((one) => one !== last.apiVersion)]) {
    const fields = owned.get(version);
    const theirs = schemaIn(own, version);
    if (fields === undefined || theirs === undefined) continue;
    const told = inVersion(own, whole, version);
    const left = kept === undefined ? undefined : inVersion(own, kept, version);
    kept = removeFields(theirs, told, unowned(theirs, { whole: told, kept: left, owned: fields })) as object | undefined;
    if (kept !== undefined) kept = inVersion(own, kept, last.apiVersion);
  }
  const gone = difference(present(schema, whole), present(schema, kept));
  const pruned = removeFields(schema, whole, intersection(gone, lastFields)) as object | undefined;
  return pruned === undefined ? undefined : inVersion(own, pruned, own.apiVersion);
}

function unowned(schema: Schema, of: { whole: unknown; kept: unknown; owned: FieldSet }): FieldSet {
  return difference(present(schema, of.whole), union(present(schema, of.kept), withFieldsAbove(of.owned)));
}
function present(schema: Schema, value: unknown): FieldSet {
  return withFieldsAbove(appliedFields(schema, value));
}
