import { PersistentVolumeClaim, StorageClass } from '../api/kinds.generated.ts';
import { keyOf, type KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { valueAt } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';
import type { Desired } from './desired.ts';

const defaultMark = 'storageclass.kubernetes.io/is-default-class';
/** Of claims that name no class, where nothing says what the cluster's own is. */
const standIn = 'steersman-stand-in';

/**
 * Makes the storage classes that claims of a base need and that no manifest brings: which ones the cluster has, nobody knows, so they are
 * taken for such that let a volume grow.
 */
export async function standClasses(cluster: Cluster, base: readonly Desired[], next: readonly Desired[]): Promise<void> {
  const claims = base.filter(isClaim);
  if (claims.length === 0) return;
  const brought = new Set([...base, ...next].filter(({ object }) => object.kind === 'StorageClass').map(({ ref }) => ref.name));
  const { items } = await cluster.list(StorageClass);
  const there = new Set([...items.map(({ metadata }) => metadata.name), ...brought]);
  const hasDefault = items.some(({ metadata }) => metadata.annotations?.[defaultMark] === 'true');
  const names = new Set(claims.map(({ object }) => valueAt(object, ['spec', 'storageClassName'])));
  for (const name of names) {
    if (typeof name === 'string' && name !== '' && !there.has(name)) await makeClass(cluster, name, {});
    if (name === undefined && !hasDefault) await makeClass(cluster, standIn, { [defaultMark]: 'true' });
  }
}

async function makeClass(cluster: Cluster, name: string, annotations: Record<string, string>): Promise<void> {
  const made = { metadata: { name, annotations }, provisioner: 'steersman.dev/unknown', allowVolumeExpansion: true };
  try {
    await cluster.create(StorageClass, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', ...made });
  } catch (error) {
    // Another application's claims may have asked for it at the same time.
    if (!isAlreadyExists(error)) throw error;
  }
}

/** A claim of a base is bound and as big as it asked to be, as it is in a cluster where the base has settled. */
export async function bindClaim(cluster: Cluster, claim: KubeObject): Promise<void> {
  const capacity = valueAt(claim, ['spec', 'resources', 'requests', 'storage']);
  const status = { phase: 'Bound', ...(capacity === undefined ? {} : { capacity: { storage: capacity } }) };
  await cluster.patch(PersistentVolumeClaim, keyOf(claim), { status }, { subresource: 'status' });
}

export function isClaim({ object }: { readonly object: KubeObject }): boolean {
  return object.kind === 'PersistentVolumeClaim' && object.apiVersion === 'v1';
}
