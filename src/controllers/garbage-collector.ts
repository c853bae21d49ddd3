import type { ObjectKey, OwnerReference } from '../api/object.ts';
import { CustomResourceDefinition } from '../api/kinds.generated.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { AbsentOwners } from './garbage-collector/absent-owners.ts';
import { collect, type Collection } from './garbage-collector/collect.ts';
import { FollowedKinds } from './garbage-collector/followed-kinds.ts';
import { OwnerGraph, type GraphNode } from './garbage-collector/owner-graph.ts';
import { customKind, kindId, servedKinds } from './kinds/served-kinds.ts';

/** Keys of the queue beside the names of definitions; no namespace is called so. */
const kindsKey: ObjectKey = { namespace: '#kinds', name: 'all' };
const uidSpace = '#uid';
/** Events are many, own nothing and are owned by nothing, as upstream leaves them out. */
const ignored = new Set([kindId('', 'Event'), kindId('events.k8s.io', 'Event')]);
/** How soon a graph that is not complete yet is tried again. */
const retryMs = 100;

interface Loop extends Collection {
  readonly context: Context;
  readonly followed: FollowedKinds;
  begun: boolean;
}

/**
 * Deletes objects whose owners are gone, in all kinds that are served; lets owners go that wait for their dependents (foreground), and
 * frees the dependents of those that are deleted alone (orphan).
 */
export const garbageCollector: Controller = {
  name: 'garbage-collector',
  identity: 'generic-garbage-collector',
  reconciles: CustomResourceDefinition,
  concurrency: 20,
  start(context) {
    const touch = (node: GraphNode): void => context.enqueue({ namespace: uidSpace, name: node.uid });
    const graph = new OwnerGraph({ touch, invalidOwner: (dependent, owner) => tellInvalid(context, dependent, owner) });
    const followed = new FollowedKinds(context, graph);
    const kindOf = (id: string) => followed.kindOf(id);
    const loop: Loop = { context, cluster: context.cluster, graph, absent: new AbsentOwners(), followed, kindOf, touch, begun: false };
    context.enqueue(kindsKey);
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  if (key.namespace === uidSpace) return visit(loop, key.name);
  if (key.namespace === kindsKey.namespace) return begin(loop);
  const definition = loop.context.informer(CustomResourceDefinition).get(key);
  if (!loop.begun) return;
  if (definition === undefined) return unfollowPlural(loop, key.name);
  const kind = customKind(definition);
  if (kind !== undefined) loop.followed.follow(kind, { shared: false });
}

async function visit(loop: Loop, uid: string): Promise<Result> {
  const node = loop.graph.get(uid);
  if (node === undefined) return;
  if (!loop.begun || !loop.followed.complete) return { requeueAfterMs: retryMs };
  await collect(loop, node);
}

async function begin(loop: Loop): Promise<void> {
  const kinds = await servedKinds(loop.context);
  const definitions = loop.context.informer(CustomResourceDefinition).list();
  const custom = new Set(definitions.map((definition) => kindId(definition.spec.group, definition.spec.names.kind)));
  for (const kind of kinds) {
    const id = kindId(kind.group, kind.kind);
    if (!ignored.has(id)) loop.followed.follow(kind, { shared: !custom.has(id) });
  }
  loop.begun = true;
}

/** A definition is named `<plural>.<group>`. */
function unfollowPlural(loop: Loop, name: string): void {
  const dot = name.indexOf('.');
  loop.followed.unfollowResource(name.slice(dot + 1), name.slice(0, dot));
}

function tellInvalid(context: Context, dependent: GraphNode, owner: OwnerReference): void {
  const { namespace, name } = dependent.key;
  const about = {
    apiVersion: dependent.apiVersion,
    kind: dependent.kindId.slice(dependent.kindId.indexOf('/') + 1),
    metadata: { name, uid: dependent.uid, ...(namespace === '' ? {} : { namespace }) },
  };
  const named = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
  context.event(about, 'Warning', 'OwnerRefInvalidNamespace', `ownerRef ${named} does not exist in namespace "${namespace}"`);
}
