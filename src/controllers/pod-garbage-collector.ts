import type { ObjectKey } from '../api/object.ts';
import { Node, Pod } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { nodeCondition } from './nodes/node-health.ts';
import { tellAndDelete, type PodChange } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { EndedPods } from './pod-garbage-collector/ended-pods.ts';
import { isPodFinished } from './pods/pod-state.ts';

/** A node that is missing for so long will not come back: it may only have been registered anew. */
const quarantineMs = 40_000;
/** As upstream's period: so long after there are too many pods that have ended, those beyond are deleted. */
const periodMs = 20_000;
const outOfService = 'node.kubernetes.io/out-of-service';
/** In the queue of nodes, whose names have no slash: all ended pods, and a pod by name. */
const ended = '/ended';
const podMark = 'pod/';

export interface PodGarbageOptions {
  /** How many ended pods stay: 12,500. 0: all. */
  readonly endedPods?: number;
}

/**
 * Removes pods that nobody else would: those of nodes that no longer exist or are out of service, those that were asked to go before they
 * had a node, and the oldest of those that have ended when there are too many.
 */
export function createPodGarbageCollector({ endedPods = 12_500 }: PodGarbageOptions = {}): Controller {
  return {
    name: 'pod-garbage-collector',
    identity: 'pod-garbage-collector',
    reconciles: Node,
    watches: [{ kind: Pod, keysFor: (pod, context) => keysOf(pod as Pod, context) }],
    start(context) {
      const pods = context.informer(Pod);
      const podsOf = trackPodsByNode(pods);
      const tooMany = (count: number): void => {
        if (endedPods > 0 && count > endedPods) context.enqueue({ namespace: '', name: ended }, periodMs);
      };
      const memory: Memory = { missingSince: new Map(), podsOf, surplus: new EndedPods(pods, tooMany), endedPods };
      return (key) => reconcile(context, memory, key);
    },
  };
}

export const podGarbageCollector: Controller = createPodGarbageCollector();

interface Memory {
  readonly missingSince: Map<string, number>;
  readonly podsOf: (node: string) => readonly Readonly<Pod>[];
  readonly surplus: EndedPods;
  readonly endedPods: number;
}

/** The node of a pod, where it does not exist or is out of service; the pod itself, where it goes and has no node. */
function keysOf(pod: Pod, context: Context): readonly ObjectKey[] {
  const key = { namespace: '', name: pod.spec.nodeName ?? '' };
  if (key.name !== '') {
    const node = context.informer(Node).get(key);
    return node === undefined || isOutOfService(node) ? [key] : [];
  }
  if (pod.metadata.deletionTimestamp === undefined) return [];
  return [{ namespace: pod.metadata.namespace ?? '', name: `${podMark}${pod.metadata.name}` }];
}

async function reconcile(context: Context, memory: Memory, key: ObjectKey): Promise<Result> {
  if (key.name === ended) return collectEnded(context, memory);
  if (key.name.startsWith(podMark)) return collectUnscheduled(context, key);
  const node = context.informer(Node).get(key);
  if (node === undefined) return collectOrphans(context, memory, key);
  memory.missingSince.delete(key.name);
  if (!isOutOfService(node)) return;
  for (const pod of memory.podsOf(key.name)) if (pod.metadata.deletionTimestamp !== undefined) await remove(context, pod);
}

/** Somebody has said that the node is off for good, and it is not heard: what was to go from it is gone. */
function isOutOfService(node: Readonly<Node>): boolean {
  return nodeCondition(node, 'Ready')?.status !== 'True' && (node.spec.taints ?? []).some(({ key }) => key === outOfService);
}

async function collectOrphans(context: Context, { missingSince, podsOf }: Memory, key: ObjectKey): Promise<Result> {
  const pods = podsOf(key.name);
  if (pods.length === 0) return void missingSince.delete(key.name);
  const now = context.clock.now();
  const since = missingSince.get(key.name) ?? now;
  missingSince.set(key.name, since);
  if (now - since < quarantineMs) return { requeueAfterMs: since + quarantineMs - now };
  if (await exists(context, key)) return void missingSince.delete(key.name);
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };
  for (const pod of pods) await remove(context, pod, condition);
}

async function exists(context: Context, key: ObjectKey): Promise<boolean> {
  try {
    await context.cluster.get(Node, key);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function collectUnscheduled(context: Context, { namespace, name }: ObjectKey): Promise<Result> {
  const pod = context.informer(Pod).get({ namespace, name: name.slice(podMark.length) });
  if (pod?.metadata.deletionTimestamp === undefined || (pod.spec.nodeName ?? '') !== '') return;
  await remove(context, pod);
}

async function collectEnded(context: Context, { surplus, endedPods }: Memory): Promise<Result> {
  for (const pod of surplus.beyond(endedPods)) await remove(context, pod);
}

/** Nobody else says any more how a pod has ended that was at work. */
async function remove(context: Context, pod: Readonly<Pod>, condition?: PodChange['condition']): Promise<void> {
  const change = isPodFinished(pod) ? undefined : { phase: 'Failed', ...(condition !== undefined && { condition }) };
  await tellAndDelete(context, pod, { graceSeconds: 0, ...(change !== undefined && { change }) });
}
