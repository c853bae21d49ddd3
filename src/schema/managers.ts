import type { ManagedFieldsEntry } from '../api/object.ts';
import { parseTime } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { collapseFields } from './collapse-fields.ts';
import { isEmptySet, sorted, union, type FieldSet } from './field-set.ts';
import { schemaIn, type OwnVersion } from './versions.ts';

/** One field manager: who, how and at which version, and what it owns. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** What it was read from; whoever changes the manager leaves it out. */
  readonly entry?: ManagedFieldsEntry;
}
/** By identity; never changed, each step makes a new one. */
export type Managers = ReadonlyMap<string, Manager>;

/** An applier is one and the same at every version; an updater is another one at each. */
export function identityOf(manager: Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion;
  return `${manager.name}\0${manager.operation}\0${version}\0${manager.subresource}`;
}

/** As messages name a manager: `"kubectl" using apps/v1`, `"flux"`, `"agent" with subresource "status" using v1`. */
export function managerText(manager: Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const within = manager.subresource === '' ? '' : ` with subresource ${JSON.stringify(manager.subresource)}`;
  const using = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : '';
  return JSON.stringify(manager.name) + within + using;
}

/** Reads managedFields of a stored object, which may be older than its schema; undefined when an entry is none. */
export function readManagers(version: OwnVersion, entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers = decode(entries, () => true);
  // Only the schema of a custom kind can change under its objects.
  if (managers === undefined || version.schema.custom !== true) return managers;
  return new Map(
    [...managers].map(([identity, manager]) => {
      const schema = schemaIn(version, manager.apiVersion);
      return [identity, schema === undefined ? manager : owning(manager, collapseFields(schema, manager.fields))];
    }),
  );
}
/** Reads managedFields that a client may have written, fields and all; undefined when an entry is none. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  return decode(entries, isFieldSet);
}
function decode(entries: readonly ManagedFieldsEntry[] | undefined, isSound: (fields: unknown) => boolean): Managers | undefined {
  const managers = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    const manager = decodeEntry(entry, isSound);
    if (manager === undefined) return undefined;
    managers.set(identityOf(manager), manager);
  }
  return managers;
}
function decodeEntry(entry: ManagedFieldsEntry, isSound: (fields: unknown) => boolean): Manager | undefined {
  const { manager = '', operation, apiVersion = '', time, fieldsType, fieldsV1 = {}, subresource = '' } = entry;
  if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  // Read as what it was checked to be, now or when it was stored.
  const fields = fieldsV1 as FieldSet;
  return isSound(fieldsV1) ? { name: manager, operation, apiVersion, subresource, time, fields, entry } : undefined;
}
function isFieldSet(value: unknown): value is FieldSet {
  if (!isRecord(value)) return false;
  for (const element in value) {
    if (element !== '.' && !/^(?:[fkvi]):/.test(element)) return false;
    if (element.startsWith('k:') && !isKey(element)) return false;
    if (!isFieldSet(value[element])) return false;
  }
  return true;
}
function isKey(element: string): boolean {
  try {
    return isRecord(JSON.parse(element.slice(2)));
  } catch (error) {
    // A client may write what it likes; what is no JSON is no key.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** As an object carries them: appliers first, then by time, name, version and subresource. Entries that did not change are shared. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(byPlace).map((manager) => manager.entry ?? encodeEntry(manager));
}
function encodeEntry({ name, operation, apiVersion, time, subresource, fields }: Manager): ManagedFieldsEntry {
  return {
    manager: name,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(fields) as Record<string, unknown>,
    ...(subresource !== '' && { subresource }),
  };
}
/** The manager owning these fields now. */
export function owning(manager: Manager, fields: FieldSet): Manager {
  if (fields === manager.fields) return manager;
  const { entry: _entry, ...rest } = manager;
  return { ...rest, fields };
}
function byPlace(a: Manager, b: Manager): number {
  const seconds = (time: string | undefined) => Math.floor((parseTime(time) ?? 0) / 1000);
  return (
    byText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    byText(a.name, b.name) ||
    byText(a.apiVersion, b.apiVersion) ||
    byText(a.subresource, b.subresource)
  );
}
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The managers with this one as given; without it when it owns nothing. */
export function withManager(managers: Managers, manager: Manager): Managers {
  const out = new Map(managers);
  const identity = identityOf(manager);
  if (isEmptySet(manager.fields)) out.delete(identity);
  else out.set(identity, manager);
  return out;
}

const mostUpdaters = 10;
const ancient = 'ancient-changes';

/** Merges the oldest updaters of one version into `ancient-changes` until there are no more than ten (apiserver, capManagersManager). */
export function capUpdaters(managers: Managers): Managers {
  const updaters = [...managers.entries()].filter(([, { operation }]) => operation === 'Update');
  if (updaters.length <= mostUpdaters) return managers;
  const out = new Map(managers);
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [identity, manager] of updaters.sort(([, a], [, b]) => byPlace(a, b))) {
    if (count <= mostUpdaters) break;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, identity);
      continue;
    }
    const { entry: _entry, ...rest } = manager;
    const bucket: Manager = { ...rest, name: ancient, subresource: '' };
    const at = identityOf(bucket);
    const held = out.get(at) ?? out.get(first);
    if (!out.has(at)) out.delete(first);
    out.delete(identity);
    out.set(at, { ...bucket, fields: held === undefined ? manager.fields : union(held.fields, manager.fields) });
    count--;
  }
  return out;
}
