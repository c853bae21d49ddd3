import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject, ObjectKey } from '../../api/object.ts';
import { conflict, notFound, staleVersion, type Status } from '../../api/status.ts';
import { dateAt, parseTime, timestamp } from '../../base/clock.ts';
import { clone } from '../../base/json.ts';
import { RevisionMismatch, type Entry } from '../../store/store.ts';
import { mutate } from '../admission/index.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { cleanupFinalizer } from '../definition-status.ts';
import { storeKey } from '../entry-fields.ts';
import { entryAnswer, valueAnswer } from '../forms.ts';
import { readDeleteOptions, type DeleteOptions } from '../delete-options.ts';
import { inStorageVersion, inVersion } from '../stored-version.ts';
import { isReleased } from './modify.ts';

const attempts = 5;
const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** DELETE of one object. */
export async function remove(call: Call): Promise<ApiResponse> {
  const options = readDeleteOptions(call);
  const removed = await removeObject(call, call.info, options);
  if (removed.outcome === 'waiting')
    return removed.entry === undefined ? valueAnswer(call, removed.value) : entryAnswer(call, removed.entry);
  return jsonAnswer(200, success(call, removed.value), call.request.wantsObject === true);
}

/** `gone`: it has left the store. `waiting`: it is marked, and something else has to let go of it first. */
export interface Removed {
  readonly outcome: 'gone' | 'waiting';
  readonly value: KubeObject;
  readonly entry?: Entry<KubeObject>;
}

/** Deletes an object, or marks it where finalizers or a grace period hold it. @throws StatusError NotFound, Conflict, Forbidden */
export async function removeObject(call: Call, key: ObjectKey, options: DeleteOptions): Promise<Removed> {
  const place = storeKey(call.kind, key);
  for (let attempt = 1; ; attempt++) {
    const stored = await call.server.store.get(place);
    if (stored === undefined) throw notFound(call.kind.kind, key.name);
    const entry = call.kind.conversion === undefined ? inVersion(call.kind, stored) : stored;
    requirePreconditions(call, entry.value(), options);
    await askAdmission(call, entry.value(), options);
    const removed = await tryOnce(call, entry, options);
    if (removed !== undefined) return removed;
    if (attempt >= attempts) throw staleVersion(call.kind.kind, key.name);
  }
}

/** @throws StatusError Conflict when the object is not the one that the caller means */
export function requirePreconditions(call: Call, object: Readonly<KubeObject>, options: DeleteOptions): void {
  const { uid = '', resourceVersion = '', name } = object.metadata;
  const { preconditions } = options;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(
      call.kind.kind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      call.kind.kind,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}

async function askAdmission(call: Call, object: Readonly<KubeObject>, options: DeleteOptions): Promise<void> {
  await mutate(call.server.admission, {
    call,
    operation: 'delete',
    subresource: '',
    object,
    old: object,
    dryRun: options.dryRun,
    undo: [],
    stored: [],
  });
}

/** Undefined when somebody else was quicker. */
async function tryOnce(call: Call, entry: Entry<KubeObject>, options: DeleteOptions): Promise<Removed | undefined> {
  const live = entry.value();
  const marked = markFor(call, live, options);
  if (marked === undefined) return { outcome: 'waiting', value: live, entry };
  const gone = isReleased(marked);
  if (options.dryRun) return { outcome: gone ? 'gone' : 'waiting', value: gone ? live : marked };
  try {
    if (gone) {
      await call.server.store.delete(entry.key, entry.revision);
      return { outcome: 'gone', value: live };
    }
    const stored = await call.server.store.put(entry.key, inStorageVersion(call.kind, marked), entry.revision);
    return { outcome: 'waiting', value: marked, entry: stored };
  } catch (error) {
    if (error instanceof RevisionMismatch) return undefined;
    throw error;
  }
}

/** The object with the marks of its deletion; undefined when it has them already (kubernetes/apiserver, registry/rest BeforeDelete). */
function markFor(call: Call, live: Readonly<KubeObject>, options: DeleteOptions): KubeObject | undefined {
  const next = clone(live) as KubeObject;
  const finalizersChanged = [setFinalizers(next, options), addCleanup(call, next)].includes(true);
  const graceChanged =
    live.metadata.deletionTimestamp === undefined ? startDeletion(call, next, options) : shortenGrace(call, next, options);
  if (isReleased(next)) return next;
  return finalizersChanged || graceChanged ? next : undefined;
}

/** The propagation policy stands in the finalizers; without one, what was chosen before stays. */
function setFinalizers(object: KubeObject, options: DeleteOptions): boolean {
  const { propagation } = options;
  if (propagation === undefined) return false;
  const before = object.metadata.finalizers ?? [];
  const wanted = propagation === 'Orphan' ? orphan : propagation === 'Foreground' ? foreground : undefined;
  const after = before.filter((finalizer) => (finalizer !== orphan && finalizer !== foreground) || finalizer === wanted);
  if (wanted !== undefined && !after.includes(wanted)) after.push(wanted);
  if (after.length === before.length && after.every((finalizer, index) => finalizer === before[index])) return false;
  if (after.length === 0) delete object.metadata.finalizers;
  else object.metadata.finalizers = after;
  return true;
}

/** A definition waits for its objects. */
function addCleanup(call: Call, object: KubeObject): boolean {
  const { kind } = call.kind;
  const { metadata } = object;
  if (kind.group !== 'apiextensions.k8s.io' || kind.plural !== 'customresourcedefinitions') return false;
  if (metadata.deletionTimestamp !== undefined || metadata.finalizers?.includes(cleanupFinalizer)) return false;
  metadata.finalizers = [...(metadata.finalizers ?? []), cleanupFinalizer];
  return true;
}

function startDeletion(call: Call, object: KubeObject, options: DeleteOptions): boolean {
  const { clock } = call.server;
  const seconds = graceSeconds(call, object, options);
  const { metadata } = object;
  metadata.deletionTimestamp = seconds === 0 ? timestamp(clock) : timestamp({ now: () => clock.now() + seconds * 1000 });
  metadata.deletionGracePeriodSeconds = seconds;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  if (isNamespace(object))
    (object as { status?: { phase?: string } }).status = { ...(object as { status?: object }).status, phase: 'Terminating' };
  return true;
}

/** A second deletion can only bring the end nearer. */
function shortenGrace(call: Call, object: KubeObject, options: DeleteOptions): boolean {
  const { metadata } = object;
  const current = metadata.deletionGracePeriodSeconds ?? 0;
  const wanted = options.gracePeriodSeconds;
  if (wanted === undefined || current === 0 || wanted >= current) return false;
  const started = (parseTime(metadata.deletionTimestamp) ?? call.server.clock.now()) - current * 1000;
  const end = Math.max(started + wanted * 1000, call.server.clock.now());
  metadata.deletionTimestamp = timestamp({ now: () => dateAt(end).getTime() });
  metadata.deletionGracePeriodSeconds = wanted;
  return true;
}

/** Only pods go gracefully: those that are on a node and have not ended (kubernetes/kubernetes, registry/core/pod). */
function graceSeconds(call: Call, object: KubeObject, options: DeleteOptions): number {
  const { kind } = call.kind;
  if (kind.group !== '' || kind.plural !== 'pods') return 0;
  const { spec, status } = object as { spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }; status?: { phase?: string } };
  if ((spec?.nodeName ?? '') === '' || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const seconds = options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}

function isNamespace(object: KubeObject): boolean {
  return object.kind === 'Namespace' && object.apiVersion === 'v1';
}

function success(call: Call, object: Readonly<KubeObject>): Status {
  const { group, plural } = call.kind.kind;
  const { name, uid = '' } = object.metadata;
  const details = group === '' ? { name, kind: plural, uid } : { name, group, kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}
