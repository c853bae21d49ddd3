import { apiVersionOf, splitApiVersion, type KubeObject } from '../api/object.ts';
import type { KindRegistry, ResourceKind } from '../kinds/kind.ts';
import type { Versions } from '../schema/versions.ts';
import { storedForm, storedKind, valueInVersion } from './stored-version.ts';

/** The versions in which objects of this kind can be told, for managers that wrote in another one. */
export function versionsOf(kinds: KindRegistry, kind: ResourceKind): Versions {
  const find = (apiVersion: string): ResourceKind | undefined => {
    const { group, version } = splitApiVersion(apiVersion);
    const found = kinds.find(group, version, kind.kind.plural);
    return found !== undefined && isSame(kinds, found, kind) ? found : undefined;
  };
  return {
    schemaOf: (apiVersion) => find(apiVersion)?.schema,
    convert: (object, apiVersion) => {
      const [from, to] = [find((object as KubeObject).apiVersion), find(apiVersion)];
      if (from === undefined || to === undefined) throw new Error(`${kind.kind.plural} are not served in ${apiVersion}`);
      if (kind.custom) return { ...object, apiVersion };
      return valueInVersion(to, storedForm(from, object as KubeObject));
    },
  };
}

/** Two versions of one kind: of one definition, or stored as the same kind. */
function isSame(kinds: KindRegistry, a: ResourceKind, b: ResourceKind): boolean {
  if (a.kind.group === b.kind.group) return true;
  return apiVersionOf(storedKind(kinds, a).kind) === apiVersionOf(storedKind(kinds, b).kind);
}
