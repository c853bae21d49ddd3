import type { KubeObject, ObjectKey } from '../../api/object.ts';
import type { ApiResponse } from '../../api/http.ts';
import { alreadyExists, notFound, staleVersion } from '../../api/status.ts';
import { RevisionMismatch, type Entry } from '../../store/store.ts';
import type { Call } from '../context.ts';
import { storeKey } from '../entry-fields.ts';
import { entryAnswer, valueAnswer } from '../forms.ts';
import { inStorageVersion, inVersion, storedForm } from '../stored-version.ts';
import type { WriteOptions } from '../write-options.ts';
import { isUnchanged } from './metadata.ts';
import { prepare, takeBack, tellStored, type Draft, type Prepared } from './prepare.ts';

/** What a write has led to. */
export type Written =
  | { readonly outcome: 'stored'; readonly entry: Entry<KubeObject>; readonly created: boolean }
  /** In a dry run, or when the write has removed the last finalizer: what would have been stored, or was last. */
  | { readonly outcome: 'value'; readonly value: KubeObject; readonly created: boolean };

/** One way to change a stored object. */
export interface Modification {
  readonly options: WriteOptions;
  readonly subresource: string;
  /** How often it is tried when somebody else writes in between. */
  readonly attempts: number;
  readonly applied?: true;
  /** The object as it shall be, on its way to `prepare`. Called again, with the newer object, after each clash. */
  next(live: Readonly<KubeObject>): KubeObject;
  /** Goes without defaults, admission and validation: for the server's own marks. */
  readonly raw?: true;
}

/** Changes one object under its optimistic lock. What changes nothing writes nothing. @throws StatusError NotFound, Conflict, Invalid */
export async function modify(call: Call, key: ObjectKey, change: Modification): Promise<Written> {
  const place = storeKey(call.kind, key);
  for (let attempt = 1; ; attempt++) {
    const entry = await call.server.store.get(place);
    if (entry === undefined) throw notFound(call.kind.kind, key.name);
    const written = await tryOnce(call, entry, change);
    if (written !== undefined) return written;
    if (attempt >= change.attempts) throw staleVersion(call.kind.kind, key.name);
  }
}

/** Undefined when somebody else was quicker. */
async function tryOnce(call: Call, found: Entry<KubeObject>, change: Modification): Promise<Written | undefined> {
  const shown = inVersion(call.kind, found);
  const live = shown.value();
  // What is converted is compared as it lies in the store, what only bears another version as it is shown.
  const entry = call.kind.conversion === undefined ? shown : found;
  const object = change.next(live);
  const { options, subresource, applied } = change;
  const draft: Draft = { object, old: live, oldSize: found.size, subresource, options, ...(applied && { applied }) };
  const prepared: Prepared = change.raw ? { object: storedForm(call.kind, object), undo: [], stored: [] } : await prepare(call, draft);
  const next = prepared.object;
  if (isUnchanged(next, entry.value())) {
    takeBack(prepared.undo);
    return { outcome: 'stored', entry, created: false };
  }
  const gone = isReleased(next);
  if (options.dryRun) {
    takeBack(prepared.undo);
    return { outcome: 'value', value: next, created: false };
  }
  try {
    if (!gone) {
      const stored = await call.server.store.put(entry.key, inStorageVersion(call.kind, next), entry.revision);
      tellStored(prepared, stored.revision);
      return { outcome: 'stored', entry: stored, created: false };
    }
    tellStored(prepared, await call.server.store.delete(entry.key, entry.revision));
    return { outcome: 'value', value: next, created: false };
  } catch (error) {
    takeBack(prepared.undo);
    if (error instanceof RevisionMismatch) return undefined;
    throw error;
  }
}

/** Marked for deletion, with nothing left to wait for. */
export function isReleased(object: KubeObject): boolean {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers?.length ?? 0) > 0) return false;
  const { finalizers } = (object as { spec?: { finalizers?: readonly string[] } }).spec ?? {};
  if (object.kind === 'Namespace' && object.apiVersion === 'v1' && (finalizers?.length ?? 0) > 0) return false;
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** Stores an object that is not there yet. @throws StatusError AlreadyExists */
export async function insert(call: Call, draft: Draft): Promise<Written> {
  const prepared = await prepare(call, draft);
  const { object } = prepared;
  const { name } = object.metadata;
  const place = storeKey(call.kind, { namespace: object.metadata.namespace ?? '', name });
  if (draft.options.dryRun) {
    takeBack(prepared.undo);
    if ((await call.server.store.get(place)) !== undefined) throw alreadyExists(call.kind.kind, name);
    return { outcome: 'value', value: object, created: true };
  }
  try {
    const entry = await call.server.store.put(place, inStorageVersion(call.kind, object), 0);
    tellStored(prepared, entry.revision);
    return { outcome: 'stored', entry, created: true };
  } catch (error) {
    takeBack(prepared.undo);
    throw error instanceof RevisionMismatch ? alreadyExists(call.kind.kind, name) : error;
  }
}

export function writtenAnswer(call: Call, written: Written): ApiResponse {
  const status = written.created ? 201 : 200;
  return written.outcome === 'stored' ? entryAnswer(call, written.entry, status) : valueAnswer(call, written.value, status);
}
