import { Deployment, ReplicaSet, type DeploymentStatus } from '../../api/kinds.generated.ts';
import { clone, jsonEqual, type Mutable } from '../../base/json.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { OwnWrites } from '../cache/own-writes.ts';
import { byAge } from '../rollout.ts';
import { revisionAnnotation, setDesired } from './revision.ts';
import { sizeOf, wanted } from './sizes.ts';
import { withCondition } from './status.ts';
import { sameTemplate } from './template-hash.ts';

/** One pass over one Deployment: what it reads, and what it has written so far. */
export interface Sync {
  readonly context: Context;
  readonly own: OwnWrites<ReplicaSet>;
  readonly ownStatus: OwnWrites<Deployment>;
  /** As cached. */
  readonly cached: Readonly<Deployment>;
  /** A copy; its conditions are the draft of those to write at the end. */
  readonly deployment: Mutable<Deployment>;
  /** By name, as last written, oldest first. */
  readonly sets: Map<string, Readonly<ReplicaSet>>;
}

export function createSync(
  loop: Pick<Sync, 'context' | 'own' | 'ownStatus'>,
  cached: Readonly<Deployment>,
  sets: readonly Readonly<ReplicaSet>[],
): Sync {
  const sorted = [...sets].sort((a, b) => byAge(sizeOf(a), sizeOf(b)));
  const { context, own, ownStatus } = loop;
  return { context, own, ownStatus, cached, deployment: clone(cached), sets: new Map(sorted.map((set) => [set.metadata.name, set])) };
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

/** Writes a changed ReplicaSet. @throws StatusError Conflict when the cache was stale */
export async function updateSet(sync: Sync, base: Readonly<ReplicaSet>, next: ReplicaSet): Promise<Readonly<ReplicaSet>> {
  const written = await sync.context.cluster.update(ReplicaSet, next);
  sync.own.updated(base, written);
  sync.sets.set(written.metadata.name, written);
  return written;
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
  await updateSet(sync, set, next);
  if (from === to) return false;
  sync.context.event(
    sync.cached,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`,
  );
  return true;
}

/** Notes the revision in the draft: kubectl reads it from the Deployment. It is written with the status, as upstream does. */
export function draftRevision(sync: Sync, revision: string | undefined): void {
  if (revision !== undefined)
    sync.deployment.metadata.annotations = { ...sync.deployment.metadata.annotations, [revisionAnnotation]: revision };
}

/** Writes the status, and the revision of the draft, where they differ from what is cached. */
export async function writeStatus(sync: Sync, status: DeploymentStatus): Promise<void> {
  const { cached, deployment } = sync;
  if (jsonEqual(cached.status, status) && jsonEqual(cached.metadata.annotations, deployment.metadata.annotations)) return;
  deployment.status = clone(status);
  sync.ownStatus.updated(cached, await sync.context.cluster.update(Deployment, deployment, { subresource: 'status' }));
}
