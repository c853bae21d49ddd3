import { keyText, type Kind, type ObjectKey } from '../../api/object.ts';
import { Pod, type ReplicaSet, type ReplicationController } from '../../api/kinds.generated.ts';
import type { LabelSelector } from '../../api/selector.ts';
import type { Context, Controller, Result } from '../../reconcile/controller.ts';
import { Expectations } from '../../reconcile/expectations.ts';
import { behind, OwnWrites } from '../cache/own-writes.ts';
import { adoptersOf, createClaimer, type Claimer, type Claiming } from '../owners/claiming.ts';
import { observePods } from '../pods/observe.ts';
import { expectationMs } from '../pods/pod-control.ts';
import { isPodActive, isPodTerminating, msUntilNextAvailable } from '../pods/pod-state.ts';
import { adjustPods } from './adjust.ts';
import { replicaSetStatus, sameStatus } from './status.ts';

/** A kind that keeps a number of equal pods. */
export type ReplicaOwner = ReplicaSet | ReplicationController;

export interface ReplicaKind<T extends ReplicaOwner> {
  readonly name: string;
  readonly identity?: string;
  readonly kind: Kind<T>;
  /** Its status tells how many pods are going. */
  readonly countsTerminating?: true;
  selectorOf(owner: Readonly<T>): LabelSelector | undefined;
}

interface Loop<T extends ReplicaOwner> {
  readonly context: Context;
  readonly of: ReplicaKind<T>;
  readonly expectations: Expectations;
  readonly claimed: Claimer<T, Pod>;
  readonly own: OwnWrites<T>;
}

/**
 * A controller that keeps as many pods as its objects want: makes missing ones in growing batches, deletes surplus ones in the order of
 * their worth, adopts and releases by selector. What it has written counts as expected until the cache shows it, so that stale caches make
 * no extra pod.
 */
export function keepReplicas<T extends ReplicaOwner>(of: ReplicaKind<T>): Controller {
  const { name, kind, identity } = of;
  const claiming: Claiming<T, Pod> = { ownerKind: kind, kind: Pod, selectorOf: (owner) => of.selectorOf(owner), adoptable: isPodActive };
  return {
    name,
    ...(identity === undefined ? {} : { identity }),
    reconciles: kind,
    owns: [Pod],
    watches: [{ kind: Pod, keysFor: (pod, context) => adoptersOf(claiming, pod as Pod, context) }],
    concurrency: 5,
    start(context) {
      const expectations = new Expectations(context.clock);
      const claimed = createClaimer(context, claiming);
      const own = new OwnWrites(context.informer(kind), context.clock);
      observePods(context.informer(Pod), { kind: kind.kind, informer: context.informer(kind) }, expectations);
      return (key) => reconcile({ context, of, expectations, claimed, own }, key);
    },
  };
}

async function reconcile<T extends ReplicaOwner>(loop: Loop<T>, key: ObjectKey): Promise<Result> {
  const { context, expectations } = loop;
  const { kind, countsTerminating } = loop.of;
  const set = context.informer(kind).get(key);
  if (set === undefined) return expectations.forget(keyText(key));
  if (loop.own.isBehind(keyText(key), [set])) return behind;
  // Before the pods are read: what comes into the cache between the two would be made twice.
  const settled = expectations.satisfied(keyText(key));
  if (!settled) context.enqueue(key, expectationMs, { upkeep: true });
  const claimed = await loop.claimed(set);
  const active = claimed.filter(isPodActive);
  let failure: Error | undefined;
  if (settled && set.metadata.deletionTimestamp === undefined) {
    failure = await adjustPods(context, expectations, { kind, set, active });
  }
  const now = context.clock.now();
  const going = expectations.going(keyText(key));
  const staying = going.size === 0 ? active : active.filter((pod) => !going.has(pod.metadata.uid ?? ''));
  const terminating = countsTerminating && claimed.filter(isPodTerminating).length + active.length - staying.length;
  const status = replicaSetStatus({ set, active: staying, terminating, failure, now });
  if (!sameStatus(set, status)) {
    loop.own.updated(set, await context.cluster.update(kind, { ...set, status }, { subresource: 'status' }));
  }
  if (failure !== undefined) throw failure;
  const waitMs = msUntilNextAvailable(active, set.spec.minReadySeconds ?? 0, now);
  return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
}
