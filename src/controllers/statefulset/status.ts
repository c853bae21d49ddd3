import type { Pod, StatefulSet, StatefulSetStatus } from '../../api/kinds.generated.ts';
import { podRevision } from './identity.ts';
import { isGoing, isRunningAndAvailable, isRunningAndReady, type Yardstick } from './replicas.ts';

export interface StatusInput extends Yardstick {
  readonly set: Readonly<StatefulSet>;
  /** Those that there are. */
  readonly pods: readonly Readonly<Pod>[];
  /** Uids of pods that were asked to end in this pass. */
  readonly deleted: ReadonlySet<string>;
  /** Names of the revisions. */
  readonly current: string;
  readonly update: string;
  readonly collisions: number;
}

/** Counters over the pods of a set. When all are of the newest revision and ready, that becomes the current one. */
export function statefulSetStatus(input: StatusInput): StatefulSetStatus {
  const { set, pods, deleted, current, update } = input;
  const count = (test: (pod: Readonly<Pod>) => boolean): number => pods.filter(test).length;
  const staying = (pod: Readonly<Pod>): boolean => !isGoing(pod) && !deleted.has(pod.metadata.uid ?? '');
  const ready = count(isRunningAndReady);
  const updated = count((pod) => staying(pod) && podRevision(pod) === update);
  const wanted = set.spec.replicas ?? 1;
  const complete = set.spec.updateStrategy?.type !== 'OnDelete' && updated === wanted && ready === wanted && pods.length === wanted;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    ...unlessZero('readyReplicas', ready),
    ...unlessZero('currentReplicas', complete ? updated : count((pod) => staying(pod) && podRevision(pod) === current)),
    ...unlessZero('updatedReplicas', updated),
    currentRevision: complete ? update : current,
    updateRevision: update,
    collisionCount: input.collisions,
    availableReplicas: count((pod) => isRunningAndReady(pod) && isRunningAndAvailable(pod, input)),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}

function unlessZero(name: keyof StatefulSetStatus, value: number): Partial<StatefulSetStatus> {
  return value === 0 ? {} : { [name]: value };
}
