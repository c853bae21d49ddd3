import { keyOf, type ObjectKey } from '../api/object.ts';
import { Node, Pod } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { writePodCondition } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { isPodFinished } from './pods/pod-state.ts';

/** A node that is missing for so long will not come back: it may only have been registered anew. */
const quarantineMs = 40_000;

/** Removes the pods of nodes that no longer exist: there is nobody left who could end them. */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  identity: 'pod-garbage-collector',
  reconciles: Node,
  watches: [{ kind: Pod, keysFor: (pod, context) => missingNode(pod as Pod, context) }],
  start(context) {
    const missingSince = new Map<string, number>();
    const podsOf = trackPodsByNode(context.informer(Pod));
    return (key) => reconcile(context, { missingSince, podsOf }, key);
  },
};

interface Memory {
  readonly missingSince: Map<string, number>;
  readonly podsOf: (node: string) => readonly Readonly<Pod>[];
}

async function reconcile(context: Context, { missingSince, podsOf }: Memory, key: ObjectKey): Promise<Result> {
  const pods = podsOf(key.name);
  if (pods.length === 0 || context.informer(Node).get(key) !== undefined) return void missingSince.delete(key.name);
  const now = context.clock.now();
  const since = missingSince.get(key.name) ?? now;
  missingSince.set(key.name, since);
  if (now - since < quarantineMs) return { requeueAfterMs: since + quarantineMs - now };
  if (await exists(context, key)) return void missingSince.delete(key.name);
  for (const pod of pods) await remove(context, pod);
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

async function remove(context: Context, pod: Readonly<Pod>): Promise<void> {
  if (!isPodFinished(pod)) {
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };
    await writePodCondition(context, pod, { condition, phase: 'Failed' });
  }
  try {
    await context.cluster.delete(Pod, keyOf(pod), { uid: pod.metadata.uid ?? '', graceSeconds: 0 });
  } catch (error) {
    // NotFound: it went by itself.
    if (!isNotFound(error)) throw error;
  }
}

/** The node of a pod, where it does not exist. */
function missingNode(pod: Pod, context: Context): readonly ObjectKey[] {
  const key = { namespace: '', name: pod.spec.nodeName ?? '' };
  return key.name === '' || context.informer(Node).get(key) !== undefined ? [] : [key];
}
