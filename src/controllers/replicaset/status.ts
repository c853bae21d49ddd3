import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus, ReplicationController } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { isPodReady, msUntilAvailable } from '../pods/pod-state.ts';

export interface StatusInput {
  readonly set: Readonly<ReplicaSet | ReplicationController>;
  readonly active: readonly Readonly<Pod>[];
  /** How many pods are going; undefined for a kind that does not tell. */
  readonly terminating?: number | undefined;
  /** What adjusting the pods failed with. */
  readonly failure: Error | undefined;
  readonly now: number;
}

/** Counters over the active pods, and the condition ReplicaFailure. */
export function replicaSetStatus(input: StatusInput): ReplicaSetStatus {
  const { set, active, terminating, now } = input;
  const isLabelled = forEachLabels(set.spec.template?.metadata?.labels ?? {});
  const ready = active.filter(isPodReady);
  const { minReadySeconds = 0 } = set.spec;
  const available = minReadySeconds === 0 ? ready : ready.filter((pod) => msUntilAvailable(pod, minReadySeconds, now) === 0);
  const conditions = failureConditions(input);
  return {
    replicas: active.length,
    ...unlessZero('fullyLabeledReplicas', active.filter(isLabelled).length),
    ...unlessZero('readyReplicas', ready.length),
    ...unlessZero('availableReplicas', available.length),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...unlessZero('observedGeneration', set.metadata.generation ?? 0),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** Pods of one template share their labels in a cache: most are looked at once. */
function forEachLabels(wanted: Readonly<Record<string, string>>): (pod: Readonly<Pod>) => boolean {
  const labels = Object.entries(wanted);
  const known = new Map<unknown, boolean>();
  return ({ metadata }) => {
    const has = known.get(metadata.labels) ?? labels.every(([key, value]) => metadata.labels?.[key] === value);
    known.set(metadata.labels, has);
    return has;
  };
}

function unlessZero(name: keyof ReplicaSetStatus, value: number): Partial<ReplicaSetStatus> {
  return value === 0 ? {} : { [name]: value };
}

function failureConditions({ set, active, failure, now }: StatusInput): ReplicaSetCondition[] {
  const conditions = set.status?.conditions ?? [];
  const others = conditions.filter((condition) => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  if (others.length < conditions.length) return conditions;
  const reason = active.length < (set.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
  const since = timestamp({ now: () => now });
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: since, reason, message: errorText(failure) }];
}

/** True where nothing needs to be written. */
export function sameStatus(set: Readonly<ReplicaSet | ReplicationController>, status: ReplicaSetStatus): boolean {
  return jsonEqual({ ...set.status, replicas: set.status?.replicas ?? -1 }, status);
}
