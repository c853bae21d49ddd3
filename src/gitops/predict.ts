import { apiVersionOf, keyOf, type Kind, type KubeObject, type ManagedFieldsEntry } from '../api/object.ts';
import { isInvalid, StatusError } from '../api/status.ts';
import { clone } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { removeFields, setField } from './field-edit.ts';
import { fieldsFrom, fieldsOf, fieldText, fieldValue, leavesOf, owns, touches, type FieldPath, type Fields } from './fields.ts';
import type { Desired } from './desired.ts';
import { failureText } from './mask.ts';
import { inheritedEntries, inheritedPaths, ownershipOf, type Ownership } from './ownership.ts';
import { annotations, applicationLabel, fieldManager } from './tracking.ts';

/** What predictions of one application have in common. */
export interface PredictOptions {
  /** Value of the tracking label. */
  readonly tracking: string;
  /** Field managers whose fields are left alone. */
  readonly respect: readonly string[];
  /** Objects (`refText`) whose replicas an autoscaler sets. */
  readonly autoscaled: ReadonlySet<string>;
  /** Digest of all desired manifests: what a hook runs for. */
  readonly runFor: string;
  /** What was applied before, by `refText`. */
  lastApplied?(name: string): KubeObject | undefined;
}
/** A field of the manifest that is left to somebody else. */
export interface Respected {
  readonly field: string;
  readonly manager: string;
}
/** Why an object cannot become what its manifest says. */
export interface Failure {
  readonly kind: 'invalid' | 'immutable';
  readonly message: string;
  readonly fields: readonly string[];
}
export interface Prediction {
  readonly ownership: Ownership;
  /** What is applied: the manifest with our mark, without what is respected. */
  readonly sent: KubeObject;
  /** What the object would be; absent when it was refused. */
  readonly predicted?: KubeObject;
  readonly basis: 'dryRun' | 'schema';
  readonly failure?: Failure;
  readonly respected: readonly Respected[];
  /** There are entries of former managers, which end; of their fields these go. Absent: there are none. */
  readonly inherits?: Fields;
}

/** True for what runs once for a set of manifests and is not kept true afterwards. */
export function isHook(desired: Pick<Desired, 'phase' | 'object'>): boolean {
  return desired.phase !== 'Sync' && (desired.object.kind === 'Job' || desired.object.kind === 'Pod');
}

/** The prediction from the manifest alone, where the server cannot be asked yet. */
export function predictFromManifest(desired: Desired, options: PredictOptions): Prediction {
  const { sent, respected } = configuration(desired, undefined, options);
  return { ownership: 'absent', sent, predicted: sent, basis: 'schema', respected };
}

/**
 * Asks the server, by forced dry runs, what the object would be.
 * @throws StatusError what can pass; a refusal for good is answered as `failure`
 */
export async function predict(
  cluster: Cluster,
  desired: Desired,
  live: KubeObject | undefined,
  options: PredictOptions,
): Promise<Prediction> {
  const kind = desired.kind as Kind;
  const { sent, respected } = configuration(desired, live, options);
  const ownership = ownershipOf(live, options.tracking);
  const base = { ownership, sent, respected, basis: 'dryRun' as const };
  try {
    const answer = await cluster.apply(kind, sent, { fieldManager, force: true, dryRun: true });
    if (live === undefined) return { ...base, predicted: answer };
    const entries = inheritedEntries(live, ownership);
    if (entries.length === 0) return { ...base, predicted: answer };
    const paths = inheritedPaths(live, entries, options.lastApplied?.(desired.name));
    return { ...base, ...(await afterInheritance(cluster, kind, { live, answer, entries, paths })) };
  } catch (error) {
    const failure = await failureOf(cluster, { kind, sent, live }, error);
    if (failure === undefined) throw error;
    return { ...base, failure };
  }
}

/** The manifest as it is sent, and what was left to others in it. */
function configuration(
  desired: Desired,
  live: KubeObject | undefined,
  options: PredictOptions,
): { sent: KubeObject; respected: Respected[] } {
  const { object, kind } = desired;
  const labels = { ...object.metadata.labels, [applicationLabel]: options.tracking };
  const metadata = { ...object.metadata, labels };
  if (isHook(desired)) metadata.annotations = { ...metadata.annotations, [annotations.ranFor]: options.runFor };
  const marked = { ...object, apiVersion: kind === undefined ? object.apiVersion : apiVersionOf(kind), metadata };
  if (live === undefined) return { sent: marked, respected: [] };
  const left = respectedFields(desired, live, options);
  if (left.length === 0) return { sent: marked, respected: [] };
  const sent = clone(marked) as KubeObject;
  const ours = fieldsOf(live, fieldManager);
  for (const { path } of left) {
    if (owns(ours, path)) setField(sent, path, fieldValue(live, path));
    else removeFields(sent, [path]);
  }
  return { sent, respected: left.map(({ path, manager }) => ({ field: fieldText(path), manager })) };
}

/** Fields that stand in the manifest and that a respected manager owns, or an autoscaler sets. */
function respectedFields(desired: Desired, live: KubeObject, options: PredictOptions): { path: FieldPath; manager: string }[] {
  const out = new Map<string, { path: FieldPath; manager: string }>();
  const consider = (path: FieldPath, manager: string): void => {
    if (path.at(-1)?.startsWith('f:') !== true || fieldValue(desired.object, path) === undefined) return;
    if (path[0] === 'f:metadata' && path[1] === 'f:labels' && path[2] === `f:${applicationLabel}`) return;
    out.set(path.join('\0'), { path, manager });
  };
  for (const entry of live.metadata.managedFields ?? []) {
    if (entry.manager === undefined || !options.respect.includes(entry.manager)) continue;
    for (const path of leavesOf((entry.fieldsV1 ?? {}) as Fields)) consider(path, entry.manager);
  }
  if (options.autoscaled.has(desired.name)) consider(['f:spec', 'f:replicas'], 'an autoscaler');
  return [...out.values()];
}

interface Inheritance {
  readonly live: KubeObject;
  readonly answer: KubeObject;
  readonly entries: readonly ManagedFieldsEntry[];
  readonly paths: readonly FieldPath[];
}
/** What stays when fields that only former managers own go with the apply; the server says what defaults come back. */
async function afterInheritance(cluster: Cluster, kind: Kind, parts: Inheritance): Promise<{ predicted: KubeObject; inherits: Fields }> {
  const { live, answer, entries } = parts;
  const ours = fieldsOf(answer, fieldManager);
  const others = (live.metadata.managedFields ?? []).filter((entry) => !entries.includes(entry) && entry.manager !== fieldManager);
  const kept = (path: FieldPath) => touches(ours, path) || others.some((entry) => touches((entry.fieldsV1 ?? {}) as Fields, path));
  const leftover = parts.paths.filter((path) => !kept(path));
  // ownership as the apply will leave it, not as the trial update does
  const managedFields = (answer.metadata.managedFields ?? []).filter((entry) => !entries.some((former) => sameEntry(former, entry)));
  const owned = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata, managedFields } });
  if (leftover.length === 0) return { predicted: owned(answer), inherits: {} };
  const rest = clone(answer) as KubeObject;
  removeFields(rest, leftover);
  delete rest.metadata.managedFields;
  if (live.metadata.resourceVersion !== undefined) rest.metadata.resourceVersion = live.metadata.resourceVersion;
  try {
    return { predicted: owned(await cluster.update(kind, rest, { fieldManager, dryRun: true })), inherits: fieldsFrom(leftover) };
  } catch (error) {
    // a field that cannot go stays, and belongs to nobody from then on
    if (isInvalid(error)) return { predicted: owned(answer), inherits: {} };
    throw error;
  }
}
function sameEntry(a: { manager?: string; operation?: string; subresource?: string }, b: typeof a): boolean {
  return a.manager === b.manager && a.operation === b.operation && (a.subresource ?? '') === (b.subresource ?? '');
}

interface Refused {
  readonly kind: Kind;
  readonly sent: KubeObject;
  readonly live: KubeObject | undefined;
}
/** Undefined for what may pass by itself. */
async function failureOf(cluster: Cluster, refused: Refused, error: unknown): Promise<Failure | undefined> {
  if (!(error instanceof StatusError)) return undefined;
  const { reason } = error;
  const fields = (error.details?.causes ?? []).map((cause) => cause.field ?? '').filter((field) => field !== '');
  const message = failureText(refused.sent, error);
  if (isInvalid(error)) {
    const immutable = refused.live !== undefined && (await validAsNew(cluster, refused));
    return { kind: immutable ? 'immutable' : 'invalid', message, fields };
  }
  const final = ['Forbidden', 'BadRequest', 'RequestEntityTooLarge', 'NotFound'].includes(reason);
  return final ? { kind: 'invalid', message, fields } : undefined;
}

/** A refusal is about a field that may not change, and not about its value, when the same object passes under another name. */
async function validAsNew(cluster: Cluster, { kind, sent }: Refused): Promise<boolean> {
  const { name } = keyOf(sent);
  const trial = { ...sent, metadata: { ...sent.metadata, name: `${name.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-steer-trial` } };
  try {
    await cluster.create(kind, trial, { fieldManager, dryRun: true });
    return true;
  } catch (error) {
    // any refusal means that the value itself is wrong, or that nothing can be said
    if (error instanceof StatusError) return false;
    throw error;
  }
}
