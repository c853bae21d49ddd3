import { Deployment, Pod, ReplicaSet, type DeploymentSpec } from '../api/kinds.generated.ts';
import { keyText, refOf, refText, type KubeObject } from '../api/object.ts';
import { controllerReference } from '../api/owner.ts';
import { StatusError } from '../api/status.ts';
import { timestamp } from '../base/clock.ts';
import { canonicalJson, clone, type Mutable } from '../base/json.ts';
import { uuid, type Random } from '../base/random.ts';
import type { Connection } from '../client/connect.ts';
import { referencesOf } from '../gitops/references.ts';
import { shortHash } from '../gitops/tracking.ts';
import type { Store } from '../store/store.ts';
import { runningStatus } from './running-status.ts';

export interface Seeding {
  readonly store: Store<KubeObject>;
  readonly client: Connection;
  readonly nowMs: number;
  readonly random: Random;
  /** Where the pods of a Deployment are, one name for each; undefined where nobody knows. `count`: of pods before. */
  placesOf(deployment: Readonly<Deployment>, count: number): readonly string[] | undefined;
}

/** Nodes that all have room for everything: pods go to one after the other. */
export function inTurn(nodes: readonly string[]): Seeding['placesOf'] {
  return (deployment, count) => {
    const asks = Object.keys(deployment.spec.template.spec ?? {}).some((name) => placing.has(name));
    const { replicas = 1 } = deployment.spec;
    return asks ? undefined : Array.from({ length: replicas }, (_, at) => nodes[(count + at) % nodes.length] as string);
  };
}

/** Nodes on which they are seen, where as many are seen as are wanted. */
export function whereSeen(placed: ReadonlyMap<string, readonly string[]>): Seeding['placesOf'] {
  return (deployment) => {
    const seen = placed.get(refText(refOf(deployment)));
    return seen?.length === (deployment.spec.replicas ?? 1) ? seen : undefined;
  };
}

/** For how long everything has run already. */
const ageMs = 3_600_000;

/**
 * Writes Deployments of ordinary pods as they stand after a long rest: their ReplicaSet, their pods, all available. It is where the
 * controllers would bring them, at a tenth of the work; what is not ordinary is left to them. For a store to which nobody else writes.
 */
export async function seedAtRest(seeding: Seeding): Promise<void> {
  const { items } = await seeding.client.list(Deployment);
  const ruled = await ruledNamespaces(seeding);
  let count = 0;
  for (const item of items) {
    if (ruled.has(item.metadata.namespace ?? '') || !isOrdinary(item) || !(await isWhole(item, seeding))) continue;
    const places = seeding.placesOf(item, count);
    if (places !== undefined) count = await seedOne(item, seeding, { count, places });
  }
}

/** Where quotas and limits say what may be there, they are asked. */
async function ruledNamespaces({ store }: Seeding): Promise<ReadonlySet<string>> {
  const [quotas, ranges] = [await store.list('core/resourcequotas/'), await store.list('core/limitranges/')];
  return new Set([...quotas.entries, ...ranges.entries].map(({ key }) => key.split('/')[2] ?? ''));
}

/** What says to which nodes pods may go. */
const placing = new Set(['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints']);
const ordinary = new Set([
  ...placing,
  ...['containers', 'volumes', 'dnsPolicy', 'restartPolicy', 'schedulerName', 'securityContext', 'terminationGracePeriodSeconds'],
  ...['serviceAccountName', 'serviceAccount', 'imagePullSecrets', 'automountServiceAccountToken', 'enableServiceLinks'],
]);
/** Whether its pods ask for nothing out of the ordinary; `anywhere`: nor for certain nodes. It must have its defaults. */
export function isOrdinary({ spec }: Readonly<Deployment>, where?: 'anywhere'): boolean {
  const { template, paused = false, replicas = 1 } = spec;
  const pod = template.spec;
  if (pod === undefined || paused || replicas === 0 || pod.schedulerName !== 'default-scheduler') return false;
  if (!Object.keys(pod).every((name) => ordinary.has(name) && !(where === 'anywhere' && placing.has(name)))) return false;
  if ((pod.volumes ?? []).some((volume) => volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined)) return false;
  if (pod.containers.some(({ ports = [] }) => ports.some(({ hostPort }) => hostPort !== undefined))) return false;
  return !Object.keys(template.metadata?.annotations ?? {}).some((name) => name.startsWith('simulated.steersman.dev/'));
}

/** All that its pods read is there. */
async function isWhole(deployment: Readonly<Deployment>, { store }: Seeding): Promise<boolean> {
  for (const { ref, optional } of referencesOf(deployment)) {
    if (optional || ref.kind === 'ServiceAccount' || ref.name === 'kube-root-ca.crt') continue;
    const entry = await store.get(`core/${ref.kind.toLowerCase()}s/${keyText(ref)}`);
    if (entry === undefined) return false;
  }
  return true;
}

async function seedOne(
  deployment: Readonly<Deployment>,
  seeding: Seeding,
  { count, places }: { readonly count: number; readonly places: readonly string[] },
): Promise<number> {
  const { store, client } = seeding;
  const { replicas = 1 } = deployment.spec;
  const hash = shortHash(canonicalJson(deployment.spec.template), 10);
  const set = await client.create(ReplicaSet, setOf(deployment, hash));
  const counts = { replicas, readyReplicas: replicas, availableReplicas: replicas };
  await rewrite(store, `apps/replicasets/${keyOf(set)}`, (object) => {
    object['status'] = { ...counts, fullyLabeledReplicas: replicas, observedGeneration: set.metadata.generation ?? 1 };
  });
  const placed = (at: number): string => places[at] as string;
  const wanted = podOf(set, hash, placed(0), suffix(seeding.random));
  const first = await refusedIsUndefined(client.create(Pod, wanted));
  // Who refuses one refuses the others, and the controllers find that out.
  if (first === undefined) return count;
  for (let at = 0; at < replicas; at++) await seedPod(first, seeding, { at, node: placed(at), number: count + at });
  await rewrite(store, `apps/deployments/${keyOf(deployment)}`, (object) => {
    const { metadata } = object as unknown as { metadata: Mutable<KubeObject['metadata']> };
    metadata.annotations = { ...metadata.annotations, 'deployment.kubernetes.io/revision': '1' };
    object['status'] = {
      ...counts,
      observedGeneration: metadata.generation ?? 1,
      updatedReplicas: replicas,
      conditions: conditionsOf(set.metadata.name, timestamp({ now: () => seeding.nowMs - ageMs })),
    };
  });
  return count + replicas;
}

async function refusedIsUndefined<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}
function keyOf({ metadata }: Pick<KubeObject, 'metadata'>): string {
  return keyText({ namespace: metadata.namespace ?? '', name: metadata.name });
}
function suffix(random: Random): string {
  return uuid(random).slice(0, 5);
}

/** Changes what is stored behind the server's back. */
async function rewrite(store: Store<KubeObject>, key: string, change: (object: Record<string, unknown>) => void): Promise<void> {
  const entry = await store.get(key);
  if (entry === undefined) throw new Error(`${key} was written and is not there`);
  const object = clone(entry.value()) as KubeObject;
  change(object as unknown as Record<string, unknown>);
  await store.put(key, object, entry.revision);
}

function setOf(deployment: Readonly<Deployment>, hash: string): ReplicaSet {
  const { namespace = '', name, annotations = {} } = deployment.metadata;
  const { template, selector, replicas = 1, minReadySeconds = 0 } = deployment.spec;
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...Object.fromEntries(Object.entries(annotations).filter(([each]) => each !== 'kubectl.kubernetes.io/last-applied-configuration')),
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': String(replicas),
        'deployment.kubernetes.io/max-replicas': String(replicas + surgeOf(deployment.spec)),
      },
      ownerReferences: [controllerReference(Deployment, deployment)],
    },
    spec: {
      replicas,
      minReadySeconds,
      selector: { ...clone(selector), matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
      template: { ...clone(template), metadata: { ...clone(template.metadata ?? {}), labels } },
    },
  } as ReplicaSet;
}
function surgeOf({ strategy, replicas = 1 }: Readonly<DeploymentSpec>): number {
  if (strategy?.type === 'Recreate') return 0;
  const surge = strategy?.rollingUpdate?.maxSurge ?? '25%';
  return typeof surge === 'number' ? surge : Math.ceil((Number.parseInt(surge, 10) * replicas) / 100);
}

function podOf(set: Readonly<ReplicaSet>, hash: string, nodeName: string, end: string): Pod {
  const { metadata, spec } = set.spec.template as { metadata?: object; spec?: object };
  const { namespace = '', name } = set.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...clone(metadata ?? {}),
      name: `${name}-${end}`,
      generateName: `${name}-`,
      namespace,
      ownerReferences: [controllerReference(ReplicaSet, set)],
    },
    spec: { ...clone(spec ?? {}), nodeName },
  } as Pod;
}

/** The first pod as it is after a long rest, or one more like it. */
async function seedPod(
  first: Readonly<Pod>,
  { store, random, nowMs }: Seeding,
  { at, node, number }: { at: number; node: string; number: number },
): Promise<void> {
  const key = `core/pods/${keyOf(first)}`;
  const entry = await store.get(key);
  const pod = clone(first) as Mutable<Pod>;
  if (at > 0) {
    pod.metadata.name = `${pod.metadata.generateName}${suffix(random)}`;
    pod.metadata.uid = uuid(random);
  }
  if (pod.spec !== undefined) pod.spec.nodeName = node;
  pod.status = runningStatus(first, { since: timestamp({ now: () => nowMs - ageMs }), number, random });
  await store.put(`core/pods/${keyOf(pod)}`, pod as unknown as KubeObject, at === 0 ? (entry?.revision ?? 0) : 0);
}

function conditionsOf(set: string, since: string): object[] {
  const times = { lastUpdateTime: since, lastTransitionTime: since };
  const available = { reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' };
  const done = { reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${set}" has successfully progressed.` };
  return [
    { type: 'Available', status: 'True', ...available, ...times },
    { type: 'Progressing', status: 'True', ...done, ...times },
  ];
}
