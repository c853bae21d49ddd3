import type { KubeObject, ObjectMeta } from '../../api/object.ts';
import { badRequest, conflict, invalid, staleVersion, type FieldError } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { nameSuffix, uuid } from '../../base/random.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import type { Call } from '../context.ts';
import { storeKey } from '../entry-fields.ts';

const longestPrefix = 58;
const nameAttempts = 8;

/** Puts the object where the path says. @throws StatusError BadRequest when it says another place itself */
export function placeObject(call: Call, object: KubeObject, name: string): void {
  const { metadata } = object;
  dropEmpty(metadata);
  if (call.kind.kind.namespaced) {
    const namespace = call.info.namespace;
    if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request: ${metadata.namespace} is not ${namespace}`,
      );
    }
    metadata.namespace = namespace;
  } else delete metadata.namespace;
  if (name === '') return;
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  metadata.name = name;
}

/** Empty maps and lists are as good as none, and are not kept. */
function dropEmpty(metadata: ObjectMeta): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    const value = metadata[field];
    if (typeof value === 'object' && Object.keys(value).length === 0) delete metadata[field];
  }
}

/** Metadata that the server alone decides, for an object that is to be made. */
export async function beforeCreate(call: Call, object: KubeObject): Promise<void> {
  const { server } = call;
  const { metadata } = object;
  if ((metadata.resourceVersion ?? '') !== '') throw badRequest('resourceVersion should not be set on objects to be created');
  for (const field of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'generation'] as const)
    delete metadata[field];
  if ((metadata.name ?? '') === '') await generateName(call, metadata);
  else if (metadata.generateName === '') delete metadata.generateName;
  metadata.uid = uuid(server.random);
  metadata.creationTimestamp = timestamp(server.clock);
  if (countsGenerations(call.kind)) metadata.generation = 1;
}

async function generateName(call: Call, metadata: ObjectMeta): Promise<void> {
  const prefix: unknown = metadata.generateName;
  if (typeof prefix !== 'string' || prefix === '') {
    // Said together with all else that is wrong.
    metadata.name = '';
    return;
  }
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    metadata.name = prefix.slice(0, longestPrefix) + nameSuffix(call.server.random);
    const taken = await call.server.store.get(storeKey(call.kind, { namespace: metadata.namespace ?? '', name: metadata.name }));
    if (taken === undefined) return;
  }
}

/**
 * Metadata that stays as it was, for an object that is to be changed.
 * @throws StatusError Conflict when the object names another uid or an older version; Invalid when it must name one
 */
export function beforeUpdate(call: Call, object: KubeObject, old: Readonly<KubeObject>, unconditional: boolean): void {
  const { kind } = call.kind;
  const { metadata } = object;
  const version = metadata.resourceVersion ?? '';
  if (version === '' && !unconditional) {
    const error: FieldError = {
      type: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      value: 0,
      detail: 'must be specified for an update',
    };
    throw invalid(kind, metadata.name, [error]);
  }
  requireSame(call, metadata, old.metadata);
  keep(metadata, old.metadata, [
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ]);
  delete metadata.selfLink;
}

/** What was sent may name the object that it is about. @throws StatusError Conflict when that is another one, or an older version */
export function requireSame(
  call: Call,
  sent: { readonly uid?: string; readonly resourceVersion?: string },
  live: Readonly<ObjectMeta>,
): void {
  const { uid = '', resourceVersion = '' } = sent;
  if (uid !== '' && uid !== live.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.uid ?? ''}`;
    throw conflict(call.kind.kind, live.name, why);
  }
  if (resourceVersion !== '' && resourceVersion !== live.resourceVersion) throw staleVersion(call.kind.kind, live.name);
}

function keep(metadata: ObjectMeta, old: Readonly<ObjectMeta>, fields: readonly (keyof ObjectMeta)[]): void {
  for (const field of fields) {
    if (old[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: old[field] });
  }
}

/** Does metadata.generation count this kind's changes? */
export function countsGenerations(kind: ResourceKind): boolean {
  if (kind.strategy?.generation !== undefined) return kind.strategy.generation === 'spec';
  return kind.custom || kind.schema.properties.has('spec');
}

/** Raises the generation when anything but metadata and status has changed. */
export function raiseGeneration(kind: ResourceKind, object: KubeObject, old: Readonly<KubeObject>): void {
  if (!countsGenerations(kind)) return;
  const wanted = (value: Readonly<KubeObject>) => {
    const { metadata: _metadata, status: _status, apiVersion: _version, ...rest } = value as KubeObject & { status?: unknown };
    return kind.subresources.status === undefined ? { ...rest, status: _status } : rest;
  };
  const generation = old.metadata.generation ?? 0;
  object.metadata.generation = jsonEqual(wanted(object), wanted(old)) ? Math.max(1, generation) : generation + 1;
}

/** Nothing has changed but perhaps the times in managedFields. */
export function isUnchanged(object: KubeObject, old: Readonly<KubeObject>): boolean {
  const { metadata, ...rest } = object;
  const { metadata: oldMetadata, ...oldRest } = old;
  if (!jsonEqual(rest, oldRest)) return false;
  const { managedFields = [], ...meta } = metadata;
  const { managedFields: oldFields = [], ...oldMeta } = oldMetadata;
  const untimed = (fields: readonly object[]) => fields.map((entry) => ({ ...entry, time: '' }));
  return jsonEqual(meta, oldMeta) && (managedFields === oldFields || jsonEqual(untimed(managedFields), untimed(oldFields)));
}
