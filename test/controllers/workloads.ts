import type {
  DaemonSet,
  DaemonSetSpec,
  Deployment,
  DeploymentSpec,
  Job,
  JobSpec,
  Pod,
  PodSpec,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StatefulSetSpec,
} from '../../src/api/kinds.generated.ts';
import * as kinds from '../../src/api/kinds.generated.ts';
import type { Mutable } from '../../src/base/json.ts';
import { clone } from '../../src/base/json.ts';
import type { Kind, KubeObject } from '../../src/api/object.ts';
import { isConflict } from '../../src/api/status.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { revisionOf } from '../../src/controllers/deployment/revision.ts';
import type { TestCluster } from '../support/cluster.ts';

export const namespace = 'default';

export interface WorkloadOptions {
  readonly replicas?: number;
  readonly image?: string;
  /** Scripts of the simulated runtime, without their prefix. */
  readonly script?: Readonly<Record<string, string>>;
  readonly pod?: Partial<PodSpec>;
}

/** With a readiness probe, so that the script says when a pod is ready. */
export function templateOf(labels: Record<string, string>, options: WorkloadOptions = {}) {
  const annotations = Object.fromEntries(
    Object.entries(options.script ?? {}).map(([key, value]) => [`simulated.steersman.dev/${key}`, value]),
  );
  const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 };
  return {
    metadata: { labels, annotations },
    spec: { containers: [{ name: 'main', image: options.image ?? 'web:1', readinessProbe }], ...options.pod } as PodSpec,
  };
}

export function deploymentOf(name: string, options: WorkloadOptions & { spec?: Partial<DeploymentSpec> } = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: options.replicas ?? 3,
      selector: { matchLabels: { app: name } },
      template: templateOf({ app: name }, options),
      ...options.spec,
    },
  };
}

export function replicaSetOf(name: string, options: WorkloadOptions = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace },
    spec: { replicas: options.replicas ?? 3, selector: { matchLabels: { app: name } }, template: templateOf({ app: name }, options) },
  };
}

export function replicationControllerOf(name: string, options: WorkloadOptions = {}): ReplicationController {
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name, namespace },
    spec: { replicas: options.replicas ?? 3, selector: { app: name }, template: templateOf({ app: name }, options) },
  };
}

export function statefulSetOf(name: string, options: WorkloadOptions & { spec?: Partial<StatefulSetSpec> } = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace },
    spec: {
      replicas: options.replicas ?? 3,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: templateOf({ app: name }, options),
      ...options.spec,
    },
  };
}

export function daemonSetOf(name: string, options: WorkloadOptions & { spec?: Partial<DaemonSetSpec> } = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { app: name } }, template: templateOf({ app: name }, options), ...options.spec },
  };
}

export function jobOf(name: string, options: WorkloadOptions & { spec?: Partial<JobSpec> } = {}): Job {
  const container = { name: 'main', image: 'job:1' };
  const template = templateOf({}, { ...options, pod: { containers: [container], restartPolicy: 'Never', ...options.pod } });
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace }, spec: { template, ...options.spec } };
}

export function serviceOf(name: string, spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  };
}

export function podOf(name: string, labels: Record<string, string>): Pod {
  const { spec } = templateOf(labels);
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec };
}

/** Changes an object, again where somebody else wrote in between. */
export async function edit<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  name: string,
  change: (object: Mutable<T>) => void,
): Promise<Readonly<T>> {
  for (;;) {
    const object = clone(await cluster.get(kind, { namespace: kind.namespaced ? namespace : '', name }));
    change(object);
    try {
      // A mutable copy of T is a T.
      return await cluster.update(kind, object as unknown as T);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

export async function podsOf(cluster: Cluster, app: string): Promise<readonly Readonly<Pod>[]> {
  return (await cluster.list(kinds.Pod, { namespace, labelSelector: `app=${app}` })).items;
}

export async function setsOf(cluster: Cluster, app: string): Promise<readonly Readonly<ReplicaSet>[]> {
  const { items } = await cluster.list(kinds.ReplicaSet, { namespace, labelSelector: `app=${app}` });
  return [...items].sort((a, b) => Number(revisionOf(a) - revisionOf(b)));
}

/** Reason and message of every event about an object, without repeats, in the order in which they came last. */
export async function eventsOf(cluster: Cluster, kind: string, name: string): Promise<readonly string[]> {
  const { items } = await cluster.list(kinds.Event, { namespace });
  return items
    .filter((event) => event.involvedObject.kind === kind && event.involvedObject.name === name)
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ type, reason, message }) => `${type === 'Warning' ? 'Warning ' : ''}${reason}: ${message}`);
}

/** What the pods of an app were at one revision of the store. */
export interface Moment {
  readonly available: number;
  /** Not ended and not asked to end. */
  readonly active: number;
}

/** Records the pods of an app at every revision from now on. */
export function recordMoments(cluster: TestCluster, app: string): { moments: Moment[]; stop(): Promise<void> } {
  const ending = new AbortController();
  const pods = new Map<string, Pod>();
  const moments: Moment[] = [];
  const done = (async () => {
    const { entries, revision } = await cluster.store.list('core/pods/');
    for (const entry of entries) pods.set(entry.key, entry.value() as Pod);
    for await (const change of cluster.store.watch('core/pods/', revision, ending.signal)) {
      if (change.type === 'put') pods.set(change.entry.key, change.entry.value() as Pod);
      else pods.delete(change.previous.key);
      const own = [...pods.values()].filter(
        (pod) =>
          pod.metadata.labels?.['app'] === app &&
          pod.metadata.deletionTimestamp === undefined &&
          pod.status?.phase !== 'Failed' &&
          pod.status?.phase !== 'Succeeded',
      );
      const ready = own.filter((pod) => pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'));
      moments.push({ available: ready.length, active: own.length });
    }
  })();
  return {
    moments,
    stop: async () => {
      ending.abort();
      await done;
    },
  };
}
