import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { Node, Pod, type Taint } from '../api/kinds.generated.ts';
import { timestamp } from '../base/clock.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { tellAndDelete } from './nodes/pod-status.ts';
import { trackPodsByNode } from './nodes/pods-by-node.ts';
import { evictionTime, executingTaints } from './nodes/tolerations.ts';

interface Loop {
  readonly context: Context;
  readonly podsOf: (node: string) => readonly Readonly<Pod>[];
  /** When taints without a time of their own were first seen, by node. */
  readonly seen: Map<string, Map<string, string>>;
  /** Pods that will be driven out when their time has come, by node: uids by key. */
  readonly doomed: Map<string, Map<string, string>>;
}

/** Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer: tolerationSeconds after the taint came. */
export const taintEviction: Controller = {
  name: 'taint-eviction',
  identity: 'node-controller',
  reconciles: Node,
  watches: [{ kind: Pod, keysFor: (pod, context) => taintedNode(pod as Pod, context) }],
  start(context) {
    const loop: Loop = { context, podsOf: trackPodsByNode(context.informer(Pod)), seen: new Map(), doomed: new Map() };
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, podsOf } = loop;
  const taints = dated(loop, key.name, executingTaints(context.informer(Node).get(key)?.spec.taints));
  const doomed = loop.doomed.get(key.name) ?? new Map<string, string>();
  const still = new Map<string, string>();
  const now = context.clock.now();
  let next = Infinity;
  for (const pod of taints.length === 0 && doomed.size === 0 ? [] : podsOf(key.name)) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const at = evictionTime(pod, taints, now);
    const text = keyText(keyOf(pod));
    const waited = doomed.get(text) === pod.metadata.uid;
    if (at <= now) await evict(context, pod);
    else if (at !== Infinity) {
      still.set(text, pod.metadata.uid ?? '');
      next = Math.min(next, at);
    } else if (waited) context.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${textOf(pod)}`);
  }
  if (still.size === 0) loop.doomed.delete(key.name);
  else loop.doomed.set(key.name, still);
  return next === Infinity ? undefined : { requeueAfterMs: next - now };
}

/** Who taints a node by hand seldom says when. */
function dated(loop: Loop, node: string, taints: readonly Taint[]): readonly Taint[] {
  const before = loop.seen.get(node);
  const seen = new Map<string, string>();
  const out = taints.map((taint) => {
    if (taint.timeAdded !== undefined) return taint;
    const id = `${taint.key}=${taint.value ?? ''}`;
    const timeAdded = before?.get(id) ?? timestamp(loop.context.clock);
    seen.set(id, timeAdded);
    return { ...taint, timeAdded };
  });
  if (seen.size === 0) loop.seen.delete(node);
  else loop.seen.set(node, seen);
  return out;
}

function textOf(pod: Readonly<Pod>): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}

async function evict(context: Context, pod: Readonly<Pod>): Promise<void> {
  context.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${textOf(pod)}`);
  const message = 'Taint manager: deleting due to NoExecute taint';
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message };
  await tellAndDelete(context, pod, { change: { condition } });
}

/** The node of a pod, where it has taints that may drive the pod out. */
function taintedNode(pod: Pod, context: Context): readonly ObjectKey[] {
  const key = { namespace: '', name: pod.spec.nodeName ?? '' };
  if (key.name === '' || pod.metadata.deletionTimestamp !== undefined) return [];
  return executingTaints(context.informer(Node).get(key)?.spec.taints).length === 0 ? [] : [key];
}
