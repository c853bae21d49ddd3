import { keyOf, type Kind, type KubeObject, type ManagedFieldsEntry } from '../api/object.ts';
import { isConflict, isInvalid, isNotFound } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { unite, type Fields } from './fields.ts';
import { fieldManager, lastApplied } from './tracking.ts';

/** Our entry in an answer to an apply; undefined where the server keeps none. */
export function applyEntry(object: KubeObject): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find((entry) => isOurApply(entry));
}
function isOurApply(entry: ManagedFieldsEntry): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply' && (entry.subresource ?? '') === '';
}
function isOurCreate(entry: ManagedFieldsEntry): boolean {
  return entry.manager === fieldManager && entry.operation === 'Update' && (entry.subresource ?? '') === '';
}

/**
 * Turns what a create left as updated fields (defaults included) into the applied ones that the dry run answered.
 * When somebody writes meanwhile it is left for the next plan, which sees that the fields are not ours yet.
 */
export async function claimFields(
  cluster: Cluster,
  kind: Kind,
  made: KubeObject,
  entry: ManagedFieldsEntry | undefined,
): Promise<KubeObject> {
  if (entry === undefined) return made;
  const others = (made.metadata.managedFields ?? []).filter((each) => !isOurCreate(each) && !isOurApply(each));
  try {
    return await writeEntries(cluster, kind, made, [entry, ...others]);
  } catch (error) {
    // a controller wrote its status first, or deleted the object: nothing is lost
    if (isConflict(error) || isNotFound(error) || isInvalid(error)) return made;
    throw error;
  }
}

/** Ends the entries of former managers and hands `inherits` to us, so that the apply that follows removes it. @throws StatusError Conflict */
export function takeOver(
  cluster: Cluster,
  kind: Kind,
  live: KubeObject,
  { entries, inherits }: { entries: readonly ManagedFieldsEntry[]; inherits: Fields },
): Promise<KubeObject> {
  const ours = applyEntry(live);
  const fieldsV1 = unite((ours?.fieldsV1 ?? {}) as Fields, inherits);
  const memory = entries.filter((entry) => holdsMemory(entry)).map((entry) => ({ ...entry, fieldsV1: memoryFields }));
  const others = (live.metadata.managedFields ?? []).filter((entry) => !entries.includes(entry) && entry !== ours);
  const [first] = entries;
  const entry: ManagedFieldsEntry = { ...first, ...ours, manager: fieldManager, operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1 };
  const mine = Object.keys(fieldsV1).length === 0 ? [] : [entry];
  const rest = [...mine, ...memory, ...others];
  // an empty list would take the ownership of everybody away; one empty entry says the same without that
  return writeEntries(cluster, kind, live, rest.length === 0 ? [{ ...entry, fieldsV1: { 'f:metadata': {} } }] : rest);
}

const memoryFields = { 'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: {} } } };
function holdsMemory(entry: ManagedFieldsEntry): boolean {
  return JSON.stringify(entry.fieldsV1 ?? {}).includes(`"f:${lastApplied}"`);
}

/** Writes the list of owners and nothing else. @throws StatusError Conflict when somebody wrote meanwhile */
export function writeEntries(
  cluster: Cluster,
  kind: Kind,
  object: KubeObject,
  managedFields: readonly ManagedFieldsEntry[],
): Promise<KubeObject> {
  const { uid, resourceVersion } = object.metadata;
  return cluster.patch(kind, keyOf(object), { metadata: { uid, resourceVersion, managedFields } }, { fieldManager });
}
