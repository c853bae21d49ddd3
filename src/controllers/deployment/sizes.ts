import type { Deployment, ReplicaSet } from '../../api/kinds.generated.ts';
import { rolloutLimits, type Rollout, type SetSize } from '../rollout.ts';

export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** What the Deployment asks for, defaults filled in, limits resolved. @throws ReconcileError InvalidStrategy */
export function rolloutOf(deployment: Deployment): Rollout {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return { replicas, strategy: 'Recreate', maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  return { replicas, strategy: 'RollingUpdate', ...rolloutLimits(replicas, { maxSurge, maxUnavailable }) };
}

/** A ReplicaSet as the rollout arithmetic sees it. */
export function sizeOf(set: ReplicaSet): SetSize {
  const max = set.metadata.annotations?.[maxReplicasAnnotation] ?? '';
  return {
    name: set.metadata.name,
    replicas: wanted(set),
    pods: Math.max(wanted(set), set.status?.replicas ?? 0),
    // A set that was made smaller a moment ago has pods in its status that are about to go.
    available: Math.min(set.status?.availableReplicas ?? 0, wanted(set)),
    unhealthy: unhealthyOf(set),
    created: set.metadata.creationTimestamp ?? '',
    maxReplicas: /^\d+$/.test(max) ? Number(max) : 0,
  };
}

/** What its status has counted and is not available; and what it cannot make, which it says. */
function unhealthyOf(set: ReplicaSet): number {
  const { replicas = 0, availableReplicas = 0, conditions = [] } = set.status ?? {};
  const fails = conditions.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const counted = fails ? wanted(set) : Math.min(replicas, wanted(set));
  return Math.max(0, counted - availableReplicas);
}

/** spec.replicas, 1 by default. */
export function wanted(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}
export function wantedBy(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + wanted(set), 0);
}
/** The sum of one counter over the sets' statuses. */
export function observed(sets: readonly ReplicaSet[], counter: 'replicas' | 'readyReplicas' | 'availableReplicas'): number {
  return sets.reduce((sum, set) => sum + (set.status?.[counter] ?? 0), 0);
}
