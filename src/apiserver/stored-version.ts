import { apiVersionOf, type KubeObject } from '../api/object.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import { withDefaults } from '../schema/defaults.ts';
import { dropUnknown } from '../schema/unknown.ts';
import type { Entry } from '../store/store.ts';
import { madeEntry } from './made-entry.ts';

const several = new WeakMap<ResourceKind, { readonly generation: number; readonly versions: boolean }>();
const converted = new WeakMap<Entry<KubeObject>, Map<string, Entry<KubeObject>>>();
/** Entries of custom kinds as a version of their definition shows them. */
const shown = new WeakMap<ResourceKind, WeakMap<Entry<KubeObject>, Entry<KubeObject>>>();

/**
 * The entry in the version of this kind. Objects of built-in kinds lie in the store in one version. Those of custom kinds lie there as
 * they were written; where a definition serves several versions, reading in another one changes the apiVersion and nothing else
 * (conversion None). What a definition has learnt or forgotten since shows in what is read: defaults, and fields that are no more.
 */
export function inVersion(kinds: KindRegistry, kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  const found = inApiVersion(kinds, kind, entry);
  return kind.custom ? byDefinition(kind, found) : found;
}

function byDefinition(kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  let entries = shown.get(kind);
  if (entries === undefined) shown.set(kind, (entries = new WeakMap()));
  const known = entries.get(entry);
  if (known !== undefined) return known;
  const stored = entry.value();
  const value = withDefaults(kind.schema, dropUnknown(kind.schema, stored).value);
  const found = value === stored ? entry : madeEntry(entry, value);
  entries.set(entry, found);
  return found;
}

function inApiVersion(kinds: KindRegistry, kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  if (kind.conversion === undefined && !hasSeveral(kinds, kind)) return entry;
  const apiVersion = apiVersionOf(kind.kind);
  if (entry.value().apiVersion === apiVersion) return entry;
  let versions = converted.get(entry);
  if (versions === undefined) converted.set(entry, (versions = new Map()));
  let found = versions.get(apiVersion);
  if (found === undefined) versions.set(apiVersion, (found = convert(kind, entry)));
  return found;
}

function hasSeveral(kinds: KindRegistry, kind: ResourceKind): boolean {
  if (!kind.custom) return false;
  const known = several.get(kind);
  if (known?.generation === kinds.generation) return known.versions;
  const { group, plural } = kind.kind;
  const versions = kinds.all().filter((one) => one.kind.group === group && one.kind.plural === plural).length > 1;
  several.set(kind, { generation: kinds.generation, versions });
  return versions;
}

/** The object in the version of this kind; unchanged when it is in it. */
export function valueInVersion(kind: ResourceKind, value: Readonly<KubeObject>): KubeObject {
  const apiVersion = apiVersionOf(kind.kind);
  if (kind.conversion === undefined || value.apiVersion === apiVersion) return value;
  return kind.conversion.fromStored(value);
}
/** The object as it is stored. */
export function storedForm(kind: ResourceKind, value: KubeObject): KubeObject {
  return kind.conversion === undefined || value.apiVersion !== apiVersionOf(kind.kind) ? value : kind.conversion.toStored(value);
}
/** The kind whose rules hold for what is stored: of a version that is converted, the stored one. */
export function storedKind(kinds: KindRegistry, kind: ResourceKind): ResourceKind {
  if (kind.conversion === undefined) return kind;
  const { group, version, plural } = kind.conversion.stored;
  const found = kinds.find(group, version, plural);
  if (found === undefined) throw new Error(`${apiVersionOf(kind.kind)} ${kind.kind.kind} is stored as a kind that is not served`);
  return found;
}

function convert(kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  const stored = entry.value();
  const apiVersion = apiVersionOf(kind.kind);
  return madeEntry(entry, kind.conversion === undefined ? { ...stored, apiVersion } : valueInVersion(kind, stored));
}
