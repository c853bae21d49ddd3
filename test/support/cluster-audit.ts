import { apiVersionOf, splitApiVersion, type KubeObject, type ManagedFieldsEntry } from '../../src/api/object.ts';
import { isRecord } from '../../src/base/json.ts';
import type { ResourceKind } from '../../src/kinds/kind.ts';
import { validate } from '../../src/schema/validate.ts';
import type { Change } from '../../src/store/store.ts';

/** Fails when what was written breaks a rule that holds for every cluster. */
export function auditChanges(changes: readonly Change<KubeObject>[], kinds: readonly ResourceKind[]): void {
  const faults: string[] = [];
  let last = 0;
  const byKind = new Map(kinds.map((kind) => [`${apiVersionOf(kind.kind)}/${kind.kind.kind}`, kind]));
  for (const change of changes) {
    const revision = change.type === 'put' ? change.entry.revision : change.revision;
    if (revision <= last) faults.push(`revision ${revision} came after ${last}`);
    last = revision;
    if (change.type === 'put') faults.push(...objectFaults(change.entry.value(), { key: change.entry.key, revision }, byKind));
  }
  if (faults.length > 0) throw new Error(`the cluster broke ${faults.length} rules:\n${[...new Set(faults)].slice(0, 20).join('\n')}`);
}

function objectFaults(object: KubeObject, at: { key: string; revision: number }, kinds: ReadonlyMap<string, ResourceKind>): string[] {
  const faults: string[] = [];
  if (object.metadata.resourceVersion !== String(at.revision)) {
    faults.push(`${at.key}: resourceVersion ${object.metadata.resourceVersion} at revision ${at.revision}`);
  }
  if (!Object.isFrozen(object)) faults.push(`${at.key} is not frozen`);
  const { group, version } = splitApiVersion(object.apiVersion);
  const kind = kinds.get(`${group === '' ? version : `${group}/${version}`}/${object.kind}`);
  if (kind === undefined) return faults;
  for (const error of validate(kind.schema, object))
    faults.push(`${at.key}: ${error.field}: ${error.detail} (${JSON.stringify(error.value)})`);
  for (const entry of object.metadata.managedFields ?? [])
    faults.push(...ownershipFaults(object, entry).map((fault) => `${at.key}: ${fault}`));
  return faults;
}

/** A manager that wrote another version of the object speaks of the fields of that one. */
function ownershipFaults(object: KubeObject, entry: ManagedFieldsEntry): string[] {
  if (entry.apiVersion !== object.apiVersion) return [];
  return missing(object, entry.fieldsV1 ?? {}, '').map((path) => `${entry.manager} owns ${path}, which is not there`);
}

/** Paths of a field set (structured-merge-diff's FieldsV1) that lead nowhere in the value. */
function missing(value: unknown, fields: Record<string, unknown>, path: string): string[] {
  const found: string[] = [];
  for (const [step, below] of Object.entries(fields)) {
    if (step === '.') continue;
    const next = child(value, step);
    const at = `${path}${step.startsWith('f:') ? `.${step.slice(2)}` : `[${step}]`}`;
    if (next === undefined) found.push(at);
    else if (isRecord(below)) found.push(...missing(next, below, at));
  }
  return found;
}

function child(value: unknown, step: string): unknown {
  const kind = step.slice(0, 2);
  const rest = step.slice(2);
  if (kind === 'f:') return isRecord(value) ? value[rest] : undefined;
  if (!Array.isArray(value)) return undefined;
  if (kind === 'i:') return value[Number(rest)] as unknown;
  const wanted = JSON.parse(rest) as unknown;
  if (kind === 'v:') return value.find((item) => JSON.stringify(item) === JSON.stringify(wanted)) as unknown;
  return value.find(
    (item) => isRecord(item) && isRecord(wanted) && Object.entries(wanted).every(([key, each]) => item[key] === each),
  ) as unknown;
}
