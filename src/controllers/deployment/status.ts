import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/kinds.generated.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import { observed, rolloutOf, wantedBy } from './sizes.ts';

/** Conditions in the order of their last change of state, as kubectl shows them. */
export type Conditions = readonly DeploymentCondition[];
/** progressDeadlineSeconds of this value switches the deadline off, as upstream. */
const noDeadline = 2 ** 31 - 1;

export interface StatusInput {
  /** With the conditions to start from. */
  readonly deployment: Deployment;
  /** Old and new. */
  readonly sets: readonly ReplicaSet[];
  readonly current: ReplicaSet | undefined;
  readonly now: number;
}

export function findCondition(conditions: Conditions | undefined, type: string): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The conditions with this one in place of its former; unchanged when state and reason are the same. */
export function withCondition(
  conditions: Conditions,
  next: Omit<DeploymentCondition, 'lastUpdateTime' | 'lastTransitionTime'>,
  now: number,
): Conditions {
  const former = findCondition(conditions, next.type);
  if (former !== undefined && former.status === next.status && former.reason === next.reason) return conditions;
  const time = timestamp({ now: () => now });
  const since = former?.status === next.status ? former.lastTransitionTime : undefined;
  return [...without(conditions, next.type), { ...next, lastUpdateTime: time, lastTransitionTime: since ?? time }];
}

export function without(conditions: Conditions, type: string): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}

export function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== noDeadline;
}

/** Counters and the Available condition; the other conditions stay as they are. */
export function countedStatus(input: StatusInput): DeploymentStatus {
  const { deployment, sets, current, now } = input;
  const rollout = rolloutOf(deployment);
  const available = observed(sets, 'availableReplicas');
  const enough = available >= rollout.replicas - rollout.maxUnavailable;
  const conditions = withCondition(
    deployment.status?.conditions ?? [],
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    },
    now,
  );
  const terminating = terminatingOf(sets);
  const counted = withoutZeroes({
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: observed(sets, 'replicas'),
    updatedReplicas: current === undefined ? 0 : (current.status?.replicas ?? 0),
    readyReplicas: observed(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedBy(sets) - available),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: [...conditions],
  });
  return { ...counted, ...(terminating === undefined ? {} : { terminatingReplicas: terminating }) };
}

/** How many pods of the sets are going; undefined where one that was looked at does not tell. */
function terminatingOf(sets: readonly ReplicaSet[]): number | undefined {
  const told = sets.filter(({ status }) => status?.observedGeneration !== undefined || status?.terminatingReplicas !== undefined);
  const counts = told.map(({ status }) => status?.terminatingReplicas);
  return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** Counters of 0 are left out, as upstream's omitempty does. */
function withoutZeroes(status: DeploymentStatus): DeploymentStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0)) as DeploymentStatus;
}

/** The status of a Deployment that rolls: counters, then Progressing and ReplicaFailure. As upstream's syncRolloutStatus. */
export function rolloutStatus(input: StatusInput): DeploymentStatus {
  const counted = countedStatus(input);
  const conditions = withFailures(withProgress(input, counted), input);
  return { ...counted, conditions: [...conditions] };
}

function withProgress(input: StatusInput, counted: DeploymentStatus): Conditions {
  const { deployment, current, now } = input;
  const conditions = counted.conditions ?? [];
  if (!hasDeadline(deployment)) return without(conditions, 'Progressing');
  const former = findCondition(deployment.status?.conditions, 'Progressing');
  if (former?.reason === 'NewReplicaSetAvailable' && counted.replicas === counted.updatedReplicas) return conditions;
  const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const progressing = (status: string, reason: string, does: string) => ({
    type: 'Progressing',
    status,
    reason,
    message: `${subject} ${does}.`,
  });
  if (isComplete(deployment, counted)) {
    return withCondition(conditions, progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed'), now);
  }
  if (hasProgressed(deployment.status ?? {}, counted)) {
    // Progress counts from now on, also where state and reason stay as they were.
    const next = withCondition(without(conditions, 'Progressing'), progressing('True', 'ReplicaSetUpdated', 'is progressing'), now);
    return former?.status === 'True' ? withTransition(next, 'Progressing', former.lastTransitionTime) : next;
  }
  if (msUntilDeadline(deployment, former, now) === 0) {
    return withCondition(conditions, progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing'), now);
  }
  return conditions;
}

function withTransition(conditions: Conditions, type: string, time: string | undefined): Conditions {
  return conditions.map((condition) =>
    condition.type === type && time !== undefined ? { ...condition, lastTransitionTime: time } : condition,
  );
}

/** All pods are of the new template, as many as wanted, and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas = 1 } = deployment.spec;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const updated = (status: DeploymentStatus): number => status.updatedReplicas ?? 0;
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - updated(status);
  return (
    updated(after) > updated(before) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Milliseconds until a rollout counts as stuck: 0 when it does, Infinity when it cannot become so. */
export function msUntilDeadline(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): number {
  if (!hasDeadline(deployment) || progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return Infinity;
  if (progressing.reason === 'ProgressDeadlineExceeded') return 0;
  const since = parseTime(progressing.lastUpdateTime) ?? now;
  return Math.max(0, since + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000 + 1 - now);
}

function withFailures(conditions: Conditions, input: StatusInput): Conditions {
  const { sets, current, now } = input;
  const failureOf = (set: ReplicaSet | undefined) => set?.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const failure = failureOf(current) ?? sets.map(failureOf).find((condition) => condition !== undefined);
  if (failure === undefined) return without(conditions, 'ReplicaFailure');
  const { status, reason = '', message = '' } = failure;
  return withCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, now);
}
