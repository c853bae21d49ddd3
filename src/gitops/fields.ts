import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import { canonicalJson, isRecord, jsonEqual, setOwn } from '../base/json.ts';

/** A set of fields as managedFields writes it (`f:name`, `k:{"name":"x"}`, `v:"x"`, `.`). */
export interface Fields {
  readonly [step: string]: Fields;
}
/** Steps of `Fields` from the root to one field; `.` is never part of it. */
export type FieldPath = readonly string[];

/** What a manager owns by one way of writing of the main resource; undefined when it owns nothing so. */
export function fieldsOf(object: KubeObject | undefined, manager: string, operation: 'Apply' | 'Update' = 'Apply'): Fields | undefined {
  const entry = object?.metadata.managedFields?.find(
    (each) => each.manager === manager && each.operation === operation && (each.subresource ?? '') === '',
  );
  return entry === undefined ? undefined : (entry.fieldsV1 as Fields | undefined);
}

/** Every owned field: places without members, and entries and maps owned as such (`.`). In the set's order. */
export function leavesOf(fields: Fields, base: FieldPath = []): FieldPath[] {
  const out: FieldPath[] = [];
  const steps = Object.keys(fields);
  if (steps.length === 0 && base.length > 0) return [base];
  for (const step of steps) {
    if (step === '.') out.push(base);
    else out.push(...leavesOf(fields[step] as Fields, [...base, step]));
  }
  return out;
}

/** The part of the set at a field: empty where the field, or one above it, is owned as a whole; undefined where the set does not lead there. */
function partAt(fields: Fields | undefined, path: FieldPath): Fields | undefined {
  let at = fields;
  for (const [index, step] of path.entries()) {
    if (at === undefined || (index > 0 && Object.keys(at).length === 0)) return at;
    at = Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

/** True when the set holds the field itself, or one above it that is owned as a whole. */
export function owns(fields: Fields | undefined, path: FieldPath): boolean {
  const part = partAt(fields, path);
  return part !== undefined && (Object.keys(part).length === 0 || Object.hasOwn(part, '.'));
}

/** True when the set holds the field, something above it as a whole, or anything below it. */
export function touches(fields: Fields | undefined, path: FieldPath): boolean {
  return partAt(fields, path) !== undefined;
}

/** The value at a field path; undefined where there is none. */
export function fieldValue(value: unknown, path: FieldPath): unknown {
  let at = value;
  for (const step of path) {
    at = stepInto(at, step);
    if (at === undefined) return undefined;
  }
  return at;
}

function stepInto(value: unknown, step: string): unknown {
  const text = step.slice(2);
  if (step.startsWith('f:')) return isRecord(value) && Object.hasOwn(value, text) ? value[text] : undefined;
  const index = indexOfStep(value, step);
  return index < 0 ? undefined : (value as unknown[])[index];
}
/** Where in a list a `k:`, `v:` or `i:` step stands; -1 when it does not. */
export function indexOfStep(value: unknown, step: string): number {
  if (!Array.isArray(value)) return -1;
  const wanted: unknown = JSON.parse(step.slice(2));
  if (step.startsWith('i:')) return Number(wanted) < value.length ? Number(wanted) : -1;
  if (step.startsWith('v:')) return value.findIndex((item) => jsonEqual(item, wanted));
  if (!isRecord(wanted)) return -1;
  return value.findIndex((item) => isRecord(item) && Object.entries(wanted).every(([key, part]) => jsonEqual(item[key], part)));
}

/** The part of a value that a set names. A field owned as a whole comes whole; a keyed entry keeps its keys. */
export function restrict(value: unknown, fields: Fields): unknown {
  const steps = Object.keys(fields).filter((step) => step !== '.');
  if (steps.length === 0) return Object.hasOwn(fields, '.') && isRecord(value) ? {} : value;
  if (Array.isArray(value)) return restrictList(value, fields, steps);
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const step of steps) {
    const name = step.slice(2);
    if (Object.hasOwn(value, name)) setOwn(out, name, restrict(value[name], fields[step] as Fields));
  }
  return out;
}

function restrictList(value: readonly unknown[], fields: Fields, steps: readonly string[]): unknown[] {
  const found = steps.map((step) => ({ step, index: indexOfStep(value, step) })).filter(({ index }) => index >= 0);
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ step, index }) => {
      const part = restrict(value[index], fields[step] as Fields);
      if (!step.startsWith('k:') || !isRecord(part)) return part;
      return { ...(JSON.parse(step.slice(2)) as Record<string, unknown>), ...part };
    });
}

/** All fields of both. */
export function unite(a: Fields, b: Fields): Fields {
  const out: Record<string, Fields> = {};
  for (const step of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
    const left = Object.hasOwn(a, step) ? a[step] : undefined;
    const right = Object.hasOwn(b, step) ? b[step] : undefined;
    // a field owned as a whole beside its members: the members are enough to keep both
    setOwn(out, step, left === undefined ? (right as Fields) : right === undefined ? left : unite(left, right));
  }
  return out;
}

/** The set of some fields; the reverse of `leavesOf`. */
export function fieldsFrom(paths: readonly FieldPath[]): Fields {
  let out: Fields = {};
  for (const path of paths) {
    const inner: Fields = path.at(-1)?.startsWith('f:') === true ? {} : { '.': {} };
    out = unite(
      out,
      path.reduceRight<Fields>((below, step) => ({ [step]: below }), inner),
    );
  }
  return out;
}

/** As people write a field: `spec.template.spec.containers[name="web"].image`, `metadata.labels[app.kubernetes.io/name]`. */
export function fieldText(path: FieldPath): string {
  let out = '';
  for (const step of path) {
    const text = step.slice(2);
    if (step.startsWith('f:')) out += /^[\w-]+$/.test(text) ? `${out === '' ? '' : '.'}${text}` : `[${text}]`;
    else if (step.startsWith('k:')) out += `[${keyText(text)}]`;
    else out += `[${text}]`;
  }
  return out;
}
function keyText(json: string): string {
  const keys = JSON.parse(json) as Record<string, unknown>;
  return Object.entries(keys)
    .map(([key, value]) => `${key}=${canonicalJson(value)}`)
    .join(',');
}

/** Who owns a field besides us: the entry that was written last. */
export function otherOwner(object: KubeObject, path: FieldPath, ours: string): ManagedFieldsEntry | undefined {
  let last: ManagedFieldsEntry | undefined;
  for (const entry of object.metadata.managedFields ?? []) {
    if (entry.manager === ours && entry.operation === 'Apply') continue;
    if (!owns(entry.fieldsV1 as Fields | undefined, path)) continue;
    if (last === undefined || (entry.time ?? '') >= (last.time ?? '')) last = entry;
  }
  return last;
}
