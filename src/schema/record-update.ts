import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import { jsonEqual } from '../base/json.ts';
import type { Comparison } from './compare.ts';
import { difference, emptySet, isEmptySet, leaf, union, type FieldSet } from './field-set.ts';
import {
  capUpdaters,
  decodeManagers,
  encodeManagers,
  identityOf,
  owning,
  readManagers,
  withManager,
  type Manager,
  type Managers,
} from './managers.ts';
import type { Schema } from './schema.ts';
import { comparisonIn, type OwnVersion, type Versions } from './versions.ts';

/** What nobody owns (apiserver, stripmeta.go). */
const unowned: FieldSet = {
  'f:apiVersion': leaf,
  'f:kind': leaf,
  'f:metadata': {
    '.': leaf,
    'f:name': leaf,
    'f:namespace': leaf,
    'f:creationTimestamp': leaf,
    'f:selfLink': leaf,
    'f:uid': leaf,
    'f:clusterName': leaf,
    'f:generation': leaf,
    'f:managedFields': leaf,
    'f:resourceVersion': leaf,
  },
};
/** The set without the fields that nobody owns. */
export function withoutUnowned(fields: FieldSet): FieldSet {
  return difference(fields, unowned);
}

export interface UpdateOptions {
  /** The name of the field manager. */
  readonly manager: string;
  /** RFC 3339. */
  readonly time: string;
  /** '' for the main resource. */
  readonly subresource?: string;
  /** Where managers may speak other versions than the object. */
  readonly versions?: Versions;
}

/**
 * The new object with managedFields that say who wrote it: its manager owns what differs from the old one, all others lose
 * that. Managed fields that a client sends are heeded, `[{}]` starts afresh, what is none is ignored. `next` is not changed.
 */
export function recordUpdate<T extends KubeObject>(schema: Schema, old: T | undefined, next: T, options: UpdateOptions): T {
  const { manager: name, time, subresource = '' } = options;
  const version: OwnVersion = { schema, apiVersion: next.apiVersion, versions: options.versions };
  const managers = startOf(version, { old, next, subresource });
  const own = { name: name === '' ? 'unknown' : name, operation: 'Update', apiVersion: next.apiVersion, subresource, time } as const;
  const { managedFields: _sent, ...metadata } = next.metadata;
  const after = { ...next, metadata };
  // Nobody begins to be written down when others were not: the next apply does that.
  if (old !== undefined && managers.size === 0) return after;
  const updated = updateFields(version, { before: old === undefined ? {} : bare(old), after, managers, own });
  const capped = capUpdaters(updated);
  const kept = old?.metadata.managedFields;
  if (kept !== undefined && capped === managers && isAsKept(managers) && managers.size > 0 && sentNothingElse(next, kept)) {
    return { ...after, metadata: { ...metadata, managedFields: kept } };
  }
  return capped.size === 0 ? after : { ...after, metadata: { ...metadata, managedFields: encodeManagers(capped) } };
}

function bare(object: KubeObject): object {
  const { managedFields: _entries, ...metadata } = object.metadata;
  return { ...object, metadata };
}
/** None was changed in reading it. */
function isAsKept(managers: Managers): boolean {
  for (const { entry } of managers.values()) if (entry === undefined) return false;
  return true;
}
function sentNothingElse(next: KubeObject, kept: readonly ManagedFieldsEntry[]): boolean {
  const sent = next.metadata.managedFields;
  return sent === undefined || sent === kept || jsonEqual(sent, kept);
}

/** The managers to start from: those that the request brings, where it may and they can be read, else the old ones. */
function startOf(version: OwnVersion, of: { old: KubeObject | undefined; next: KubeObject; subresource: string }): Managers {
  const { old, next, subresource } = of;
  const kept = old?.metadata.managedFields;
  const sent = subresource === '' ? next.metadata.managedFields : undefined;
  if (sent?.length === 1 && Object.keys(sent[0] as object).length === 0) return new Map();
  const chosen = sent === undefined || sent === kept ? undefined : decodeManagers(sent);
  if (chosen !== undefined && chosen.size > 0) return chosen;
  return readManagers(version, kept) ?? new Map();
}

interface Update {
  readonly before: object;
  readonly after: object;
  readonly managers: Managers;
  readonly own: Omit<Manager, 'fields'>;
}
/** Who owns what after an update (structured-merge-diff, Updater.Update); the same map when nothing differs. */
export function updateFields(version: OwnVersion, { before, after, managers, own }: Update): Managers {
  const comparison = comparisonIn(version, before, after);
  const { added, modified, removed } = comparison(own.apiVersion) ?? nothing;
  const changed = union(added, modified);
  if (isEmptySet(changed) && isEmptySet(removed)) return managers;
  const next = new Map(managers);
  for (const [identity, manager] of managers) {
    const seen = comparison(manager.apiVersion);
    // Whoever speaks a version that is not served any more is forgotten.
    const fields = seen === undefined ? emptySet : difference(manager.fields, union(union(seen.added, seen.modified), seen.removed));
    if (isEmptySet(fields)) next.delete(identity);
    else if (fields !== manager.fields) next.set(identity, owning(manager, fields));
  }
  const taken = withoutUnowned(changed);
  if (isEmptySet(taken)) return next;
  const held = next.get(identityOf({ ...own }))?.fields ?? emptySet;
  return withManager(next, { ...own, fields: union(held, taken) });
}
const nothing: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };
