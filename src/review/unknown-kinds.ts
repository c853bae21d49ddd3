import { splitApiVersion, type KubeObject } from '../api/object.ts';
import type { Origin } from '../api/plan.ts';
import { isRecord, valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import { removedVersion } from '../api/removed-versions.ts';
import type { ManifestLike } from '../gitops/desired.ts';

/** A kind of users whose definition is nowhere to be found, as far as manifests show it. */
export interface UnknownKind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  readonly objects: number;
  /** Of the first object. */
  readonly origin: Origin;
}

/** Groups of users have a dot, and this server has nothing of its own in them. */
async function isCustom(cluster: Pick<Cluster, 'kinds'>): Promise<(object: KubeObject) => boolean> {
  const own = new Set(
    (await cluster.kinds()).filter(({ group }) => !group.includes('.') || group.endsWith('.k8s.io')).map(({ group }) => group),
  );
  return ({ apiVersion, kind }) => {
    const { group } = splitApiVersion(apiVersion);
    return group.includes('.') && !own.has(group) && removedVersion(apiVersion, kind) === undefined;
  };
}

/** Kinds of users that neither the cluster serves nor a definition among the manifests brings; by name. */
export async function unknownKinds(cluster: Pick<Cluster, 'kindOf' | 'kinds'>, manifests: readonly ManifestLike[]): Promise<UnknownKind[]> {
  const defined = new Set(manifests.flatMap(({ object }) => definedBy(object)));
  const byName = new Map<string, ManifestLike[]>();
  const custom = await isCustom(cluster);
  for (const manifest of manifests) {
    const { apiVersion, kind } = manifest.object;
    const { group } = splitApiVersion(apiVersion);
    if (!custom(manifest.object) || defined.has(`${apiVersion} ${kind}`)) continue;
    byName.set(`${group} ${kind}`, [...(byName.get(`${group} ${kind}`) ?? []), manifest]);
  }
  const out: UnknownKind[] = [];
  for (const [, objects] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const first = objects[0] as ManifestLike;
    const served = await Promise.all(objects.map(({ object }) => cluster.kindOf(object)));
    if (served.every((kind) => kind !== undefined)) continue;
    out.push({
      group: splitApiVersion(first.object.apiVersion).group,
      kind: first.object.kind,
      versions: [...new Set(objects.map(({ object }) => splitApiVersion(object.apiVersion).version))].sort(),
      namespaced: isNamespaced(objects.map(({ object }) => object)),
      objects: objects.length,
      origin: first.origin,
    });
  }
  return out;
}

/** The kinds (`apiVersion kind`) that an object defines. */
export function definedBy(object: KubeObject): string[] {
  if (object.kind !== 'CustomResourceDefinition' || !object.apiVersion.startsWith('apiextensions.k8s.io/')) return [];
  const spec = valueAt(object, ['spec']);
  const [group, kind, versions] = [valueAt(spec, ['group']), valueAt(spec, ['names', 'kind']), valueAt(spec, ['versions'])];
  const all = Array.isArray(versions) ? versions.filter(isRecord) : [];
  return all
    .filter((version) => version['served'] !== false)
    .map((version) => `${String(group)}/${String(version['name'])} ${String(kind)}`);
}

/** What names a namespace anywhere has one; kinds that begin with Cluster or end with Class mostly have none. */
function isNamespaced(objects: readonly KubeObject[]): boolean {
  if (objects.some(({ metadata }) => (metadata.namespace ?? '') !== '')) return true;
  return !objects.every(({ kind }) => /^Cluster|Class$/.test(kind));
}

/** A definition under which every object of the kind is taken as it is written. */
export function acceptingDefinition({ group, kind, versions, namespaced }: UnknownKind): KubeObject {
  const singular = kind.toLowerCase();
  const plural = pluralOf(singular);
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const spec = {
    group,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    names: { kind, plural, singular, listKind: `${kind}List` },
    versions: versions.map((name, at) => ({ name, served: true, storage: at === 0, schema })),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, taken as written' } },
    spec,
  } as KubeObject;
}

function pluralOf(singular: string): string {
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`;
}
