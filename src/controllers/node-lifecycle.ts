import type { ObjectKey } from '../api/object.ts';
import { Lease, Node, Pod } from '../api/kinds.generated.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { graceMs, nodeCondition, silentConditions, startupGraceMs, wantedTaints } from './nodes/node-health.ts';
import { writePodCondition } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { isPodReady } from './pods/pod-state.ts';

const leaseNamespace = 'kube-node-lease';

interface Loop {
  readonly context: Context;
  /** When each node last gave a sign of life, by our own clock: node clocks may be wrong. */
  readonly seenAt: Map<string, number>;
  readonly podsOf: (node: string) => readonly Readonly<Pod>[];
}

/** A node that neither renews its Lease nor posts its status for 40 s becomes Unknown; taints say to scheduler and pods how each node is. */
export const nodeLifecycle: Controller = {
  name: 'node-lifecycle',
  identity: 'node-controller',
  reconciles: Node,
  watches: [
    { kind: Lease, keysFor: () => [] },
    { kind: Pod, keysFor: () => [] },
  ],
  start(context) {
    const seenAt = new Map<string, number>();
    listen(context, seenAt);
    const loop: Loop = { context, seenAt, podsOf: trackPodsByNode(context.informer(Pod)) };
    return (key) => reconcile(loop, key);
  },
};

function listen(context: Context, seenAt: Map<string, number>): void {
  const { clock } = context;
  context.informer(Lease).onChange((lease, previous) => {
    if (lease?.metadata.namespace !== leaseNamespace || lease.spec.renewTime === previous?.spec.renewTime) return;
    if (seenAt.has(lease.metadata.name)) seenAt.set(lease.metadata.name, clock.now());
  });
  context.informer(Node).onChange((node, previous) => {
    if (node === undefined) return void seenAt.delete(previous?.metadata.name ?? '');
    const beat = nodeCondition(node, 'Ready')?.lastHeartbeatTime;
    const former = previous === undefined ? undefined : nodeCondition(previous, 'Ready')?.lastHeartbeatTime;
    if (previous === undefined || beat !== former) seenAt.set(node.metadata.name, clock.now());
  });
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, seenAt } = loop;
  const node = context.informer(Node).get(key);
  if (node === undefined) return;
  const now = context.clock.now();
  const grace = nodeCondition(node, 'Ready') === undefined ? startupGraceMs : graceMs;
  const leftMs = (seenAt.get(key.name) ?? now) + grace - now;
  const current = leftMs <= 0 ? await markSilent(context, node) : node;
  await taint(context, current);
  if (nodeCondition(current, 'Ready')?.status !== 'True') await markPods(loop, current);
  // The check recurs as long as the node lives; a sign of life after it brings the node's status, and with it the key, back.
  return leftMs > 0 ? { requeueAfterMs: leftMs, upkeep: true } : undefined;
}

async function markSilent(context: Context, node: Readonly<Node>): Promise<Readonly<Node>> {
  const conditions = silentConditions(node, context.clock.now());
  if (jsonEqual(conditions, node.status?.conditions)) return node;
  return context.cluster.update(Node, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' });
}

async function taint(context: Context, node: Readonly<Node>): Promise<void> {
  const taints = wantedTaints(node, context.clock.now());
  if (jsonEqual(taints, node.spec.taints ?? [])) return;
  const { uid, resourceVersion, name } = node.metadata;
  await context.cluster.patch(Node, { namespace: '', name }, { metadata: { uid, resourceVersion }, spec: { taints } });
}

/** Nobody can say that pods of a node are ready which is not: no traffic goes to them. */
async function markPods(loop: Loop, node: Readonly<Node>): Promise<void> {
  const { context } = loop;
  if (nodeCondition(node, 'Ready') === undefined) return;
  const ready = loop.podsOf(node.metadata.name).filter(isPodReady);
  if (ready.length === 0) return;
  context.event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
  for (const pod of ready) {
    const written = await writePodCondition(context, pod, { condition: { type: 'Ready', status: 'False' } });
    if (written) context.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    else context.enqueue({ namespace: '', name: node.metadata.name }, 100);
  }
}
