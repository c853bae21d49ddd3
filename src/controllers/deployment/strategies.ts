import { keyOf } from '../../api/object.ts';
import { Pod, ReplicaSet } from '../../api/kinds.generated.ts';
import { isNotFound } from '../../api/status.ts';
import { isPodFinished } from '../pods/pod-state.ts';
import { newSetSize, oldSetSizes, proportionalSizes, type Resize } from '../rollout.ts';
import { currentReplicaSet } from './new-replica-set.ts';
import { byRevision, desiredReplicasOf } from './revision.ts';
import { observed, rolloutOf, sizeOf, wanted } from './sizes.ts';
import { isComplete } from './status.ts';
import { resize, splitSets, type Sync } from './sync.ts';

/** revisionHistoryLimit of this value keeps all, as upstream. */
const unlimited = 2 ** 31 - 1;

/** One step of a rolling update: the new set up first, or else the old ones down. */
export async function rollingUpdate(sync: Sync): Promise<void> {
  const current = await currentReplicaSet(sync, { create: true });
  if (current === undefined) return;
  const { old } = splitSets(sync);
  const rollout = rolloutOf(sync.cached);
  const to = newSetSize(rollout, [...old, current].map(sizeOf), wanted(current));
  if (await resize(sync, current.metadata.name, to)) return;
  // Until a set has answered to its newest size, its status counts pods that may be about to go.
  if (![...old, current].every((set) => wanted(set) === 0 || hasObserved(set))) return;
  if (await resizeAll(sync, oldSetSizes(rollout, old.map(sizeOf), sizeOf(current)))) return;
  await cleanUp(sync);
}

/** One step of Recreate: all old pods go, and only when the last has ended, the new set comes. */
export async function recreate(sync: Sync): Promise<void> {
  await currentReplicaSet(sync, { create: false });
  const { current, old } = splitSets(sync);
  if (
    await resizeAll(
      sync,
      old.map((set) => ({ name: set.metadata.name, to: 0 })),
    )
  ) {
    return;
  }
  if (oldPodsRun(sync, old)) return;
  const next = current ?? (await currentReplicaSet(sync, { create: true }));
  if (next === undefined || (await resize(sync, next.metadata.name, rolloutOf(sync.cached).replicas))) return;
  await cleanUp(sync);
}

function oldPodsRun(sync: Sync, old: readonly ReplicaSet[]): boolean {
  const pods = sync.context.informer(Pod);
  return observed(old, 'replicas') > 0 || old.some((set) => pods.ownedBy(set.metadata.uid ?? '').some((pod) => !isPodFinished(pod)));
}

/** Was the Deployment scaled since its sets were sized last? */
export function isScaling(sync: Sync): boolean {
  const { replicas } = rolloutOf(sync.cached);
  return [...sync.sets.values()].some((set) => wanted(set) > 0 && (desiredReplicasOf(set) ?? replicas) !== replicas);
}

/** Gives the sets their sizes without rolling: of a paused Deployment, or of one that is scaled in the middle of a rollout. */
export async function scale(sync: Sync): Promise<void> {
  await currentReplicaSet(sync, { create: false });
  await resizeAll(sync, scaledSizes(sync));
  if (sync.cached.spec.paused === true) await cleanUp(sync, { always: true });
}

function scaledSizes(sync: Sync): readonly Resize[] {
  const { current, old } = splitSets(sync);
  const rollout = rolloutOf(sync.cached);
  const active = [...old, ...(current === undefined ? [] : [current])].filter((set) => wanted(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? [...old].sort(byRevision).at(-1);
    return only === undefined ? [] : [{ name: only.metadata.name, to: rollout.replicas }];
  }
  if (current !== undefined && isSaturated(sync, current)) {
    return old.filter((set) => wanted(set) > 0).map((set) => ({ name: set.metadata.name, to: 0 }));
  }
  if (rollout.strategy === 'Recreate') return [];
  return proportionalSizes(rollout, active.map(sizeOf), sync.cached.status?.replicas ?? 0);
}

/** The new set has all the pods that are wanted, and they are available: the old ones are superfluous. */
function isSaturated(sync: Sync, current: ReplicaSet): boolean {
  const { replicas } = rolloutOf(sync.cached);
  return wanted(current) === replicas && desiredReplicasOf(current) === replicas && (current.status?.availableReplicas ?? 0) === replicas;
}

async function resizeAll(sync: Sync, sizes: readonly Resize[]): Promise<boolean> {
  let changed = false;
  for (const { name, to } of sizes) changed = (await resize(sync, name, to)) || changed;
  return changed;
}

/** Deletes the oldest empty sets beyond revisionHistoryLimit, once the rollout is complete. */
async function cleanUp(sync: Sync, options: { always?: true } = {}): Promise<void> {
  const { cached, context } = sync;
  const limit = cached.spec.revisionHistoryLimit ?? 10;
  if (limit === unlimited || !(options.always === true || isComplete(cached, cached.status ?? {}))) return;
  const old = splitSets(sync).old.filter((set) => set.metadata.deletionTimestamp === undefined);
  const superfluous = [...old].sort(byRevision).slice(0, Math.max(0, old.length - limit));
  for (const set of superfluous.filter(isEmpty)) {
    try {
      await context.cluster.delete(ReplicaSet, keyOf(set), { uid: set.metadata.uid ?? '' });
    } catch (error) {
      // NotFound: it went by itself.
      if (!isNotFound(error)) throw error;
    }
  }
}

/** No pod, none wanted, and its controller has seen that. */
function isEmpty(set: ReplicaSet): boolean {
  return wanted(set) === 0 && (set.status?.replicas ?? 0) === 0 && hasObserved(set);
}

function hasObserved(set: ReplicaSet): boolean {
  return (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
}
