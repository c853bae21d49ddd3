import type { ObjectKey } from '../api/object.ts';
import { Lease, Node, Pod } from '../api/kinds.generated.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { isDrivingOut, missingLabels, nodeCondition, silentConditions, wantedTaints } from './nodes/node-health.ts';
import { writePodCondition } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { Zones, type EvictionRates } from './nodes/zones.ts';
import { isPodReady, readyCondition } from './pods/pod-state.ts';

const leaseNamespace = 'kube-node-lease';

/** How long nodes may be silent, and how fast those that are get emptied. The defaults are kube-controller-manager's. */
export interface NodeMonitorOptions extends EvictionRates {
  /** 50 s. */
  readonly graceMs?: number;
  /** For a node that never said how it is: 60 s. */
  readonly startupGraceMs?: number;
}

interface Loop {
  readonly context: Context;
  readonly graceMs: number;
  readonly startupGraceMs: number;
  /** When each node last gave a sign of life, by our own clock: node clocks may be wrong. */
  readonly seenAt: Map<string, number>;
  readonly podsOf: (node: string) => readonly Readonly<Pod>[];
  readonly zones: Zones;
}

/**
 * A node that neither renews its Lease nor posts its status becomes Unknown; taints say to scheduler and pods how each node is. Those that
 * drive pods out come to one node of a zone after the other, and not at all when no node is heard any more.
 */
export function createNodeLifecycle(options: NodeMonitorOptions = {}): Controller {
  const { graceMs = 50_000, startupGraceMs = 60_000, ...rates } = options;
  return {
    name: 'node-lifecycle',
    identity: 'node-controller',
    reconciles: Node,
    concurrency: 8,
    watches: [
      { kind: Lease, keysFor: () => [] },
      { kind: Pod, keysFor: (pod, context) => failedNode(pod as Pod, context) },
    ],
    start(context) {
      const seenAt = new Map<string, number>();
      const zones = new Zones(context.clock, rates, {
        again: (nodes) => nodes.forEach((name) => context.enqueue({ namespace: '', name })),
        recovered: () => [...seenAt.keys()].forEach((name) => seenAt.set(name, context.clock.now())),
      });
      listen(context, seenAt, zones);
      const podsOf = trackPodsByNode(context.informer(Pod));
      const loop: Loop = { context, graceMs, startupGraceMs, seenAt, podsOf, zones };
      return (key) => reconcile(loop, key);
    },
  };
}

export const nodeLifecycle: Controller = createNodeLifecycle();

/** The node of a pod that says it is ready, though its node is not. */
function failedNode(pod: Pod, context: Context): readonly ObjectKey[] {
  const key = { namespace: '', name: pod.spec.nodeName ?? '' };
  if (key.name === '' || !isPodReady(pod)) return [];
  const ready = readyOf(context.informer(Node).get(key));
  return ready === undefined || ready === 'True' ? [] : [key];
}
function readyOf(node: Readonly<Node> | undefined): string | undefined {
  return node === undefined ? undefined : nodeCondition(node, 'Ready')?.status;
}

function listen(context: Context, seenAt: Map<string, number>, zones: Zones): void {
  const { clock } = context;
  context.informer(Lease).onChange((lease, previous) => {
    if (lease?.metadata.namespace !== leaseNamespace || lease.spec.renewTime === previous?.spec.renewTime) return;
    if (seenAt.has(lease.metadata.name)) seenAt.set(lease.metadata.name, clock.now());
  });
  context.informer(Node).onChange((node, previous) => {
    if (node === undefined) return gone(previous as Node);
    const { name } = node.metadata;
    if (previous === undefined) tellNode(context, node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    const beat = nodeCondition(node, 'Ready')?.lastHeartbeatTime;
    const former = previous === undefined ? undefined : nodeCondition(previous, 'Ready')?.lastHeartbeatTime;
    if (previous === undefined || beat !== former) seenAt.set(name, clock.now());
    zones.observe(node, readyOf(node) === 'True');
  });
  const gone = (node: Readonly<Node>): void => {
    const { name } = node.metadata;
    seenAt.delete(name);
    zones.forget(name);
    tellNode(context, node, 'RemovingNode', `Removing Node ${name} from Controller`);
  };
}

function tellNode(context: Context, node: Readonly<Node>, reason: string, what: string): void {
  context.event(node, 'Normal', reason, `Node ${node.metadata.name} event: ${what}`);
}

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, seenAt, zones } = loop;
  const node = context.informer(Node).get(key);
  if (node === undefined) return;
  const now = context.clock.now();
  const grace = readyOf(node) === undefined ? loop.startupGraceMs : loop.graceMs;
  const leftMs = (seenAt.get(key.name) ?? now) + grace - now;
  const current = leftMs <= 0 ? await markSilent(context, node) : node;
  zones.observe(current, readyOf(current) === 'True');
  const turnMs = await taint(loop, current);
  await label(context, current);
  const ready = readyOf(current);
  if (ready !== 'True' && ready !== undefined) await markPods(loop, current);
  if (turnMs > 0 && turnMs !== Infinity) return { requeueAfterMs: leftMs > 0 ? Math.min(turnMs, leftMs) : turnMs };
  // The check recurs as long as the node lives; a sign of life after it brings the node's status, and with it the key, back.
  return leftMs > 0 ? { requeueAfterMs: leftMs, upkeep: true } : undefined;
}

async function markSilent(context: Context, node: Readonly<Node>): Promise<Readonly<Node>> {
  const conditions = silentConditions(node, context.clock.now());
  if (jsonEqual(conditions, node.status?.conditions)) return node;
  const written = await context.cluster.update(Node, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' });
  if (readyOf(node) === 'True') {
    context.event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
  }
  return written;
}

/** Answers how long it is until pods may be driven out: 0 when they are, or need not be. */
async function taint({ context, zones }: Loop, node: Readonly<Node>): Promise<number> {
  const ready = readyOf(node);
  const failed = ready !== 'True' && ready !== undefined;
  const settled = !failed || (isDrivingOut(node) && !zones.stopped);
  // Also one whose taint came though its write seemed to fail: it stands in nobody's way.
  if (settled) zones.leave(node.metadata.name);
  const turnMs = settled ? 0 : zones.waitMs(node.metadata.name);
  const taints = wantedTaints(node, context.clock.now(), turnMs === 0);
  if (jsonEqual(taints, node.spec.taints ?? [])) return turnMs;
  const { uid, resourceVersion, name } = node.metadata;
  await context.cluster.patch(Node, { namespace: '', name }, { metadata: { uid, resourceVersion }, spec: { taints } });
  return turnMs;
}

async function label(context: Context, node: Readonly<Node>): Promise<void> {
  const labels = missingLabels(node);
  if (Object.keys(labels).length === 0) return;
  const { uid, name } = node.metadata;
  await context.cluster.patch(Node, { namespace: '', name }, { metadata: { uid, labels } });
}

/** Nobody can say that pods of a node are ready which is not: no traffic goes to them. */
async function markPods(loop: Loop, node: Readonly<Node>): Promise<void> {
  const { context } = loop;
  for (const pod of loop.podsOf(node.metadata.name).filter(isPodReady)) {
    const { type, reason, message } = readyCondition(pod) ?? { type: 'Ready' };
    const said = { ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) };
    const written = await writePodCondition(context, pod, { condition: { type, status: 'False', ...said } });
    if (written) context.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    else context.enqueue({ namespace: '', name: node.metadata.name }, 100);
  }
}
