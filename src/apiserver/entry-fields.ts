import type { KubeObject, ObjectKey } from '../api/object.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Entry } from '../store/store.ts';

/** The store's prefix of a whole resource, `apps/deployments/`, or of one namespace of it, `apps/deployments/shop/`. */
export function prefixOf(kind: ResourceKind, namespace = ''): string {
  const { group, plural } = kind.conversion?.stored ?? kind.kind;
  const resource = `${group === '' ? 'core' : group}/${plural}/`;
  return namespace === '' ? resource : `${resource}${namespace}/`;
}
/** The store's key of one object: `<group or core>/<plural>/<namespace>/<name>`. */
export function storeKey(kind: ResourceKind, key: ObjectKey): string {
  return `${prefixOf(kind)}${kind.kind.namespaced ? key.namespace : ''}/${key.name}`;
}
/** Namespace and name of a store key. */
export function keyParts(key: string): ObjectKey {
  const last = key.lastIndexOf('/');
  const before = key.lastIndexOf('/', last - 1);
  return { namespace: key.slice(before + 1, last), name: key.slice(last + 1) };
}

const kept = new WeakMap<ResourceKind, Map<string, WeakMap<Entry<KubeObject>, string>>>();

/** The value of a field that selectors may name, worked out once per entry. '' when the object has none. */
export function fieldOf(kind: ResourceKind, entry: Entry<KubeObject>, field: string): string {
  if (field === 'metadata.name') return keyParts(entry.key).name;
  if (field === 'metadata.namespace') return keyParts(entry.key).namespace;
  let fields = kept.get(kind);
  if (fields === undefined) kept.set(kind, (fields = new Map()));
  let values = fields.get(field);
  if (values === undefined) fields.set(field, (values = new WeakMap()));
  let value = values.get(entry);
  if (value === undefined) values.set(entry, (value = kind.selectableFields[field]?.(entry.value()) ?? ''));
  return value;
}
