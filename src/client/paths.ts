import type { Kind, ObjectKey } from '../api/object.ts';

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
}

/** The path of a kind's collection, in one namespace or across all ('' or undefined). */
export function collectionPath(kind: Kind, namespace?: string): string {
  const scope = kind.namespaced && namespace !== undefined && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupVersionPath(kind)}${scope}/${kind.plural}`;
}

/** The path of one object or of its subresource. @throws Error for a name or a namespace that is missing */
export function objectPath(kind: Kind, key: ObjectKey, subresource?: string): string {
  if (key.name === '') throw new Error(`a ${kind.kind} cannot be named without its name`);
  if (kind.namespaced && key.namespace === '') throw new Error(`${kind.kind} ${key.name} cannot be named without its namespace`);
  const path = `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** A query string of the members that are set, in their order. */
export function queryText(members: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) if (value !== undefined && value !== '') query.append(name, String(value));
  return query.toString();
}
