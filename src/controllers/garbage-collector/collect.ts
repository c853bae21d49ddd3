import { keyOf, splitApiVersion, type Kind, type KubeObject, type ObjectKey, type OwnerReference } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import type { Cluster } from '../../client/cluster.ts';
import { hasFinalizer, removeFinalizer } from '../../reconcile/finalizers.ts';
import { kindId } from '../kinds/served-kinds.ts';
import type { AbsentOwners } from './absent-owners.ts';
import { blockingDependents, foregroundFinalizer, orphanFinalizer, type GraphNode, type OwnerGraph } from './owner-graph.ts';

/** What collecting needs. */
export interface Collection {
  readonly cluster: Cluster;
  readonly graph: OwnerGraph;
  readonly absent: AbsentOwners;
  /** The served kinds, by `group/kind`. */
  kindOf(id: string): Kind | undefined;
  touch(node: GraphNode): void;
}

/**
 * Looks at one object as kube-controller-manager's attemptToDeleteItem: every owner is asked for afresh; without a living one the object goes,
 * else only the references to the dead ones go.
 */
export async function collect(collection: Collection, node: GraphNode): Promise<void> {
  if (node.deletion === 'plain') return;
  if (node.deletion === 'orphan') return orphanDependents(collection, node);
  const kind = collection.kindOf(node.kindId);
  // A kind that is not served (yet): nothing is known of its objects, and what depends on them stays.
  if (kind === undefined) return;
  const key = { namespace: kind.namespaced ? node.key.namespace : '', name: node.key.name };
  const live = await read(collection.cluster, kind, key);
  if (live === undefined || live.metadata.uid !== node.uid) {
    collection.absent.add(node.kindId, key, node.uid);
    collection.graph.remove(node.uid);
    return;
  }
  // It is there; its informer will show it.
  if (node.virtual) return;
  if (node.deletion === 'foreground') return finishForeground(collection, kind, { node, live });
  await checkOwners(collection, kind, { node, live });
}

interface Item {
  readonly node: GraphNode;
  readonly live: Readonly<KubeObject>;
}

/** With the last dependent that blocks, the finalizer goes; until then they are asked to go. */
async function finishForeground(collection: Collection, kind: Kind, { node, live }: Item): Promise<void> {
  const blocking = blockingDependents(node);
  if (blocking.length === 0) {
    await removeFinalizer(collection.cluster, kind, live, foregroundFinalizer);
    return;
  }
  for (const dependent of blocking) if (dependent.deletion !== 'foreground') collection.touch(dependent);
}

async function checkOwners(collection: Collection, kind: Kind, { node, live }: Item): Promise<void> {
  const owners = live.metadata.ownerReferences ?? [];
  if (owners.length === 0) return;
  const found = { solid: 0, dead: new Set<string>(), waiting: 0 };
  for (const owner of owners) {
    const state = await ownerState(collection, live, owner);
    // It cannot be said what such a reference means: the object stays as it is.
    if (state === 'invalid') return;
    if (state === 'solid') found.solid++;
    else {
      found.dead.add(owner.uid);
      if (state === 'waiting') found.waiting++;
    }
  }
  if (found.solid > 0) {
    if (found.dead.size > 0)
      await setOwners(collection.cluster, kind, { live, owners: owners.filter((owner) => !found.dead.has(owner.uid)) });
    return;
  }
  await deleteObject(collection, kind, { node, live, waiting: found.waiting > 0 });
}

async function ownerState(
  { cluster, absent, kindOf }: Collection,
  item: Readonly<KubeObject>,
  owner: OwnerReference,
): Promise<'solid' | 'dangling' | 'waiting' | 'invalid'> {
  const id = kindId(splitApiVersion(owner.apiVersion).group, owner.kind);
  const kind = kindOf(id);
  if (kind === undefined) return 'solid';
  const { namespace = '' } = item.metadata;
  // A namespaced owner of a cluster-scoped object cannot be found by its reference.
  if (kind.namespaced && namespace === '') return 'invalid';
  const key = { namespace: kind.namespaced ? namespace : '', name: owner.name };
  if (absent.has(id, key, owner.uid)) return 'dangling';
  const live = await read(cluster, kind, key);
  if (live?.metadata.uid !== owner.uid) {
    absent.add(id, key, owner.uid);
    return 'dangling';
  }
  return live.metadata.deletionTimestamp !== undefined && hasFinalizer(live, foregroundFinalizer) ? 'waiting' : 'solid';
}

/** An owner that waits, and dependents of one's own: they go first as well. Two that wait for each other would wait for ever, so such a block is lifted. */
async function deleteObject({ cluster }: Collection, kind: Kind, { node, live, waiting }: Item & { waiting: boolean }): Promise<void> {
  let object = live;
  const propagation = waiting && node.dependents.size > 0 ? 'Foreground' : policyOf(live);
  if (waiting && [...node.dependents.values()].some((dependent) => dependent.deletion === 'foreground')) {
    const owners = (live.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    object = await setOwners(cluster, kind, { live, owners });
  }
  const { uid = '', resourceVersion = '' } = object.metadata;
  try {
    await cluster.delete(kind, keyOf(live), { propagation, uid, resourceVersion });
  } catch (error) {
    // NotFound: it went by itself.
    if (!isNotFound(error)) throw error;
  }
}

/** What the object itself asks for by its finalizers. */
function policyOf(live: Readonly<KubeObject>): 'Background' | 'Foreground' | 'Orphan' {
  if (hasFinalizer(live, orphanFinalizer)) return 'Orphan';
  return hasFinalizer(live, foregroundFinalizer) ? 'Foreground' : 'Background';
}

/** Takes the reference to the owner from all its dependents, then lets it go. */
async function orphanDependents(collection: Collection, node: GraphNode): Promise<void> {
  const { cluster, kindOf } = collection;
  for (const dependent of [...node.dependents.values()]) {
    const kind = kindOf(dependent.kindId);
    const live = kind === undefined ? undefined : await read(cluster, kind, dependent.key);
    if (kind === undefined || live?.metadata.uid !== dependent.uid) continue;
    const owners = live.metadata.ownerReferences ?? [];
    const left = owners.filter((owner) => owner.uid !== node.uid);
    if (left.length < owners.length) await setOwners(cluster, kind, { live, owners: left });
  }
  const kind = kindOf(node.kindId);
  const live = kind === undefined ? undefined : await read(cluster, kind, node.key);
  if (kind !== undefined && live?.metadata.uid === node.uid) await removeFinalizer(cluster, kind, live, orphanFinalizer);
}

/** The resourceVersion in the patch makes the server refuse it when somebody else changed the object meanwhile. */
function setOwners(
  cluster: Cluster,
  kind: Kind,
  { live, owners }: { live: Readonly<KubeObject>; owners: readonly OwnerReference[] },
): Promise<Readonly<KubeObject>> {
  const { uid, resourceVersion } = live.metadata;
  return cluster.patch(kind, keyOf(live), { metadata: { uid, resourceVersion, ownerReferences: owners.length === 0 ? null : owners } });
}

async function read(cluster: Cluster, kind: Kind, key: ObjectKey): Promise<Readonly<KubeObject> | undefined> {
  try {
    return await cluster.get(kind, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
