import type { KubeObject } from '../api/object.ts';
import { canonicalJson, isRecord } from '../base/json.ts';
import { compare } from './compare.ts';
import { difference, union, type FieldSet } from './field-set.ts';
import { appliedFields } from './owned-fields.ts';
import type { Schema } from './schema.ts';

/** Where client-side apply of kubectl keeps what it applied. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
const largestAnnotations = 256 * 1024;

export function hasLastApplied(object: KubeObject): boolean {
  return (object.metadata.annotations?.[lastAppliedAnnotation] ?? '') !== '';
}

/**
 * Fields that client-side apply wrote and nobody changed since: kubectl may take them over without force, which is how
 * an object moves to server-side apply. Undefined when there are none or the annotation cannot be read.
 */
export function allowedByLastApplied(schema: Schema, live: KubeObject): FieldSet | undefined {
  const last = parse(live.metadata.annotations?.[lastAppliedAnnotation]);
  if (last === undefined) return undefined;
  const { added, modified } = compare(schema, live, last);
  return difference(appliedFields(schema, last), union(added, modified));
}
function parse(text: string | undefined): object | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    // Somebody wrote the annotation by hand; then nothing is allowed by it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The object with the annotation telling what was applied now, so that client-side apply can go on from here. */
export function withLastApplied<T extends KubeObject>(object: T, applied: KubeObject): T {
  const { annotations = {}, managedFields: _entries, ...metadata } = applied.metadata;
  const { [lastAppliedAnnotation]: _last, ...kept } = annotations;
  const text = `${canonicalJson({ ...applied, metadata: { ...metadata, ...(Object.keys(kept).length > 0 && { annotations: kept }) } })}\n`;
  const all = { ...object.metadata.annotations, [lastAppliedAnnotation]: text };
  const size = Object.entries(all).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > largestAnnotations) all[lastAppliedAnnotation] = '';
  return { ...object, metadata: { ...object.metadata, annotations: all } };
}
