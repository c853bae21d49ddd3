import type { KubeObject } from '../../api/object.ts';
import { valueAt } from '../../base/json.ts';
import { podsText } from './pods.ts';
import {
  conditionOf,
  conditionText,
  failedForGood,
  degraded,
  healthy,
  numberAt,
  progressing,
  suspended,
  textAt,
  type Health,
  type HealthOptions,
} from './status.ts';

const noDeadline = 2 ** 31 - 1;

/** kstatus's order of questions; a paused Deployment is suspended. */
export function deploymentHealth(object: KubeObject, options: HealthOptions): Health {
  if (valueAt(object, ['spec', 'paused']) === true) return suspended('paused');
  const hasDeadline = numberAt(object, ['spec', 'progressDeadlineSeconds'], noDeadline) !== noDeadline;
  const progress = conditionOf(object, 'Progressing');
  const why = podsText(options.pods);
  if (hasDeadline && progress?.reason === 'ProgressDeadlineExceeded') return failedForGood(`${conditionText(progress)}${why}`);
  const waits = rolloutWaits(object);
  if (waits !== undefined) return progressing(`${waits}${refusal(object)}${why}`);
  if (hasDeadline && !(progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable')) {
    return progressing('the new ReplicaSet is not reported available yet');
  }
  const available = conditionOf(object, 'Available');
  if (available?.status !== 'True') return progressing(available === undefined ? 'not reported available yet' : conditionText(available));
  const wanted = numberAt(object, ['spec', 'replicas'], 1);
  return healthy(`${numberAt(object, ['status', 'readyReplicas'], 0)} of ${wanted} pods ready`);
}
/** The first number that is not there yet. */
function rolloutWaits(object: KubeObject): string | undefined {
  const wanted = numberAt(object, ['spec', 'replicas'], 1);
  const count = (name: string) => numberAt(object, ['status', name], 0);
  if (count('replicas') < wanted) return `${count('replicas')} of ${wanted} pods created`;
  if (count('updatedReplicas') < wanted) return `${count('updatedReplicas')} of ${wanted} pods updated`;
  if (count('replicas') > wanted) return `${count('replicas') - wanted} old pods to end`;
  if (count('availableReplicas') < count('updatedReplicas')) return `${count('availableReplicas')} of ${wanted} pods available`;
  return count('readyReplicas') < wanted ? `${count('readyReplicas')} of ${wanted} pods ready` : undefined;
}
/** Why pods could not be made: a quota, admission. */
function refusal(object: KubeObject): string {
  const failure = conditionOf(object, 'ReplicaFailure');
  return failure?.status === 'True' ? `; ${conditionText(failure)}` : '';
}

export function replicaSetHealth(object: KubeObject, options: HealthOptions): Health {
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return degraded(conditionText(failure));
  const wanted = numberAt(object, ['spec', 'replicas'], 1);
  const count = (name: string) => numberAt(object, ['status', name], 0);
  const why = podsText(options.pods);
  for (const [field, word] of [
    ['fullyLabeledReplicas', 'labelled'],
    ['availableReplicas', 'available'],
    ['readyReplicas', 'ready'],
  ] as const) {
    if (count(field) < wanted) return progressing(`${count(field)} of ${wanted} pods ${word}${why}`);
  }
  if (count('replicas') > wanted) return progressing(`${count('replicas') - wanted} pods to end`);
  return healthy(`${count('readyReplicas')} of ${wanted} pods ready`);
}

/** As `kubectl rollout status`, and with OnDelete, of which that says nothing, all but the revisions of the pods. */
export function statefulSetHealth(object: KubeObject, options: HealthOptions): Health {
  const wanted = numberAt(object, ['spec', 'replicas'], 1);
  const count = (name: string) => numberAt(object, ['status', name], 0);
  const why = podsText(options.pods);
  if (count('replicas') < wanted) return progressing(`${count('replicas')} of ${wanted} pods created${why}`);
  if (count('readyReplicas') < wanted) return progressing(`${count('readyReplicas')} of ${wanted} pods ready${why}`);
  if (count('replicas') > wanted) return progressing(`${count('replicas') - wanted} pods to end`);
  const ready = `${count('readyReplicas')} of ${wanted} pods ready`;
  if (updatesOnDelete(object)) {
    const behind = wanted - count('updatedReplicas');
    return healthy(behind > 0 ? `${ready}; ${behind} to be updated when somebody deletes them (OnDelete)` : ready);
  }
  const partition = numberAt(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'], -1);
  if (partition > 0) {
    const due = Math.max(0, wanted - partition);
    if (count('updatedReplicas') < due) return progressing(`${count('updatedReplicas')} of ${due} pods above the partition updated${why}`);
    return healthy(`${due} pods above the partition updated`);
  }
  if (count('currentReplicas') < wanted || textAt(object, ['status', 'currentRevision']) !== textAt(object, ['status', 'updateRevision'])) {
    return progressing(`${count('updatedReplicas')} of ${wanted} pods updated${why}`);
  }
  return healthy(ready);
}
function updatesOnDelete(object: KubeObject): boolean {
  return textAt(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete';
}

/** As `kubectl rollout status`, and with OnDelete, of which that says nothing, all but the revisions of the pods. */
export function daemonSetHealth(object: KubeObject, options: HealthOptions): Health {
  if (valueAt(object, ['status', 'observedGeneration']) === undefined) return progressing('not seen by its controller yet');
  const wanted = numberAt(object, ['status', 'desiredNumberScheduled'], -1);
  if (wanted < 0) return progressing('the number of nodes is not known yet');
  const onDelete = updatesOnDelete(object);
  const why = podsText(options.pods);
  for (const [field, word] of [
    ['currentNumberScheduled', 'scheduled'],
    ...(onDelete ? [] : ([['updatedNumberScheduled', 'updated']] as const)),
    ['numberAvailable', 'available'],
    ['numberReady', 'ready'],
  ] as const) {
    const have = numberAt(object, ['status', field], 0);
    if (have < wanted) return progressing(`${have} of ${wanted} pods ${word}${why}`);
  }
  const behind = onDelete ? wanted - numberAt(object, ['status', 'updatedNumberScheduled'], 0) : 0;
  const later = behind > 0 ? `; ${behind} to be updated when somebody deletes them (OnDelete)` : '';
  return healthy(`${wanted} of ${wanted} pods ready${later}`);
}

export function podDisruptionBudgetHealth(object: KubeObject): Health {
  const allowed = conditionOf(object, 'DisruptionAllowed');
  if (allowed?.status === 'False' && allowed.reason !== 'InsufficientPods') return degraded(conditionText(allowed));
  return healthy('observed');
}
