import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { Pod, ReplicaSet } from '../api/kinds.generated.ts';
import { controllerOf } from '../api/owner.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { Expectations } from '../reconcile/expectations.ts';
import { claimObjects } from '../reconcile/owners.ts';
import { claims, trackOrphans } from './pods/orphans.ts';
import { observePods } from './pods/observe.ts';
import { expectationMs } from './pods/pod-control.ts';
import { isPodActive, msUntilAvailable } from './pods/pod-state.ts';
import { adjustPods } from './replicaset/adjust.ts';
import { replicaSetStatus, sameStatus } from './replicaset/status.ts';

interface Loop {
  readonly context: Context;
  readonly expectations: Expectations;
  readonly orphans: (namespace: string) => readonly Readonly<Pod>[];
}

/**
 * Keeps as many pods as a ReplicaSet wants: makes missing ones in growing batches, deletes surplus ones in the order of their worth,
 * adopts and releases by selector. What it has written counts as expected until the cache shows it, so that stale caches make no extra pod.
 */
export const replicaset: Controller = {
  name: 'replicaset',
  reconciles: ReplicaSet,
  owns: [Pod],
  watches: [{ kind: Pod, keysFor: (pod, context) => adopters(pod as Pod, context) }],
  concurrency: 5,
  start(context) {
    const expectations = new Expectations(context.clock);
    const orphans = trackOrphans(context.informer(Pod));
    observePods(context.informer(Pod), { kind: 'ReplicaSet', informer: context.informer(ReplicaSet) }, expectations);
    return (key) => reconcile({ context, expectations, orphans }, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context, expectations } = loop;
  const set = context.informer(ReplicaSet).get(key);
  if (set === undefined) return expectations.forget(keyText(key));
  // Before the pods are read: what comes into the cache between the two would be made twice.
  const settled = expectations.satisfied(keyText(key));
  if (!settled) context.enqueue(key, expectationMs, { upkeep: true });
  const claimed = await claimedPods(loop, set);
  const active = claimed.filter(isPodActive);
  let failure: Error | undefined;
  if (settled && set.metadata.deletionTimestamp === undefined) {
    failure = await adjustPods(context, expectations, { set, active });
  }
  const now = context.clock.now();
  const staying = active.filter((pod) => !expectations.isGoing(keyText(key), pod.metadata.uid ?? ''));
  const status = replicaSetStatus({ set, active: staying, failure, now });
  if (!sameStatus(set, status)) await context.cluster.update(ReplicaSet, { ...set, status }, { subresource: 'status' });
  if (failure !== undefined) throw failure;
  return nextAvailable(set, active, now);
}

/** When the next pod has been ready for minReadySeconds. */
function nextAvailable(set: Readonly<ReplicaSet>, active: readonly Pod[], now: number): Result {
  const { minReadySeconds = 0 } = set.spec;
  if (minReadySeconds === 0) return undefined;
  const waits = active.map((pod) => msUntilAvailable(pod, minReadySeconds, now)).filter((ms) => ms > 0 && ms !== Infinity);
  return waits.length === 0 ? undefined : { requeueAfterMs: waits.reduce((least, ms) => Math.min(least, ms)) };
}

function claimedPods(loop: Loop, owner: Readonly<ReplicaSet>): Promise<readonly Readonly<Pod>[]> {
  const { context, orphans } = loop;
  const matches = (pod: Readonly<Pod>): boolean => claims(owner.spec.selector, pod.metadata.labels);
  const adoptable = orphans(owner.metadata.namespace ?? '').filter(isPodActive);
  const candidates = [...context.informer(Pod).ownedBy(owner.metadata.uid ?? ''), ...adoptable];
  return claimObjects({ cluster: context.cluster, ownerKind: ReplicaSet, owner, kind: Pod, matches }, candidates);
}

/** The ReplicaSets whose selector matches a pod without controller. */
function adopters(pod: Pod, context: Context): readonly ObjectKey[] {
  if (controllerOf(pod) !== undefined) return [];
  return context
    .informer(ReplicaSet)
    .list({ namespace: pod.metadata.namespace ?? '' })
    .filter((set) => claims(set.spec.selector, pod.metadata.labels))
    .map(keyOf);
}
