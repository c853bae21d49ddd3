import { keyOf, type ObjectKey } from '../api/object.ts';
import { Node, Pod } from '../api/kinds.generated.ts';
import { isNotFound } from '../api/status.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { writePodCondition } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { evictionTime, executingTaints } from './nodes/tolerations.ts';
import { isPodActive } from './pods/pod-state.ts';

/** Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer: tolerationSeconds after the taint came. */
export const taintEviction: Controller = {
  name: 'taint-eviction',
  identity: 'node-controller',
  reconciles: Node,
  watches: [{ kind: Pod, keysFor: (pod, context) => taintedNode(pod as Pod, context) }],
  start(context) {
    const podsOf = trackPodsByNode(context.informer(Pod));
    return (key) => reconcile(context, podsOf, key);
  },
};

async function reconcile(context: Context, podsOf: (node: string) => readonly Readonly<Pod>[], key: ObjectKey): Promise<Result> {
  const taints = executingTaints(context.informer(Node).get(key)?.spec.taints);
  if (taints.length === 0) return;
  const now = context.clock.now();
  let next = Infinity;
  for (const pod of podsOf(key.name).filter(isPodActive)) {
    const at = evictionTime(pod, taints, now);
    if (at <= now) await evict(context, pod);
    else next = Math.min(next, at);
  }
  return next === Infinity ? undefined : { requeueAfterMs: next - now };
}

async function evict(context: Context, pod: Readonly<Pod>): Promise<void> {
  context.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`);
  await writePodCondition(context, pod, {
    condition: {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    },
  });
  try {
    await context.cluster.delete(Pod, keyOf(pod), { uid: pod.metadata.uid ?? '' });
  } catch (error) {
    // NotFound: it went by itself.
    if (!isNotFound(error)) throw error;
  }
}

/** The node of a pod, where it has taints that may drive the pod out. */
function taintedNode(pod: Pod, context: Context): readonly ObjectKey[] {
  const key = { namespace: '', name: pod.spec.nodeName ?? '' };
  if (key.name === '' || !isPodActive(pod)) return [];
  return executingTaints(context.informer(Node).get(key)?.spec.taints).length === 0 ? [] : [key];
}
