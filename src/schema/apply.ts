import type { KubeObject, ObjectMeta } from '../api/object.ts';
import { applyConflict, badRequest, type StatusError } from '../api/status.ts';
import { jsonEqual } from '../base/json.ts';
import { appliedProblems } from './applied-problems.ts';
import type { Comparison } from './compare.ts';
import { fieldPathText } from './field-path.ts';
import { difference, emptySet, intersection, isEmptySet, isSubset, pathsOutwards, union, type FieldSet } from './field-set.ts';
import { allowedByLastApplied, hasLastApplied, withLastApplied } from './last-applied.ts';
import { encodeManagers, identityOf, managerText, owning, readManagers, withManager, type Manager, type Managers } from './managers.ts';
import { appliedFields } from './owned-fields.ts';
import { mergeApplied } from './merge-applied.ts';
import { pruneApplied } from './prune-applied.ts';
import { updateFields, withoutUnowned } from './record-update.ts';
import type { Schema } from './schema.ts';
import { comparisonIn, type OwnVersion, type Versions } from './versions.ts';

export { recordUpdate } from './record-update.ts';

export interface ApplyOptions {
  /** The name of the field manager. */
  readonly manager: string;
  /** Takes fields that others own instead of failing. */
  readonly force?: boolean;
  /** RFC 3339; becomes the entry's time when something of it changes. */
  readonly time: string;
  /** '' for the main resource. */
  readonly subresource?: string;
  /** The version that conflicts name for updaters, where the object travels in another one (the Scale of a Deployment). */
  readonly shownVersion?: string;
  /** Where managers may speak other versions than the applied object. */
  readonly versions?: Versions;
  /** Which of the applied fields the manager comes to own; all by default. */
  readonly owned?: (fields: FieldSet) => FieldSet;
}

/**
 * Merges an applied object into the live one (absent: makes it) and writes down who owns what, as structured-merge-diff and
 * the apiserver's field managers do: what its manager applied before and leaves out now is gone unless somebody else owns
 * it, and an apply that changes nothing changes no time. The result is the caller's but for entries of managedFields, which may be
 * the live ones; `live` and `applied` stay as they are.
 * @throws StatusError Conflict, one cause per manager and field whose value would change; BadRequest when it cannot be merged
 */
export function serverSideApply<T extends KubeObject>(schema: Schema, live: T | undefined, applied: T, options: ApplyOptions): T {
  refuseUnmergeable(schema, applied);
  const version: OwnVersion = { schema, apiVersion: applied.apiVersion, versions: options.versions };
  const managers = managersOf(version, live, options.time);
  const all = appliedFields(schema, applied);
  const run: Run = {
    schema,
    version,
    live: live === undefined ? {} : withoutManagers(live),
    applied,
    managers,
    own: {
      name: options.manager,
      operation: 'Apply',
      apiVersion: applied.apiVersion,
      subresource: options.subresource ?? '',
      time: options.time,
      fields: options.owned?.(withoutUnowned(all)) ?? withoutUnowned(all),
    },
    all,
  };
  const outcome = settle(run, options);
  const object = outcome.object as unknown as T;
  const final = options.manager === 'kubectl' && hasLastApplied(object) ? withLastApplied(object, applied) : object;
  return { ...final, metadata: { ...final.metadata, ...entriesOf(live, outcome.managers) } };
}

interface Run {
  readonly schema: Schema;
  readonly version: OwnVersion;
  readonly live: object;
  readonly applied: KubeObject;
  readonly managers: Managers;
  readonly own: Manager;
  /** What is applied, with the fields that nobody owns. */
  readonly all: FieldSet;
}
interface Outcome {
  readonly object: object;
  readonly managers: Managers;
}
interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

function refuseUnmergeable(schema: Schema, applied: KubeObject): void {
  const problems = appliedProblems(schema, applied);
  if (problems.length > 0) throw untypedError(applied, problems);
}
/** What is applied does not fit its schema; upstream says the same, as an internal error. */
export function untypedError({ apiVersion, kind, metadata }: KubeObject, problems: readonly string[]): StatusError {
  const where = `${metadata.namespace ?? ''}/${metadata.name}; ${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
  const text = problems.length === 1 ? (problems[0] as string) : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  return badRequest(`failed to create typed patch object (${where}): ${text}`);
}

/** Who owns the live object; what nobody was seen writing belongs to `before-first-apply`. */
function managersOf(version: OwnVersion, live: KubeObject | undefined, time: string): Managers {
  if (live === undefined) return new Map();
  const known = readManagers(version, live.metadata.managedFields) ?? new Map<string, Manager>();
  if (known.size > 0) return known;
  const own = { name: 'before-first-apply', operation: 'Update', apiVersion: live.apiVersion, subresource: '', time } as const;
  return updateFields(version, { before: {}, after: withoutManagers(live), managers: known, own });
}

function withoutManagers(object: KubeObject): object {
  const { managedFields: _entries, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Merges; conflicts fail it, but for those that client-side apply of kubectl explains. */
function settle(run: Run, { force = false, shownVersion }: ApplyOptions): Outcome {
  const merged = merge(run);
  const { conflicts } = merged;
  if (conflicts.length > 0 && !force) {
    const allowed = run.own.name === 'kubectl' ? allowedByLastApplied(run.schema, run.live as KubeObject) : undefined;
    const left = conflicts
      .map(({ manager, fields }) => ({ manager, fields: allowed === undefined ? fields : difference(fields, allowed) }))
      .filter(({ fields }) => !isEmptySet(fields));
    if (left.length > 0) throw conflictError(left, shownVersion);
  }
  return merged;
}

function conflictError(conflicts: readonly Conflict[], shownVersion: string | undefined): Error {
  const causes = conflicts.flatMap(({ manager, fields }) => {
    const text = managerText(shownVersion === undefined ? manager : { ...manager, apiVersion: shownVersion });
    return pathsOutwards(fields).map((path) => ({ manager: text, field: fieldPathText(path) }));
  });
  return applyConflict(causes.sort((a, b) => (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0)));
}

/** structured-merge-diff, Updater.Apply with force. */
function merge(run: Run): Outcome & { readonly conflicts: readonly Conflict[] } {
  const { schema, live, own, managers } = run;
  const identity = identityOf(own);
  const last = managers.get(identity);
  const owners = withManager(managers, own);
  const joined = mergeApplied(schema, live, run.applied) as object;
  const object = last === undefined || keepsAll(last, own) ? joined : prune(run, joined, last);
  const comparison = comparisonIn(run.version, live, object);
  const conflicts: Conflict[] = [];
  let next = owners;
  for (const [key, manager] of owners) {
    if (key === identity) continue;
    const seen = comparison(manager.apiVersion);
    const fields = seen && intersection(manager.fields, union(seen.added, seen.modified));
    if (fields !== undefined && !isEmptySet(fields)) conflicts.push({ manager, fields });
    // Whoever speaks a version that is not served any more is forgotten.
    next = fields === undefined ? without(next, key) : losing(next, manager, union(fields, seen?.removed ?? emptySet));
  }
  return { object, conflicts, managers: withManager(next, timed(own, last, comparison(own.apiVersion))) };
}
function keepsAll(last: Manager, own: Manager): boolean {
  return last.apiVersion === own.apiVersion && isSubset(last.fields, own.fields);
}
function losing(managers: Managers, manager: Manager, lost: FieldSet): Managers {
  const fields = isEmptySet(lost) ? manager.fields : difference(manager.fields, lost);
  return fields === manager.fields ? managers : withManager(managers, owning(manager, fields));
}
function without(managers: Managers, identity: string): Managers {
  const out = new Map(managers);
  out.delete(identity);
  return out;
}
/** An apply that leaves the object as it is leaves the time too, if there is one: upstream writes it down with a change only. */
function timed(own: Manager, last: Manager | undefined, seen: Comparison | undefined): Manager {
  if (seen !== undefined && !(isEmptySet(seen.added) && isEmptySet(seen.modified) && isEmptySet(seen.removed))) return own;
  if (last !== undefined && keepsAll(last, own) && isSubset(own.fields, last.fields)) return last;
  return { ...own, time: last?.time };
}

/** Takes out what the manager applied last time and nobody owns now. */
function prune({ applied, version, managers, own, all }: Run, joined: object, last: Manager): object {
  const owned = new Map([[own.apiVersion, all]]);
  for (const [identity, { apiVersion, fields }] of managers) {
    if (identity === identityOf(own)) continue;
    const key = version.versions === undefined ? own.apiVersion : apiVersion;
    owned.set(key, union(owned.get(key) ?? emptySet, fields));
  }
  const at = version.versions === undefined ? own.apiVersion : last.apiVersion;
  const pruned = pruneApplied({ own: version, last: { fields: last.fields, apiVersion: at }, owned }, joined);
  // What is applied empty was emptied by this, and so went.
  return mergeApplied(version.schema, pruned, applied) as object;
}

/** managedFields of the result; the very list of the live object when it says the same. */
function entriesOf(live: KubeObject | undefined, managers: Managers): Pick<ObjectMeta, 'managedFields'> {
  const entries = encodeManagers(managers);
  const old = live?.metadata.managedFields;
  if (entries.length === 0 && old === undefined) return {};
  return { managedFields: old !== undefined && jsonEqual(old, entries) ? old : entries };
}
