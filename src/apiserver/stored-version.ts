import { apiVersionOf, type KubeObject } from '../api/object.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import { withDefaults } from '../schema/defaults.ts';
import { dropUnknown } from '../schema/unknown.ts';
import type { Entry } from '../store/store.ts';
import { madeEntry } from './made-entry.ts';

/** By the kinds they were read as; entries of built-in kinds lie in the store in one version, and few have another. */
const converted = new WeakMap<Entry<KubeObject>, WeakMap<ResourceKind, Entry<KubeObject>>>();

/**
 * The entry in the version of this kind. Objects lie in the store in one version. Those of custom kinds differ from version to version
 * in their apiVersion alone (conversion None); when the schema has changed since they were written, they lose what it no longer
 * names and get what it fills in now, as upstream does on reading.
 */
export function inVersion(kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  if (kind.custom) return remembered(kind, entry, custom);
  if (kind.conversion === undefined || entry.value().apiVersion === apiVersionOf(kind.kind)) return entry;
  return remembered(kind, entry, convert);
}
function remembered(
  kind: ResourceKind,
  entry: Entry<KubeObject>,
  read: (kind: ResourceKind, entry: Entry<KubeObject>) => Entry<KubeObject>,
): Entry<KubeObject> {
  let kinds = converted.get(entry);
  if (kinds === undefined) converted.set(entry, (kinds = new WeakMap()));
  let found = kinds.get(kind);
  if (found === undefined) kinds.set(kind, (found = read(kind, entry)));
  return found;
}
function custom(kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  const stored = entry.value();
  const value = withDefaults(kind.schema, dropUnknown(kind.schema, stored).value);
  const apiVersion = apiVersionOf(kind.kind);
  if (value === stored && stored.apiVersion === apiVersion) return entry;
  return madeEntry(entry, value.apiVersion === apiVersion ? value : { ...value, apiVersion });
}

/** The object in the version of this kind; unchanged when it is in it. */
export function valueInVersion(kind: ResourceKind, value: Readonly<KubeObject>): KubeObject {
  const apiVersion = apiVersionOf(kind.kind);
  if (kind.conversion === undefined || value.apiVersion === apiVersion) return value;
  return kind.conversion.fromStored(value);
}
/** An object of any version of a custom kind in the version that is stored; of a built-in kind, unchanged. */
export function inStorageVersion(kind: ResourceKind, value: KubeObject): KubeObject {
  const { group, version } = kind.kind;
  if (kind.storageVersion === undefined || kind.storageVersion === version) return value;
  return { ...value, apiVersion: `${group}/${kind.storageVersion}` };
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
  return madeEntry(entry, valueInVersion(kind, entry.value()));
}
