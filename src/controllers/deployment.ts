import { keyOf, keyText, type ObjectKey } from '../api/object.ts';
import { Deployment, Pod, ReplicaSet } from '../api/kinds.generated.ts';
import { controllerOf } from '../api/owner.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { behind, OwnWrites } from './cache/own-writes.ts';
import { adoptersOf, createClaimer, type Claimer, type Claiming } from './owners/claiming.ts';
import { isEmptySelector } from './owners/orphans.ts';
import { countedStatus, findCondition, hasDeadline, msUntilDeadline, rolloutStatus } from './deployment/status.ts';
import { isScaling, recreate, rollingUpdate, scale } from './deployment/strategies.ts';
import { createSync, draftCondition, splitSets, writeStatus, type Sync } from './deployment/sync.ts';

interface Loop {
  readonly context: Context;
  readonly own: OwnWrites<ReplicaSet>;
  readonly ownStatus: OwnWrites<Deployment>;
  readonly claimed: Claimer<Deployment, ReplicaSet>;
}

const claiming: Claiming<Deployment, ReplicaSet> = { ownerKind: Deployment, kind: ReplicaSet, selectorOf: ({ spec }) => spec.selector };

/**
 * Keeps the ReplicaSets of Deployments: one for each template, with the new one growing and the old ones shrinking inside
 * maxSurge and maxUnavailable. As kube-controller-manager's deployment controller, whose annotations, conditions and events it writes.
 */
export const deployment: Controller = {
  name: 'deployment',
  reconciles: Deployment,
  owns: [ReplicaSet],
  watches: [
    { kind: ReplicaSet, keysFor: (set, context) => adoptersOf(claiming, set as ReplicaSet, context) },
    { kind: Pod, keysFor: (pod, context) => recreating(pod as Pod, context) },
  ],
  concurrency: 5,
  start(context) {
    const sets = context.informer(ReplicaSet);
    const loop: Loop = {
      context,
      own: new OwnWrites(sets, context.clock),
      ownStatus: new OwnWrites(context.informer(Deployment), context.clock),
      claimed: createClaimer(context, claiming),
    };
    return (key) => reconcile(loop, key);
  },
};

async function reconcile(loop: Loop, key: ObjectKey): Promise<Result> {
  const { context } = loop;
  const cached = context.informer(Deployment).get(key);
  if (cached === undefined) return;
  if (loop.ownStatus.isBehind(keyText(key), [cached])) return behind;
  if (isEmptySelector(cached.spec.selector)) return selectsAll(loop, cached);
  const sets = await loop.claimed(cached);
  if (loop.own.isBehind(keyText(key), sets)) return behind;
  const sync = createSync(loop, cached, sets);
  if (cached.metadata.deletionTimestamp !== undefined) return writeStatus(sync, countedStatus(statusInput(sync)));
  notePause(sync);
  if (cached.spec.paused === true || isScaling(sync)) {
    await scale(sync);
    return writeStatus(sync, countedStatus(statusInput(sync)));
  }
  const collisions = cached.status?.collisionCount;
  await (cached.spec.strategy?.type === 'Recreate' ? recreate(sync) : rollingUpdate(sync));
  // A collision has written the status already; the change it made brings the key back.
  if (sync.deployment.status?.collisionCount !== collisions) return;
  const status = rolloutStatus(statusInput(sync));
  await writeStatus(sync, status);
  const waitMs = msUntilDeadline(cached, findCondition(status.conditions, 'Progressing'), context.clock.now());
  return waitMs === 0 || waitMs === Infinity ? undefined : { requeueAfterMs: waitMs };
}

function statusInput(sync: Sync) {
  const { current } = splitSets(sync);
  return { deployment: sync.deployment, sets: [...sync.sets.values()], current, now: sync.context.clock.now() };
}

async function selectsAll(loop: Loop, cached: Readonly<Deployment>): Promise<void> {
  loop.context.event(cached, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
  const observedGeneration = cached.metadata.generation ?? 0;
  if ((cached.status?.observedGeneration ?? 0) < observedGeneration) {
    await writeStatus(createSync(loop, cached, []), { ...cached.status, observedGeneration });
  }
}

/** Says in the Progressing condition that the rollout stands still, and that it goes on; a rollout that has timed out stays so. */
function notePause(sync: Sync): void {
  const { deployment: draft } = sync;
  const progressing = findCondition(draft.status?.conditions, 'Progressing');
  if (!hasDeadline(draft) || progressing?.reason === 'ProgressDeadlineExceeded') return;
  const known = progressing?.reason === 'DeploymentPaused';
  const paused = draft.spec.paused === true;
  if (paused && !known) {
    draftCondition(sync, { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
  } else if (!paused && known) {
    draftCondition(sync, { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' });
  }
}

/** The Deployment of a pod, where it waits for its old pods to end. */
function recreating(pod: Pod, context: Context): readonly ObjectKey[] {
  const namespace = pod.metadata.namespace ?? '';
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return [];
  const set = context.informer(ReplicaSet).get({ namespace, name: owner.name });
  const name = set === undefined || set.metadata.uid !== owner.uid ? undefined : controllerOf(set)?.name;
  const found = name === undefined ? undefined : context.informer(Deployment).get({ namespace, name });
  return found?.spec.strategy?.type === 'Recreate' ? [keyOf(found)] : [];
}
