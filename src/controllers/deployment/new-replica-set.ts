import { keyOf, keyText } from '../../api/object.ts';
import { Deployment, ReplicaSet, type LabelSelector } from '../../api/kinds.generated.ts';
import { controllerReference, isControlledBy } from '../../api/owner.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { clone, type Mutable } from '../../base/json.ts';
import { errorText } from '../../base/log.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { isTerminating } from '../pods/pod-control.ts';
import { newSetSize } from '../rollout.ts';
import { revisionAnnotation, revisionOf, setDesired, setRevision } from './revision.ts';
import { rolloutOf, sizeOf } from './sizes.ts';
import { countedStatus, findCondition, hasDeadline } from './status.ts';
import { draftCondition, draftRevision, splitSets, updateSet, writeStatus, type Sync } from './sync.ts';
import { sameTemplate, templateHash, templateHashLabel } from './template-hash.ts';

/**
 * The ReplicaSet of the present template, with its revision and annotations brought up to date; made anew where `create` allows it.
 * Undefined where there is none, or where a hash collision put it off: the collision count is written then and a new pass follows.
 */
export async function currentReplicaSet(sync: Sync, options: { create: boolean }): Promise<Readonly<ReplicaSet> | undefined> {
  const { current, old } = splitSets(sync);
  const revision = old.map(revisionOf).reduce((max, each) => (each > max ? each : max), 0n) + 1n;
  if (current !== undefined) return found(sync, current, revision);
  if (!options.create) return undefined;
  const created = await create(sync, revision);
  if (created === undefined) return undefined;
  sync.sets.set(created.metadata.name, created);
  draftRevision(sync, created.metadata.annotations?.[revisionAnnotation]);
  return created;
}

async function found(sync: Sync, current: Readonly<ReplicaSet>, revision: bigint): Promise<Readonly<ReplicaSet>> {
  const { deployment } = sync;
  const next = clone(current);
  const annotated = setRevision(next, sync.cached, revision);
  const minReady = deployment.spec.minReadySeconds ?? 0;
  let set = current;
  if (annotated || (next.spec.minReadySeconds ?? 0) !== minReady) {
    next.spec.minReadySeconds = minReady;
    set = await updateSet(sync, current, next);
  }
  draftRevision(sync, set.metadata.annotations?.[revisionAnnotation]);
  if (hasDeadline(deployment) && findCondition(deployment.status?.conditions, 'Progressing') === undefined) {
    draftCondition(sync, progressing('True', 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`));
  }
  return set;
}

async function create(sync: Sync, revision: bigint): Promise<Readonly<ReplicaSet> | undefined> {
  const { deployment, context } = sync;
  const set = newReplicaSet(sync, revision);
  const name = set.metadata.name;
  try {
    const created = await context.cluster.create(ReplicaSet, set);
    sync.own.made(keyText(keyOf(sync.cached)), created);
    const replicas = created.spec.replicas ?? 0;
    if (replicas > 0) context.event(sync.cached, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    if (hasDeadline(deployment)) draftCondition(sync, progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`));
    return created;
  } catch (error) {
    if (isAlreadyExists(error)) return takeExisting(sync, set);
    if (isTerminating(error)) throw error;
    const message = `Failed to create new replica set "${name}": ${errorText(error)}`;
    if (hasDeadline(deployment)) {
      draftCondition(sync, progressing('False', 'ReplicaSetCreateError', message));
      await writeStatus(sync, countedStatus({ deployment, sets: [...sync.sets.values()], current: undefined, now: context.clock.now() }));
    }
    throw new ReconcileError('ReplicaSetCreateError', message, { cause: error });
  }
}

/** Somebody made it already: we ourselves, and the cache did not show it yet, or a template whose hash is the same. */
async function takeExisting(sync: Sync, wanted: ReplicaSet): Promise<Readonly<ReplicaSet> | undefined> {
  const { cluster, log } = sync.context;
  const existing = await cluster.get(ReplicaSet, keyOf(wanted));
  if (isControlledBy(existing, sync.cached) && sameTemplate(existing.spec.template, wanted.spec.template)) return existing;
  const { status } = sync.cached;
  const collisionCount = (status?.collisionCount ?? 0) + 1;
  log.info('hash collision: another ReplicaSet has the name', { name: wanted.metadata.name, collisionCount });
  await writeStatus(sync, { ...status, collisionCount });
  return undefined;
}

function newReplicaSet(sync: Sync, revision: bigint): ReplicaSet {
  const { deployment, cached } = sync;
  const hash = templateHash(cached.spec.template, cached.status?.collisionCount ?? 0);
  const labels = { ...cached.spec.template.metadata?.labels, [templateHashLabel]: hash };
  const set: Mutable<ReplicaSet> = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels: { ...labels },
      ownerReferences: [controllerReference(Deployment, cached)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: withLabel(deployment.spec.selector, templateHashLabel, hash),
      template: { ...clone(cached.spec.template), metadata: { ...clone(cached.spec.template.metadata ?? {}), labels } },
    },
  };
  set.spec.replicas = newSetSize(rolloutOf(cached), [...sync.sets.values()].map(sizeOf), 0);
  setRevision(set, cached, revision);
  setDesired(set, cached);
  return set;
}

function withLabel(selector: LabelSelector, key: string, value: string): LabelSelector {
  return { ...clone(selector), matchLabels: { ...selector.matchLabels, [key]: value } };
}

function progressing(status: string, reason: string, message: string) {
  return { type: 'Progressing', status, reason, message };
}
