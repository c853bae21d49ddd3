import { splitApiVersion, type KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import { isRecord, jsonEqual, setOwn } from '../base/json.ts';
import { annotations, applicationLabel, lastApplied } from './tracking.ts';

const serverSet = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
const hidden = { labels: new Set<string>([applicationLabel]), annotations: new Set<string>([lastApplied, annotations.ranFor]) };

/** True by what the object says it is, whether or not it is a valid one. */
export function isSecret(object: { apiVersion: string; kind: string }): boolean {
  return object.kind === 'Secret' && splitApiVersion(object.apiVersion).group === '';
}

/** The part of an object that a plan compares: no status, no server-set metadata, none of our own marks, no client's memory. */
export function comparable(object: KubeObject): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    if (key === 'metadata') setOwn(out, key, comparableMetadata(object.metadata as unknown as Record<string, unknown>));
    else if (key !== 'status' && value !== undefined) setOwn(out, key, value);
  }
  return out;
}

function comparableMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (serverSet.has(key) || value === undefined) continue;
    if ((key === 'labels' || key === 'annotations') && isRecord(value)) {
      const kept = Object.entries(value).filter(([name]) => !hidden[key].has(name));
      if (kept.length > 0) out[key] = Object.fromEntries(kept);
    } else if (!(Array.isArray(value) && value.length === 0)) setOwn(out, key, value);
  }
  return out;
}

/** Both sides of a step, ready to be compared and shown. */
export interface Pair {
  readonly live: Record<string, unknown> | undefined;
  readonly predicted: Record<string, unknown>;
}

/**
 * Both sides as a plan may show them. In a Secret every value stands as `<id>` of the Git blob that it comes from; a live value
 * that differs from it as `<live>`, and one that is equal as `<unchanged>`. Nothing else of a value comes through, not its length.
 */
export function planPair(live: KubeObject | undefined, predicted: KubeObject, blob: string): Pair {
  const after = comparable(predicted);
  const before = live === undefined ? undefined : comparable(live);
  if (!isSecret(predicted)) return { live: before, predicted: after };
  for (const key of ['data', 'stringData']) {
    const values = { before: before?.[key], after: after[key] };
    if (before !== undefined && values.before !== undefined) before[key] = maskValues(values.before, values.after, '<live>');
    if (values.after !== undefined) after[key] = maskValues(values.after, values.before, `<${blob}>`);
  }
  return { live: before, predicted: after };
}

function maskValues(values: unknown, other: unknown, mask: string): unknown {
  if (!isRecord(values)) return jsonEqual(values, other) ? '<unchanged>' : mask;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const same = isRecord(other) && Object.hasOwn(other, key) && jsonEqual(value, other[key]);
    setOwn(out, key, same ? '<unchanged>' : mask);
  }
  return out;
}

/** A manifest as it may be hashed and shown: in a Secret the blob id stands for each value. */
export function maskManifest(object: KubeObject, blob: string): unknown {
  if (!isSecret(object)) return object;
  const out: Record<string, unknown> = { ...object };
  for (const key of ['data', 'stringData']) if (out[key] !== undefined) out[key] = maskValues(out[key], undefined, `<${blob}>`);
  const kept = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name !== lastApplied);
  if (object.metadata.annotations !== undefined) out['metadata'] = { ...object.metadata, annotations: Object.fromEntries(kept) };
  return out;
}

/** What a server said about an object, for people. Of a Secret only the reason and the fields: servers quote values. */
export function failureText(object: { apiVersion: string; kind: string }, error: unknown): string {
  if (!isSecret(object)) return error instanceof Error ? error.message : String(error);
  if (!(error instanceof StatusError)) return 'it was refused (what was said is not shown, since it may quote a value)';
  const fields = (error.details?.causes ?? []).map((cause) => cause.field ?? '').filter((field) => field !== '');
  const where = fields.length === 0 ? '' : ` at ${fields.join(', ')}`;
  return `${error.reason}${where} (what was said is not shown, since it may quote a value)`;
}
