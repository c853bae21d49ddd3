import type { Deployment, ReplicaSet } from '../../api/kinds.generated.ts';
import type { Mutable } from '../../base/json.ts';
import { maxReplicasAnnotation, rolloutOf } from './sizes.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
/** What describes one object alone and so is not handed from a Deployment to its ReplicaSets. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);
/** The revision history is cut at this length, as upstream. */
const historyLimit = 2000;

/** 0 where there is none or it is no number; as upstream's int64 it may be larger than numbers count exactly. */
export function revisionOf(object: { metadata: { annotations?: Readonly<Record<string, string>> } }): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation];
  return text === undefined || !/^\d+$/.test(text) ? 0n : BigInt(text);
}

/** The replicas that the Deployment wanted when it last scaled this set; undefined where it never did. */
export function desiredReplicasOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[desiredAnnotation];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** Writes what the Deployment now wants on the set. Answers whether that changed anything. */
export function setDesired(set: Mutable<ReplicaSet>, deployment: Deployment): boolean {
  const rollout = rolloutOf(deployment);
  const desired = setAnnotation(set, desiredAnnotation, String(rollout.replicas));
  return setAnnotation(set, maxReplicasAnnotation, String(rollout.replicas + rollout.maxSurge)) || desired;
}

/**
 * Hands the Deployment's annotations to its new ReplicaSet and raises the set's revision; a revision that it had before (it was the
 * new one once: this is a rollback) goes into its history. Answers whether that changed anything.
 */
export function setRevision(set: Mutable<ReplicaSet>, deployment: Deployment, revision: bigint): boolean {
  let changed = false;
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) changed = setAnnotation(set, key, value) || changed;
  }
  const former = set.metadata.annotations?.[revisionAnnotation];
  if (revisionOf(set) >= revision) return changed;
  setAnnotation(set, revisionAnnotation, String(revision));
  if (former !== undefined) remember(set, former);
  return true;
}

function remember(set: Mutable<ReplicaSet>, former: string): void {
  const history = (set.metadata.annotations?.[historyAnnotation] ?? '').split(',').filter((entry) => entry !== '');
  history.push(former);
  while (history.join(',').length > historyLimit) history.shift();
  setAnnotation(set, historyAnnotation, history.join(','));
}

function setAnnotation(set: Mutable<ReplicaSet>, key: string, value: string): boolean {
  const annotations = (set.metadata.annotations ??= {});
  if (annotations[key] === value) return false;
  annotations[key] = value;
  return true;
}

/** Oldest revision first; sets of one revision by age. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [first, second] = [revisionOf(a), revisionOf(b)];
  if (first !== second) return first < second ? -1 : 1;
  return created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : 0;
}
function created(set: ReplicaSet): string {
  return set.metadata.creationTimestamp ?? '';
}
