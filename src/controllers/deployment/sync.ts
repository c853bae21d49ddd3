import { keyOf } from '../../api/object.ts';
import { Deployment, ReplicaSet, type DeploymentStatus } from '../../api/kinds.generated.ts';
import { clone, jsonEqual, type Mutable } from '../../base/json.ts';
import type { Context } from '../../reconcile/controller.ts';
import { byAge } from '../rollout.ts';
import { setDesired } from './revision.ts';
import { sizeOf, wanted } from './sizes.ts';
import { withCondition } from './status.ts';
import { sameTemplate } from './template-hash.ts';

/** One pass over one Deployment: what it reads, and what it has written so far. */
export interface Sync {
  readonly context: Context;
  /** As cached. */
  readonly cached: Readonly<Deployment>;
  /** A copy; its conditions are the draft of those to write at the end. */
  readonly deployment: Mutable<Deployment>;
  /** By name, as last written, oldest first. */
  readonly sets: Map<string, Readonly<ReplicaSet>>;
}

export function createSync(context: Context, cached: Readonly<Deployment>, sets: readonly Readonly<ReplicaSet>[]): Sync {
  const sorted = [...sets].sort((a, b) => byAge(sizeOf(a), sizeOf(b)));
  return { context, cached, deployment: clone(cached), sets: new Map(sorted.map((set) => [set.metadata.name, set])) };
}

/** The set of the present template (the oldest, should there be several), and all others. */
export function splitSets(sync: Sync): {
  readonly current: Readonly<ReplicaSet> | undefined;
  readonly old: readonly Readonly<ReplicaSet>[];
} {
  const sets = [...sync.sets.values()];
  const current = sets.find((set) => sameTemplate(set.spec.template, sync.deployment.spec.template));
  return { current, old: sets.filter((set) => set !== current) };
}

/** Puts a condition into the draft. */
export function draftCondition(sync: Sync, condition: { type: string; status: string; reason: string; message: string }): void {
  const status = (sync.deployment.status ??= {});
  status.conditions = [...withCondition(status.conditions ?? [], condition, sync.context.clock.now())];
}

/**
 * Gives a ReplicaSet its size and notes on it what the Deployment wants; writes only where something changes.
 * Answers whether the size changed. @throws StatusError Conflict when the cache was stale
 */
export async function resize(sync: Sync, name: string, to: number): Promise<boolean> {
  const set = sync.sets.get(name);
  if (set === undefined) return false;
  const from = wanted(set);
  const next = clone(set);
  next.spec.replicas = to;
  if (!setDesired(next, sync.cached) && from === to) return false;
  sync.sets.set(name, await sync.context.cluster.update(ReplicaSet, next));
  if (from === to) return false;
  sync.context.event(
    sync.cached,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`,
  );
  return true;
}

/** Writes the status where it differs from what is cached. */
export async function writeStatus(sync: Sync, status: DeploymentStatus): Promise<void> {
  if (jsonEqual(sync.cached.status, status)) return;
  sync.deployment.status = clone(status);
  await sync.context.cluster.update(Deployment, sync.deployment, { subresource: 'status' });
}

/** Notes the revision on the Deployment, where kubectl reads it. */
export async function writeRevision(sync: Sync, annotation: string, revision: string | undefined): Promise<void> {
  const { metadata } = sync.deployment;
  if (revision === undefined || metadata.annotations?.[annotation] === revision) return;
  const { uid, resourceVersion } = metadata;
  const patch = { metadata: { uid, resourceVersion, annotations: { [annotation]: revision } } };
  const written = await sync.context.cluster.patch(Deployment, keyOf(sync.deployment), patch);
  sync.deployment.metadata = clone(written.metadata);
}
