import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus, ReplicationController } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';

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
  const labels = Object.entries(set.spec.template?.metadata?.labels ?? {});
  const minReady = set.spec.minReadySeconds ?? 0;
  const count = (test: (pod: Readonly<Pod>) => boolean): number => active.filter(test).length;
  const conditions = failureConditions(input);
  return {
    replicas: active.length,
    ...unlessZero(
      'fullyLabeledReplicas',
      count((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)),
    ),
    ...unlessZero('readyReplicas', count(isPodReady)),
    ...unlessZero(
      'availableReplicas',
      count((pod) => isPodAvailable(pod, minReady, now)),
    ),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...unlessZero('observedGeneration', set.metadata.generation ?? 0),
    ...(conditions.length === 0 ? {} : { conditions }),
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
