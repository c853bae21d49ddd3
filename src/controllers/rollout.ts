import { ReconcileError } from '../reconcile/controller.ts';

/** How many pods a rollout may add beyond, and may miss of, what is wanted. */
export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}
/** What a Deployment asks for, as the arithmetic needs it. `Recreate` has limits of 0. */
export interface Rollout extends RolloutLimits {
  readonly replicas: number;
  readonly strategy: 'RollingUpdate' | 'Recreate';
}
/** One ReplicaSet, as the arithmetic needs it. */
export interface SetSize {
  readonly name: string;
  /** spec.replicas */
  readonly replicas: number;
  /** Pods that there are or will be: spec.replicas, or status.replicas while that is more. */
  readonly pods: number;
  /** status.availableReplicas */
  readonly available: number;
  /** Pods of `replicas` that are known not to be available. Of those that no status has counted yet nothing is known. */
  readonly unhealthy: number;
  /** metadata.creationTimestamp */
  readonly created: string;
  /** The annotation max-replicas: replicas and surge of the Deployment when it last scaled this set; 0 where unknown. */
  readonly maxReplicas: number;
}
/** Sizes that ReplicaSets shall have, in the order in which to write them. */
export type Resize = { readonly name: string; readonly to: number };

/**
 * How many pods a rolling update may add and may miss, from maxSurge and maxUnavailable.
 *
 * Percentages are of `replicas`; surge rounds up, unavailable rounds down. When both come to 0, unavailable becomes 1,
 * since otherwise the rollout could never move; it is never more than `replicas`. As kube-controller-manager's ResolveFenceposts.
 * @throws ReconcileError InvalidStrategy for text that is no percentage
 */
export function rolloutLimits(
  replicas: number,
  rolling: { maxSurge?: number | string; maxUnavailable?: number | string } | undefined,
): RolloutLimits {
  const maxSurge = scaledValue('maxSurge', rolling?.maxSurge ?? 0, replicas, Math.ceil);
  const unavailable = scaledValue('maxUnavailable', rolling?.maxUnavailable ?? 0, replicas, Math.floor);
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

function scaledValue(field: string, value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) {
    throw new ReconcileError(
      'InvalidStrategy',
      `spec.strategy.rollingUpdate.${field}: Invalid value: "${value}": must be a number or a percentage`,
      {
        retry: false,
      },
    );
  }
  return round((Number(percent) * total) / 100);
}

/**
 * The size of the new ReplicaSet: at once all of it for Recreate, else as many more as the surge leaves room for. `sets` are all, the new
 * one included. Upstream takes a pod as gone once its set is told to be smaller; here it counts until the set's status says that it goes,
 * so that there are never more pods than the surge allows.
 */
export function newSetSize(rollout: Rollout, sets: readonly SetSize[], current: number): number {
  if (rollout.strategy === 'Recreate' || current >= rollout.replicas) return rollout.replicas;
  const room = rollout.replicas + rollout.maxSurge - sets.reduce((sum, set) => sum + set.pods, 0);
  return room <= 0 ? current : current + Math.min(room, rollout.replicas - current);
}

/**
 * The sizes of the old ReplicaSets after one step of a rolling update: first pods that are not available go, since they cost nothing,
 * then available ones as far as maxUnavailable allows. `current` is the new set. Only sets whose size changes are answered.
 */
export function oldSetSizes(rollout: Rollout, old: readonly SetSize[], current: SetSize | undefined): readonly Resize[] {
  if (total(old) === 0) return [];
  const least = rollout.replicas - rollout.maxUnavailable;
  const newUnavailable = current === undefined ? 0 : current.replicas - current.available;
  const mayGo = total(old) + (current?.replicas ?? 0) - least - newUnavailable;
  if (mayGo <= 0) return [];
  const oldestFirst = [...old].sort(byAge);
  const cleaned = dropUnhealthy(oldestFirst, mayGo);
  const available = cleaned.reduce((sum, set) => sum + set.available, current?.available ?? 0);
  const scaled = dropAvailable(cleaned, available - least);
  return scaled.filter((set, index) => set.replicas !== oldestFirst[index]?.replicas).map((set) => ({ name: set.name, to: set.replicas }));
}

function dropUnhealthy(sets: readonly SetSize[], limit: number): readonly SetSize[] {
  let left = limit;
  return sets.map((set) => {
    const drop = Math.min(left, set.unhealthy);
    left -= drop;
    return { ...set, replicas: set.replicas - drop };
  });
}

function dropAvailable(sets: readonly SetSize[], limit: number): readonly SetSize[] {
  let left = Math.max(0, limit);
  return sets.map((set) => {
    const drop = Math.min(left, set.replicas);
    left -= drop;
    return { ...set, replicas: set.replicas - drop };
  });
}

/**
 * Sizes for all active ReplicaSets when a Deployment is scaled in the middle of a rollout: what is to be added or taken away is shared
 * in proportion to their sizes, so that the risk is spread; what rounding leaves over goes to the largest. All sets are answered, for
 * their annotations change too.
 */
export function proportionalSizes(rollout: Rollout, active: readonly SetSize[], statusReplicas: number): readonly Resize[] {
  const allowed = rollout.replicas > 0 ? rollout.replicas + rollout.maxSurge : 0;
  const toAdd = allowed - total(active);
  const sorted = [...active].sort((a, b) => b.replicas - a.replicas || (toAdd < 0 ? byAge(a, b) : byAge(b, a)));
  let added = 0;
  const sizes = sorted.map((set) => {
    const share = proportion(rollout, set, { toAdd, added, statusReplicas });
    added += share;
    return { name: set.name, to: set.replicas + share };
  });
  return sizes.map((size, index) => (index === 0 && toAdd !== 0 ? { ...size, to: Math.max(0, size.to + toAdd - added) } : size));
}

function proportion(rollout: Rollout, set: SetSize, sum: { toAdd: number; added: number; statusReplicas: number }): number {
  const allowed = sum.toAdd - sum.added;
  if (set.replicas === 0 || sum.toAdd === 0 || allowed === 0) return 0;
  const fraction = fractionOf(rollout, set, sum.statusReplicas);
  return sum.toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function fractionOf(rollout: Rollout, set: SetSize, statusReplicas: number): number {
  if (rollout.replicas === 0) return -set.replicas;
  const before = set.maxReplicas > 0 ? set.maxReplicas : statusReplicas;
  if (before === 0) return 0;
  return Math.round((set.replicas * (rollout.replicas + rollout.maxSurge)) / before) - set.replicas;
}

function total(sets: readonly SetSize[]): number {
  return sets.reduce((sum, set) => sum + set.replicas, 0);
}

/** Oldest first, then by name. */
export function byAge(a: { created: string; name: string }, b: { created: string; name: string }): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
