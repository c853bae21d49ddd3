import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Pod,
  ReplicaSet,
  Service,
  type HorizontalPodAutoscalerSpec,
} from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, eventsOf, namespace, podsOf, replicaSetOf, serviceOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const seconds = (count: number) => cluster.clock.advance(count * 1000);
const get = () => admin.get(HorizontalPodAutoscaler, { namespace, name: 'web' });
const events = () => eventsOf(admin, 'HorizontalPodAutoscaler', 'web');
const conditions = async () =>
  (await get()).status?.conditions?.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`);
const replicas = async () => (await admin.get(Deployment, { namespace, name: 'web' })).spec.replicas;

/** Pods that request 100m of cpu and 64Mi of memory, and say that they use so much. */
const deploy = async (use: { replicas: number; cpu: string }) => {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } };
  const containers = [{ name: 'main', image: 'web:1', resources }];
  await admin.create(Deployment, deploymentOf('web', { replicas: use.replicas, script: { cpu: use.cpu }, pod: { containers } }));
};
const autoscale = async (spec: Partial<HorizontalPodAutoscalerSpec> = {}, name = 'web') => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  await admin.create(HorizontalPodAutoscaler, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 10, ...spec },
  });
};
const cpu = (averageUtilization: number) => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
];
/** From now on every pod that there is uses so much. */
const load = async (amounts: Readonly<Record<string, string>>) => {
  for (const { metadata } of await podsOf(admin, 'web')) {
    const annotations = Object.fromEntries(Object.entries(amounts).map(([what, amount]) => [`simulated.steersman.dev/${what}`, amount]));
    await admin.patch(Pod, { namespace, name: metadata.name }, { metadata: { annotations } });
  }
};
const annotate = (kind: typeof Pod | typeof Service, name: string, metric: string, value: string) =>
  admin.patch(kind as typeof Pod, { namespace, name }, { metadata: { annotations: { [`metrics.steersman.dev/${metric}`]: value } } });

describe('an autoscaler by cpu', () => {
  it('doubles the pods within 30 seconds when they use twice their target, and goes back after the stabilisation window', async () => {
    await deploy({ replicas: 2, cpu: '50m' });
    await autoscale({ metrics: cpu(50) });
    await seconds(360);
    expect(await replicas()).toBe(2);
    await load({ cpu: '100m' });
    await seconds(29);
    expect(await replicas()).toBe(4);
    await load({ cpu: '10m' });
    await seconds(270);
    expect(await replicas()).toBe(4);
    expect(await conditions()).toEqual([
      'AbleToScale=True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation',
      'ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      'ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range',
    ]);
    await seconds(60);
    expect(await replicas()).toBe(1);
    expect(await events()).toEqual([
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
      'SuccessfulRescale: New size: 1; reason: All metrics below target',
    ]);
  });

  it('says what it measured, decided and when', async () => {
    await deploy({ replicas: 2, cpu: '100m' });
    await autoscale({ metrics: cpu(50), maxReplicas: 3 });
    await seconds(16);
    const { status } = await get();
    expect(status).toEqual({
      currentReplicas: 2,
      desiredReplicas: 3,
      lastScaleTime: '2026-01-01T00:00:15Z',
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } }],
      conditions: [
        {
          type: 'AbleToScale',
          status: 'True',
          reason: 'SucceededRescale',
          message: 'the HPA controller was able to update the target scale to 3',
          lastTransitionTime: '2026-01-01T00:00:15Z',
        },
        {
          type: 'ScalingActive',
          status: 'True',
          reason: 'ValidMetricFound',
          message: 'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
          lastTransitionTime: '2026-01-01T00:00:15Z',
        },
        {
          type: 'ScalingLimited',
          status: 'True',
          reason: 'TooManyReplicas',
          message: 'the desired replica count is more than the maximum replica count',
          lastTransitionTime: '2026-01-01T00:00:15Z',
        },
      ],
    });
  });

  it('leaves a target alone whose use is within a tenth of it, or within its own tolerance', async () => {
    await deploy({ replicas: 4, cpu: '54m' });
    await autoscale({ metrics: cpu(50) });
    await seconds(60);
    expect(await replicas()).toBe(4);
    await edit(admin, HorizontalPodAutoscaler, 'web', (hpa) => void (hpa.spec.behavior = { scaleUp: { tolerance: '0.05' } }));
    await seconds(16);
    expect(await replicas()).toBe(5);
  });

  it('brings a size outside its bounds inside, whatever is measured', async () => {
    await deploy({ replicas: 6, cpu: '50m' });
    await autoscale({ metrics: cpu(50), minReplicas: 2, maxReplicas: 4 });
    await seconds(20);
    expect(await replicas()).toBe(4);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 1));
    await seconds(20);
    expect(await replicas()).toBe(2);
    expect((await events()).slice(0, 2)).toEqual([
      'SuccessfulRescale: New size: 4; reason: Current number of replicas above Spec.MaxReplicas',
      'SuccessfulRescale: New size: 2; reason: Current number of replicas below Spec.MinReplicas',
    ]);
  });

  it('does nothing where the target has been set to none', async () => {
    await deploy({ replicas: 0, cpu: '50m' });
    await autoscale({ metrics: cpu(50) });
    await seconds(60);
    expect(await replicas()).toBe(0);
    expect(await conditions()).toEqual([
      "AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale",
      'ScalingActive=False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
    ]);
  });

  it('counts pods that are not ready as idle, so that it does not scale up for those that start', async () => {
    const set = replicaSetOf('web', { replicas: 1, script: { cpu: '100m' } });
    set.spec.template!.spec!.containers[0]!.resources = { requests: { cpu: '100m' } };
    await admin.create(ReplicaSet, set);
    await autoscale({ metrics: cpu(50), scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' } });
    await seconds(5);
    // Whatever comes now is never ready.
    await edit(admin, ReplicaSet, 'web', (object) => {
      object.spec.template!.metadata!.annotations!['simulated.steersman.dev/ready'] = 'never';
    });
    await seconds(600);
    expect((await admin.get(ReplicaSet, { namespace, name: 'web' })).spec.replicas).toBe(2);
  });

  it('cannot say anything where a container requests nothing', async () => {
    await admin.create(Deployment, deploymentOf('web', { replicas: 1 }));
    await autoscale({ metrics: cpu(50) });
    await seconds(31);
    const pod = (await podsOf(admin, 'web'))[0]?.metadata.name;
    const why = `failed to get cpu utilization: missing request for cpu in container main of Pod ${pod}`;
    expect((await conditions())?.[1]).toBe(
      `ScalingActive=False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`,
    );
    expect((await events()).slice(-2).toSorted()).toEqual([
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
      `Warning FailedGetResourceMetric: ${why}`,
    ]);
  });
});

describe('an autoscaler by other metrics', () => {
  it('takes the memory of one container against an amount', async () => {
    await deploy({ replicas: 2, cpu: '10m' });
    const target = { type: 'AverageValue', averageValue: '32Mi' };
    await autoscale({ metrics: [{ type: 'ContainerResource', containerResource: { name: 'memory', container: 'main', target } }] });
    await seconds(5);
    await load({ memory: '48Mi' });
    await seconds(11);
    expect(await replicas()).toBe(3);
    expect((await get()).status?.currentMetrics).toEqual([
      {
        type: 'ContainerResource',
        containerResource: { name: 'memory', container: 'main', current: { averageValue: '50331648' } },
      },
    ]);
  });

  it('takes a metric of its pods', async () => {
    await deploy({ replicas: 2, cpu: '10m' });
    await autoscale({
      metrics: [{ type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } } }],
    });
    await seconds(20);
    expect((await conditions())?.[1]).toBe(
      'ScalingActive=False FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get metric requests: unable to fetch metrics from custom metrics API: the server could not find the metric requests for pods',
    );
    for (const { metadata } of await podsOf(admin, 'web')) await annotate(Pod, metadata.name, 'requests', '15');
    await seconds(20);
    expect(await replicas()).toBe(3);
    expect((await get()).status?.currentMetrics).toEqual([
      { type: 'Pods', pods: { metric: { name: 'requests' }, current: { averageValue: '15' } } },
    ]);
  });

  it('takes a metric of an object, as it is or shared by the pods', async () => {
    await deploy({ replicas: 2, cpu: '10m' });
    await admin.create(Service, serviceOf('front'));
    await annotate(Service, 'front', 'hits-per-second', '300');
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'front' };
    const object = (target: { type: string; value?: string; averageValue?: string }) => [
      { type: 'Object', object: { metric: { name: 'hits-per-second' }, describedObject, target } },
    ];
    await autoscale({ metrics: object({ type: 'Value', value: '200' }) });
    await seconds(16);
    expect(await replicas()).toBe(3);
    expect(await events()).toEqual(['SuccessfulRescale: New size: 3; reason: Service metric hits-per-second above target']);
    await edit(
      admin,
      HorizontalPodAutoscaler,
      'web',
      (hpa) => void (hpa.spec.metrics = object({ type: 'AverageValue', averageValue: '50' })),
    );
    await seconds(31);
    expect(await replicas()).toBe(6);
  });

  it('scales to as many as an external metric asks for, of the series that its selector names', async () => {
    await deploy({ replicas: 1, cpu: '10m' });
    const queue = async (name: string, value: string, labels: Record<string, string>) => {
      const metadata = { name, namespace, labels: { 'metrics.steersman.dev/external': 'queue-length', ...labels } };
      await admin.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } });
    };
    await queue('orders-a', '30', { queue: 'orders' });
    await queue('orders-b', '40', { queue: 'orders' });
    await queue('mails', '1000', { queue: 'mails' });
    const metric = { name: 'queue-length', selector: { matchLabels: { queue: 'orders' } } };
    await autoscale({ metrics: [{ type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '10' } } }] });
    await seconds(61);
    expect(await replicas()).toBe(7);
    expect((await get()).status?.currentMetrics).toEqual([{ type: 'External', external: { metric, current: { averageValue: '10' } } }]);
    await admin.patch(ConfigMap, { namespace, name: 'orders-b' }, { data: { value: '0' } });
    await seconds(360);
    expect(await replicas()).toBe(3);
    expect((await events())[0]).toBe(
      'SuccessfulRescale: New size: 4; reason: external metric queue-length(&LabelSelector{MatchLabels:map[string]string{queue: orders,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
    );
  });

  it('takes what asks for most, and goes nowhere down while one of them is not to be had', async () => {
    await deploy({ replicas: 4, cpu: '10m' });
    const missing = { type: 'Pods', pods: { metric: { name: 'lost' }, target: { type: 'AverageValue', averageValue: '1' } } };
    await autoscale({ metrics: [...cpu(50), missing] });
    await seconds(400);
    expect(await replicas()).toBe(4);
    await load({ cpu: '75m' });
    await seconds(31);
    expect(await replicas()).toBe(6);
  });
});

describe('the behavior of an autoscaler', () => {
  it('lets no more pods come in a period than its policies say, and the least of them by Min', async () => {
    await deploy({ replicas: 2, cpu: '400m' });
    const policies = [
      { type: 'Pods', value: 1, periodSeconds: 60 },
      { type: 'Percent', value: 100, periodSeconds: 60 },
    ];
    await autoscale({ metrics: cpu(50), behavior: { scaleUp: { policies, selectPolicy: 'Min' } } });
    await seconds(31);
    expect(await replicas()).toBe(3);
    await seconds(30);
    expect(await replicas()).toBe(3);
    expect((await conditions())?.[2]).toBe(
      'ScalingLimited=True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate',
    );
    await seconds(16);
    expect(await replicas()).toBe(4);
  });

  it('takes no more away in a period than it says, without its window at once', async () => {
    await deploy({ replicas: 8, cpu: '1m' });
    const scaleDown = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] };
    await autoscale({ metrics: cpu(50), behavior: { scaleDown } });
    await seconds(31);
    expect(await replicas()).toBe(6);
    await seconds(30);
    expect(await replicas()).toBe(4);
  });

  it('never goes in a direction that is switched off', async () => {
    await deploy({ replicas: 4, cpu: '1m' });
    await autoscale({ metrics: cpu(50), behavior: { scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' } } });
    await seconds(600);
    expect(await replicas()).toBe(4);
  });

  it('waits by its window on the way up too', async () => {
    await deploy({ replicas: 2, cpu: '50m' });
    await autoscale({ metrics: cpu(50), behavior: { scaleUp: { stabilizationWindowSeconds: 120 } } });
    await seconds(330);
    await load({ cpu: '100m' });
    await seconds(110);
    expect(await replicas()).toBe(2);
    expect((await conditions())?.[0]).toBe(
      'AbleToScale=True ScaleUpStabilized: recent recommendations were lower than current one, applying the lowest recent recommendation',
    );
    await seconds(40);
    expect(await replicas()).toBe(4);
  });
});

describe('the target of an autoscaler', () => {
  it('may be of any kind that has a scale', async () => {
    const set = replicaSetOf('web', { replicas: 1, script: { cpu: '200m' } });
    set.spec.template!.spec!.containers[0]!.resources = { requests: { cpu: '100m' } };
    await admin.create(ReplicaSet, set);
    await autoscale({ metrics: cpu(100), scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' } });
    await seconds(16);
    expect((await admin.get(ReplicaSet, { namespace, name: 'web' })).spec.replicas).toBe(2);
  });

  it('that is not there, or of a kind that has no scale, is told', async () => {
    await autoscale();
    await seconds(16);
    expect(await conditions()).toEqual([
      `AbleToScale=False FailedGetScale: the HPA controller was unable to get the target's current scale: deployments.apps "web" not found`,
    ]);
    await edit(
      admin,
      HorizontalPodAutoscaler,
      'web',
      (hpa) => void (hpa.spec.scaleTargetRef = { apiVersion: 'x.y/v1', kind: 'Boat', name: 'b' }),
    );
    await seconds(16);
    expect((await events()).toSorted()).toEqual([
      'Warning FailedGetScale: deployments.apps "web" not found',
      'Warning FailedGetScale: no matches for kind "Boat" in group "x.y"',
    ]);
  });

  it('with two autoscalers is sized by neither', async () => {
    await deploy({ replicas: 2, cpu: '100m' });
    await autoscale({ metrics: cpu(200), minReplicas: 2 });
    await seconds(60);
    await load({ cpu: '400m' });
    await autoscale({ metrics: cpu(50), minReplicas: 2 }, 'also');
    await seconds(5);
    await load({ cpu: '100m' });
    await seconds(60);
    expect(await replicas()).toBe(2);
    expect((await conditions())?.[1]).toBe(
      'ScalingActive=False AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [{also default} {web default}]',
    );
  });
});
