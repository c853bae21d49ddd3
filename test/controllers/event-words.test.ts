import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigMap,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  HorizontalPodAutoscaler,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  ReplicaSet,
  Service,
  StatefulSet,
  type MetricSpec,
} from '../../src/api/kinds.generated.ts';
import { StatusError } from '../../src/api/status.ts';
import type { Connection } from '../../src/client/connect.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import {
  daemonSetOf,
  deploymentOf,
  edit,
  eventsOf,
  jobOf,
  namespace,
  podOf,
  podsOf,
  replicaSetOf,
  serviceOf,
  setsOf,
  statefulSetOf,
} from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
/** What the controllers may not do: method and end of the path. */
let refused: readonly [method: string, path: RegExp] | undefined;

beforeEach(async () => {
  refused = undefined;
  cluster = await startCluster({
    between: (handle, user) => (request) => {
      const [method, path] = refused ?? ['', /^/];
      const isRefused = request.method === method && path.test(request.path) && user.name.includes('controller');
      return isRefused ? Promise.resolve(errorAnswer(new StatusError(403, 'Forbidden', 'not now'), true)) : handle(request);
    },
  });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const seconds = (count: number) => cluster.clock.advance(count * 1000);
const conditionsOf = (object: { status?: { conditions?: readonly object[] } }) =>
  (object.status?.conditions ?? []).map((each) => {
    const { type, status, reason, message } = each as Record<string, string>;
    return `${type}=${status} ${reason}: ${message}`;
  });

/** Each message as kube-controller-manager of v1.35 has it in its source. */
describe('what cannot be done is told in the words of kube-controller-manager', () => {
  it('a ReplicaSet that cannot be made', async () => {
    refused = ['POST', /\/replicasets$/];
    await admin.create(Deployment, deploymentOf('web'));
    await seconds(3);
    const [told = ''] = await eventsOf(admin, 'Deployment', 'web');
    expect(told).toMatch(/^Warning ReplicaSetCreateError: Failed to create new replica set "web-[a-z0-9]+": not now$/);
    const message = told.slice('Warning ReplicaSetCreateError: '.length);
    expect(conditionsOf(await admin.get(Deployment, { namespace, name: 'web' }))).toContain(
      `Progressing=False ReplicaSetCreateError: ${message}`,
    );
  });

  it('a pod that cannot be deleted, which its Deployment shows too', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 2 }));
    await cluster.settle();
    refused = ['DELETE', /\/pods\//];
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 1));
    await seconds(3);
    const [set] = await setsOf(admin, 'web');
    expect(await eventsOf(admin, 'ReplicaSet', set?.metadata.name ?? '')).toContain('Warning FailedDelete: Error deleting: not now');
    expect(conditionsOf(set ?? {})).toEqual(['ReplicaFailure=True FailedDelete: not now']);
    expect(conditionsOf(await admin.get(Deployment, { namespace, name: 'web' }))).toContain('ReplicaFailure=True FailedDelete: not now');
    expect(await eventsOf(admin, 'Deployment', 'web')).toContain(
      `ScalingReplicaSet: Scaled down replica set ${set?.metadata.name} from 2 to 1`,
    );
  });

  it('the pods and claims of a StatefulSet', async () => {
    const template = (name: string) => ({
      apiVersion: 'v1' as const,
      kind: 'PersistentVolumeClaim' as const,
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } },
    });
    refused = ['POST', /\/persistentvolumeclaims$/];
    await admin.create(StatefulSet, statefulSetOf('db', { replicas: 1, spec: { volumeClaimTemplates: [template('data')] } }));
    await seconds(2);
    expect([...(await eventsOf(admin, 'StatefulSet', 'db'))].sort()).toEqual([
      'Warning FailedCreate: create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: not now',
      'Warning FailedCreate: create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: not now',
    ]);
    refused = undefined;
    await admin.create(StatefulSet, statefulSetOf('web', { replicas: 1 }));
    await cluster.settle();
    refused = ['DELETE', /\/pods\//];
    await edit(admin, StatefulSet, 'web', (object) => void (object.spec.replicas = 0));
    await seconds(2);
    expect(await eventsOf(admin, 'StatefulSet', 'web')).toEqual([
      'SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
      'Warning FailedDelete: delete Pod web-0 in StatefulSet web failed error: not now',
    ]);
  });

  it('the Jobs of a CronJob', async () => {
    const script = { 'simulated.steersman.dev/run': '1h' };
    const template = { metadata: { annotations: script }, spec: jobOf('x', {}).spec.template.spec! };
    await admin.create(CronJob, {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick', namespace },
      spec: { schedule: '* * * * *', concurrencyPolicy: 'Replace', jobTemplate: { spec: { template } } },
    });
    refused = ['POST', /\/jobs$/];
    await seconds(61);
    expect(await eventsOf(admin, 'CronJob', 'tick')).toEqual(['Warning FailedCreate: Error creating job: not now']);
    refused = undefined;
    await seconds(30);
    refused = ['DELETE', /\/jobs\//];
    await seconds(60);
    expect(await eventsOf(admin, 'CronJob', 'tick')).toContain('Warning FailedDelete: Deleted job: not now');
    refused = ['GET', /\/jobs\/tick/];
    await seconds(60);
    expect(await eventsOf(admin, 'CronJob', 'tick')).toContain('Warning FailedGet: Get job: not now');
  });

  it('what is left of a namespace', async () => {
    await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' }, spec: {} });
    await admin.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'it', namespace: 'going' } });
    await cluster.settle();
    refused = ['DELETE', /\/configmaps\/it$/];
    await admin.delete(Namespace, { namespace: '', name: 'going' });
    await seconds(2);
    const [failure] = conditionsOf(await admin.get(Namespace, { namespace: '', name: 'going' })).filter((text) =>
      text.includes('=True ContentDel'),
    );
    expect(failure).toBe(
      'NamespaceDeletionContentFailure=True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: not now',
    );
  });

  it('the Endpoints of a Service', async () => {
    refused = ['POST', /\/endpoints$/];
    await admin.create(Service, serviceOf('web'));
    await seconds(2);
    expect(await eventsOf(admin, 'Endpoints', 'web')).toEqual([
      'Warning FailedToCreateEndpoint: Failed to create endpoint for service default/web: not now',
    ]);
    refused = ['POST', /\/endpointslices$/];
    await admin.create(Service, serviceOf('db'));
    await seconds(2);
    const [told] = await eventsOf(admin, 'Service', 'db');
    expect(told).toBe(
      'Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/db: ' +
        'failed to create EndpointSlice for Service default/db: not now',
    );
    const { items } = await admin.list(EndpointSlice, { namespace, labelSelector: 'kubernetes.io/service-name=web' });
    refused = ['PUT', /\/endpointslices\//];
    await edit(admin, Service, 'web', (service) => void (service.metadata.labels = { changed: 'yes' }));
    await seconds(1);
    expect((await eventsOf(admin, 'Service', 'web')).filter((text) => text.includes(' update '))).toEqual([
      'Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: ' +
        `failed to update ${items[0]?.metadata.name} EndpointSlice for Service default/web: not now`,
    ]);
  });
});

describe('what is under way is told too', () => {
  it('of a Deployment', async () => {
    await admin.create(Deployment, deploymentOf('web', { script: { ready: '5s' } }));
    await seconds(2);
    const [set] = await setsOf(admin, 'web');
    expect(conditionsOf(await admin.get(Deployment, { namespace, name: 'web' })).sort()).toEqual([
      'Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
      `Progressing=True ReplicaSetUpdated: ReplicaSet "${set?.metadata.name}" is progressing.`,
    ]);
  });

  it('of a claim that waits for the places of its pods', async () => {
    const claimName = 'data';
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
    for (const name of ['a', 'b']) {
      const pod = podOf(name, {});
      await admin.create(Pod, { ...pod, spec: { ...pod.spec, volumes, nodeSelector: { there: 'is-none' } } });
    }
    await admin.create(PersistentVolumeClaim, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claimName, namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await seconds(2);
    expect(await eventsOf(admin, 'PersistentVolumeClaim', claimName)).toContain(
      'WaitForPodScheduled: waiting for pods a,b to be scheduled',
    );
  });

  it('of a pod whose node is gone', async () => {
    const pod = podOf('kept', {});
    const metadata = { ...pod.metadata, finalizers: ['example.com/keep'] };
    await admin.create(Pod, { ...pod, metadata, spec: { ...pod.spec, nodeName: 'nowhere' } });
    await seconds(120);
    expect(conditionsOf(await admin.get(Pod, { namespace, name: 'kept' }))).toContain(
      'DisruptionTarget=True DeletionByPodGC: PodGC: node no longer exists',
    );
  });
});

describe('a daemon pod that has ended well', () => {
  it('is deleted, which is told', async () => {
    await admin.create(DaemonSet, daemonSetOf('agent'));
    await cluster.settle();
    const [pod] = await podsOf(admin, 'agent');
    await admin.update(Pod, { ...pod!, status: { ...pod!.status, phase: 'Succeeded' } }, { subresource: 'status' });
    await seconds(1);
    const { name } = pod!.metadata;
    expect(await eventsOf(admin, 'DaemonSet', 'agent')).toContain(
      `SucceededDaemonPod: Found succeeded daemon pod default/${name} on node ${pod!.spec.nodeName}, will try to delete it`,
    );
  });
});

describe('an autoscaler', () => {
  const autoscale = (metrics: MetricSpec[], more: object = {}) =>
    admin.create(HorizontalPodAutoscaler, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' }, maxReplicas: 10, metrics, ...more },
    });
  const conditions = async () => conditionsOf(await admin.get(HorizontalPodAutoscaler, { namespace, name: 'web' }));
  const events = async () => [...(await eventsOf(admin, 'HorizontalPodAutoscaler', 'web'))].sort();
  const deploy = async (replicas: number, cpu: string) => {
    const set = replicaSetOf('web', { replicas, script: { cpu } });
    set.spec.template!.spec!.containers[0]!.resources = { requests: { cpu: '100m' } };
    await admin.create(ReplicaSet, set);
  };
  const cpu: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  const able = 'AbleToScale=True ReadyForNewScale: recommended size matches current size';
  const active = `ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from`;

  it('that may not scale says so, and what it has measured', async () => {
    await deploy(1, '100m');
    refused = ['PUT', /\/scale$/];
    await autoscale([cpu]);
    await seconds(16);
    expect(await events()).toEqual([
      'Warning FailedRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target; error: not now',
    ]);
    expect(await conditions()).toEqual([
      'AbleToScale=False FailedUpdateScale: the HPA controller was unable to update the target scale: not now',
      `${active} cpu resource utilization (percentage of request)`,
      'ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range',
    ]);
    const { status } = await admin.get(HorizontalPodAutoscaler, { namespace, name: 'web' });
    expect(status?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } },
    ]);
  });

  it.each<[string, MetricSpec, string, string]>([
    [
      'of an object, as it is',
      object({ type: 'Value', value: '1' }),
      'Warning FailedGetObjectMetric: unable to get metric hits: Service on default front/WHY',
      'failed to get object metric value: unable to get metric hits: Service on default front/WHY',
    ],
    [
      'of an object, shared',
      object({ type: 'AverageValue', averageValue: '1' }),
      'Warning FailedGetObjectMetric: unable to get metric hits: Service on default front/WHY',
      'failed to get object metric value: failed to get hits object metric: unable to get metric hits: Service on default front/WHY',
    ],
    [
      'from elsewhere, as it is',
      external({ type: 'Value', value: '1' }),
      'Warning FailedGetExternalMetric: unable to get external metric default/queue/nil: WHY',
      'failed to get queue external metric value: failed to get external metric queue: unable to get external metric default/queue/nil: WHY',
    ],
    [
      'from elsewhere, shared',
      external({ type: 'AverageValue', averageValue: '1' }),
      'Warning FailedGetExternalMetric: unable to get external metric default/queue/nil: WHY',
      'failed to get queue external metric value: failed to get queue external metric: unable to get external metric default/queue/nil: WHY',
    ],
  ])('says which metric it cannot have: one %s', async (_which, metric, event, first) => {
    await deploy(1, '10m');
    await autoscale([metric]);
    await seconds(16);
    const [all = '', one = ''] = await events();
    const why = /(unable to fetch metrics from .*|no metrics returned .*)$/.exec(one)?.[0] ?? '';
    expect(why).not.toBe('');
    expect(one).toBe(event.replace('WHY', why));
    expect(all).toBe(
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: ${first.replace('WHY', why)}`,
    );
  });

  it('says what keeps it from having fewer', async () => {
    await deploy(4, '1m');
    await autoscale([cpu], {
      minReplicas: 2,
      behavior: { scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
    });
    await seconds(31);
    expect((await conditions())[2]).toBe(
      'ScalingLimited=True ScaleDownLimit: the desired replica count is decreasing faster than the maximum scale rate',
    );
    await seconds(120);
    expect(await conditions()).toEqual([
      able,
      `${active} cpu resource utilization (percentage of request)`,
      'ScalingLimited=True TooFewReplicas: the desired replica count is less than the minimum replica count',
    ]);
  });

  it('calls the usage of one container by the name of the resource', async () => {
    await deploy(1, '30m');
    const target = { type: 'AverageValue', averageValue: '10m' };
    await autoscale([{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target } }]);
    await seconds(16);
    expect(await events()).toEqual(['SuccessfulRescale: New size: 3; reason: cpu resource above target']);
    await seconds(60);
    expect((await conditions())[1]).toBe(`${active} cpu resource`);
  });
});

function object(target: NonNullable<MetricSpec['object']>['target']): MetricSpec {
  const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'front' };
  return { type: 'Object', object: { metric: { name: 'hits' }, describedObject, target } };
}
function external(target: NonNullable<MetricSpec['external']>['target']): MetricSpec {
  return { type: 'External', external: { metric: { name: 'queue' }, target } };
}
