import { ConfigMap, PersistentVolumeClaim, Secret, Service } from '../../api/kinds.generated.ts';
import { apiVersionOf, type Kind, type KubeObject } from '../../api/object.ts';
import { isForbidden } from '../../api/status.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import type { Connection } from '../../client/connect.ts';
import { metadataPages } from './metadata.ts';

/** What each limit of a quota counts, besides pods. Of the first sort the specification matters, of the second only that they are there. */
const whole: readonly (readonly [RegExp, Kind])[] = [
  [/^services($|\.)|^count\/services$/, Service],
  [/persistentvolumeclaims$|requests\.storage$/, PersistentVolumeClaim],
];
const byName: readonly (readonly [RegExp, Kind])[] = [
  [/^(count\/)?configmaps$/, ConfigMap],
  [/^(count\/)?secrets$/, Secret],
];
const ofPods = /^(count\/)?pods$|^(requests\.|limits\.)?(cpu|memory|ephemeral-storage|hugepages-.*)$|^requests\.[^/]+\//;

/** What stands in namespaces with quotas and is counted there. Of what holds data only the names are read. */
export async function countedBy(cluster: Connection, objects: readonly KubeObject[], notes: string[]): Promise<KubeObject[]> {
  const out: KubeObject[] = [];
  for (const [namespace, limits] of limitsIn(objects)) {
    const wanted = (table: typeof whole) => table.filter(([limit]) => limits.some((each) => limit.test(each))).map(([, kind]) => kind);
    for (const kind of wanted(whole))
      out.push(...(await read(kind, namespace, async () => (await cluster.list(kind, { namespace })).items)));
    for (const kind of wanted(byName)) out.push(...(await read(kind, namespace, () => named(cluster, kind, namespace))));
    const unknown = limits.filter((limit) => !ofPods.test(limit) && ![...whole, ...byName].some(([known]) => known.test(limit)));
    if (unknown.length > 0) notes.push(`quotas of ${namespace} also limit ${unknown.join(', ')}: what others use of it is not counted`);
  }
  return out;

  async function read(kind: Kind, namespace: string, list: () => Promise<readonly KubeObject[]>): Promise<readonly KubeObject[]> {
    try {
      return await list();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      notes.push(`${kind.plural} of ${namespace} may not be listed: its quota counts without them`);
      return [];
    }
  }
}

function limitsIn(objects: readonly KubeObject[]): [string, string[]][] {
  const found = new Map<string, Set<string>>();
  for (const object of objects.filter(({ kind }) => kind === 'ResourceQuota')) {
    const { namespace = '' } = object.metadata;
    const hard = valueAt(object, ['spec', 'hard']);
    const limits = found.get(namespace) ?? new Set();
    found.set(namespace, limits);
    for (const limit of Object.keys(isRecord(hard) ? hard : {})) limits.add(limit);
  }
  return [...found].map(([namespace, limits]): [string, string[]] => [namespace, [...limits].sort()]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** As many of the name, with nothing in them. Each namespace makes its own authority's certificate. */
async function named(cluster: Connection, kind: Kind, namespace: string): Promise<KubeObject[]> {
  const all = await metadataPages(cluster, kind, namespace);
  return all
    .filter(({ name }) => name !== 'kube-root-ca.crt')
    .map(({ name }) => ({ apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, namespace } }));
}
