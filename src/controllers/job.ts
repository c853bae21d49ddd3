import { keyText, type ObjectKey } from '../api/object.ts';
import { Job, Pod } from '../api/kinds.generated.ts';
import { controllerOf } from '../api/owner.ts';
import { isNotFound } from '../api/status.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { Expectations } from '../reconcile/expectations.ts';
import { trackingFinalizer } from './job/accounting.ts';
import { finishOf } from './job/conditions.ts';
import { jobKeyOf, releasePods, TrackedPods } from './job/released.ts';
import { syncJob, type JobLoop } from './job/sync.ts';
import { observePods } from './pods/observe.ts';
import { expectationMs } from './pods/pod-control.ts';
import { adoptersOf, createClaimer, type Claimer, type Claiming } from './owners/claiming.ts';
import { claims } from './owners/orphans.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';

const ourselves = 'kubernetes.io/job-controller';

interface Loop extends JobLoop {
  readonly claimed: Claimer<Job, Pod>;
}

const claiming: Claiming<Job, Pod> = { ownerKind: Job, kind: Pod, finalizer: trackingFinalizer, selectorOf: ({ spec }) => spec.selector };

/**
 * Runs pods to completion. Each pod counts once, however often the controller dies between two writes: it keeps a finalizer until its uid
 * stands in the Job's status, and the uid moves into a counter when the finalizer is gone.
 */
export const job: Controller = {
  name: 'job',
  reconciles: Job,
  owns: [Pod],
  watches: [{ kind: Pod, keysFor: (pod, context) => keysOf(pod as Pod, context) }],
  concurrency: 5,
  start(context) {
    const pods = context.informer(Pod);
    const expectations = new Expectations(context.clock);
    const claimed = createClaimer(context, claiming);
    const tracked = new TrackedPods(pods);
    observePods(pods, { kind: 'Job', informer: context.informer(Job) }, expectations);
    const loop: Loop = {
      context,
      expectations,
      claimed,
      tracked,
      own: new OwnWrites(context.informer(Job), context.clock),
      failures: new Map(),
    };
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const cached = loop.context.informer(Job).get(key);
  if (cached === undefined || finishOf(cached) !== undefined) {
    loop.expectations.forget(keyText(key));
    loop.failures.delete(keyText(key));
    return releaseStrays(loop, key, undefined);
  }
  if (cached.spec.managedBy !== undefined && cached.spec.managedBy !== ourselves) return;
  // What we wrote last is not in the cache yet; it will come and bring the key back.
  if (loop.own.isBehind(keyText(key), [cached])) return behind;
  const settled = loop.expectations.satisfied(keyText(key));
  if (!settled) loop.context.enqueue(key, expectationMs, { upkeep: true });
  // At the moment at which the pods are read: what the cache shows a moment later does not change these copies of theirs.
  const released = new Set(loop.tracked.released);
  const pods = await loop.claimed(cached);
  await releaseStrays(loop, key, cached);
  return syncJob(loop, cached, { pods, released }, settled);
}

/** Lets go of the pods whose Job is finished or gone (asked afresh, for the cache may be behind): nobody will count them. */
async function releaseStrays(loop: Loop, key: ObjectKey, current: Readonly<Job> | undefined): Promise<void> {
  const strays = loop.tracked.of(key).filter((pod) => {
    const owner = controllerOf(pod);
    if (current === undefined) return true;
    return owner === undefined ? !claims(current.spec.selector, pod.metadata.labels) : owner.uid !== current.metadata.uid;
  });
  if (strays.length === 0) return;
  const live = current ?? (await liveJob(loop.context, key));
  const unfinished = live !== undefined && finishOf(live) === undefined ? live.metadata.uid : undefined;
  const lost = strays.filter((pod) => unfinished === undefined || controllerOf(pod)?.uid !== unfinished);
  const { failure } = await releasePods(loop.context, loop.tracked, lost);
  if (failure !== undefined) throw failure;
}

async function liveJob(context: Context, key: ObjectKey): Promise<Readonly<Job> | undefined> {
  try {
    return await context.cluster.get(Job, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The Job that a pod without controller belongs to by its label or matches by its labels. */
function keysOf(pod: Pod, context: Context): readonly ObjectKey[] {
  if (controllerOf(pod) !== undefined) return [];
  const named = jobKeyOf(pod);
  const matching = adoptersOf(claiming, pod, context);
  return named === undefined ? matching : [named, ...matching];
}
