import { apiVersionOf, type KubeObject } from '../api/object.ts';
import { deepFreeze } from '../base/json.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import type { Entry } from '../store/store.ts';
import { encodeText } from './answer.ts';

const several = new WeakMap<ResourceKind, { readonly generation: number; readonly versions: boolean }>();
const converted = new WeakMap<Entry<KubeObject>, Map<string, Entry<KubeObject>>>();

/**
 * The entry in the version of this kind. Objects lie in the store as they were written; where a definition serves several
 * versions, reading in another one changes the apiVersion and nothing else (conversion None).
 */
export function inVersion(kinds: KindRegistry, kind: ResourceKind, entry: Entry<KubeObject>): Entry<KubeObject> {
  if (!hasSeveral(kinds, kind)) return entry;
  const apiVersion = apiVersionOf(kind.kind);
  if (entry.value().apiVersion === apiVersion) return entry;
  let versions = converted.get(entry);
  if (versions === undefined) converted.set(entry, (versions = new Map()));
  let found = versions.get(apiVersion);
  if (found === undefined) versions.set(apiVersion, (found = convert(entry, apiVersion)));
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

function convert(entry: Entry<KubeObject>, apiVersion: string): Entry<KubeObject> {
  const value = deepFreeze({ ...entry.value(), apiVersion });
  const { key, labels, created, revision } = entry;
  return { key, labels, created, revision, json: encodeText(JSON.stringify(value)), value: () => value };
}
