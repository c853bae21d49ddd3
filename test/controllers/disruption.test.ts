import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CustomResourceDefinition,
  Deployment,
  Job,
  Node,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  type PodDisruptionBudgetSpec,
} from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { timestamp } from '../../src/base/clock.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { budgetOf, evict } from './evictions.ts';
import { deploymentOf, edit, eventsOf, jobOf, namespace, podOf, podsOf, recordMoments, replicaSetOf, templateOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: 3 });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const protect = (name: string, spec: Partial<PodDisruptionBudgetSpec>) => admin.create(PodDisruptionBudget, budgetOf(name, spec));
const statusOf = async (name: string) => {
  const { conditions = [], ...counts } = (await admin.get(PodDisruptionBudget, { namespace, name })).status ?? {};
  return { ...counts, conditions: conditions.map(({ lastTransitionTime: _, ...condition }) => condition) };
};
const counts = async (name: string) => {
  const { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed } = (await admin.get(PodDisruptionBudget, { namespace, name }))
    .status!;
  return [expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed];
};
const run = async (name: string, replicas: number, more: { script?: Record<string, string>; pod?: object } = {}) => {
  await admin.create(Deployment, deploymentOf(name, { replicas, ...more }));
  await cluster.clock.advance(10_000);
};
const names = async (app: string) => (await podsOf(admin, app)).map((pod) => pod.metadata.name);
const goingOf = async (name: string) => (await admin.get(Pod, { namespace, name })).metadata.deletionTimestamp !== undefined;

describe('what a budget counts', () => {
  it('is told in its status, with a condition', async () => {
    await protect('web', { minAvailable: 2 });
    await run('web', 3);
    expect(await statusOf('web')).toEqual({
      expectedPods: 3,
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
      observedGeneration: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '', observedGeneration: 1 }],
    });
  });

  it('with too few healthy pods allows nothing', async () => {
    await protect('web', { minAvailable: 2 });
    await run('web', 2);
    expect(await statusOf('web')).toEqual({
      expectedPods: 2,
      currentHealthy: 2,
      desiredHealthy: 2,
      disruptionsAllowed: 0,
      observedGeneration: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '', observedGeneration: 1 }],
    });
  });

  it.each<[string, Partial<PodDisruptionBudgetSpec>, number[]]>([
    ['minAvailable in percent rounds up', { minAvailable: '50%' }, [7, 7, 4, 3]],
    ['maxUnavailable as a number', { maxUnavailable: 3 }, [7, 7, 4, 3]],
    ['maxUnavailable in percent rounds up', { maxUnavailable: '30%' }, [7, 7, 4, 3]],
    ['maxUnavailable beyond all', { maxUnavailable: 9 }, [7, 7, 0, 7]],
    ['maxUnavailable 0', { maxUnavailable: 0 }, [7, 7, 7, 0]],
    ['minAvailable beyond all', { minAvailable: 9 }, [7, 7, 9, 0]],
    ['an empty selector: all of the namespace', { minAvailable: 1, selector: {} }, [7, 7, 1, 6]],
    ['nothing but a selector', {}, [0, 7, 0, 0]],
  ])('%s', async (_, spec, expected) => {
    await run('web', 7);
    await protect('web', spec);
    await cluster.clock.advance(1_000);
    expect(await counts('web')).toEqual(expected);
  });

  it('is by the scale of the owners, not by the pods that there are', async () => {
    await run('web', 4, { script: { ready: 'never' } });
    await admin.create(ReplicaSet, { ...replicaSetOf('alone', { replicas: 6 }) });
    await protect('all', { maxUnavailable: '50%', selector: {} });
    await cluster.clock.advance(10_000);
    expect(await counts('all')).toEqual([10, 6, 5, 1]);
    await edit(admin, ReplicaSet, 'alone', (object) => void (object.spec.replicas = 2));
    await cluster.clock.advance(40_000);
    expect(await counts('all')).toEqual([6, 2, 3, 0]);
  });

  it('counts a custom kind by its scale', async () => {
    const schema = { type: 'object' as const, 'x-kubernetes-preserve-unknown-fields': true as const };
    await admin.create(CustomResourceDefinition, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'fleets.demo.example' },
      spec: {
        group: 'demo.example',
        scope: 'Namespaced',
        names: { plural: 'fleets', singular: 'fleet', kind: 'Fleet', listKind: 'FleetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: { scale: { specReplicasPath: '.spec.ships', statusReplicasPath: '.status.ships' } },
          },
        ],
      },
    });
    await cluster.clock.advance(5_000);
    const kind = await admin.kindOf({ apiVersion: 'demo.example/v1', kind: 'Fleet' });
    const fleet = { apiVersion: 'demo.example/v1', kind: 'Fleet', metadata: { name: 'f', namespace }, spec: { ships: 8 } } as KubeObject;
    const { metadata } = await admin.create(kind!, fleet);
    const pod = podOf('ship', { app: 'ship' });
    const owner = { apiVersion: 'demo.example/v1', kind: 'Fleet', name: 'f', uid: metadata.uid ?? '', controller: true };
    await admin.create(Pod, { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    await protect('ship', { maxUnavailable: '25%' });
    await cluster.clock.advance(5_000);
    expect(await counts('ship')).toEqual([8, 1, 6, 0]);
  });

  it('says so where an owner has no scale, and allows nothing', async () => {
    await protect('batch', { maxUnavailable: 1, selector: { matchLabels: { 'job-name': 'batch' } } });
    // A failure names the generation of the last success.
    await cluster.clock.advance(1_000);
    await admin.create(Job, jobOf('batch', { script: { run: '1h' } }));
    await cluster.clock.advance(5_000);
    const message = 'jobs.batch does not implement the scale subresource';
    expect((await statusOf('batch')).conditions).toEqual([
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message, observedGeneration: 1 },
    ]);
    expect(await eventsOf(admin, 'PodDisruptionBudget', 'batch')).toContain(
      `Warning CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`,
    );
    const [pod = ''] = (await admin.list(Pod, { namespace })).items.map((each) => each.metadata.name);
    expect(await evict(admin, pod)).toMatchObject({ code: 429 });
  });

  it('tells of pods that nobody controls, and of no pods at all', async () => {
    await protect('none', { minAvailable: 1 });
    await admin.create(Pod, podOf('p', { app: 'bare' }));
    await protect('bare', { maxUnavailable: 1 });
    await cluster.clock.advance(5_000);
    expect(await eventsOf(admin, 'PodDisruptionBudget', 'none')).toEqual(['NoPods: No matching pods found']);
    expect(await eventsOf(admin, 'PodDisruptionBudget', 'bare')).toEqual([
      'Warning UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: bare,},' +
        'MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be ' +
        'calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" ' +
        'field of the PDB to an integer value.',
    ]);
    expect(await counts('bare')).toEqual([0, 1, 0, 0]);
  });

  it('follows pods that become unready, and labels that change', async () => {
    await protect('web', { minAvailable: 1 });
    await run('web', 3);
    const [first = ''] = await names('web');
    await edit(admin, Pod, first, (pod) => void (pod.metadata.labels = { app: 'other' }));
    await cluster.clock.advance(10_000);
    expect(await counts('web')).toEqual([3, 3, 1, 2]);
    await edit(admin, Deployment, 'web', (object) => {
      object.spec.template.metadata!.annotations = { 'simulated.steersman.dev/ready': 'never' };
    });
    await cluster.clock.advance(10_000);
    // One surplus pod waits to be ready: the selector of a budget counts it too.
    expect(await counts('web')).toEqual([4, 3, 1, 2]);
  });
});

describe('an eviction', () => {
  it('takes from the budget, tells the pod why, and is refused when nothing is left', async () => {
    await protect('web', { minAvailable: 2 });
    await run('web', 3, { script: { stop: '20s', ready: '5s' } });
    const [first = '', second = ''] = await names('web');
    expect(await evict(admin, first)).toMatchObject({ status: 'Success', code: 201 });
    const now = await admin.get(PodDisruptionBudget, { namespace, name: 'web' });
    expect(now.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { [first]: timestamp(cluster.clock) } });
    expect(now.status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'InsufficientPods' });
    expect(await evict(admin, second)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      reason: 'TooManyRequests',
      details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods and has 2 currently' }] },
      code: 429,
    });
    const pod = await admin.get(Pod, { namespace, name: first });
    expect(pod.metadata.deletionTimestamp).toBeDefined();
    expect(pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toEqual({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: timestamp(cluster.clock),
      observedGeneration: 1,
    });
    await cluster.clock.advance(1_000);
    expect(await statusOf('web')).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, expectedPods: 4 });
    expect(await statusOf('web')).not.toHaveProperty('disruptedPods');
    await cluster.clock.advance(60_000);
    expect(await evict(admin, second)).toMatchObject({ code: 201 });
  });

  it('in a dry run asks and takes nothing', async () => {
    await protect('web', { minAvailable: 2 });
    await run('web', 3);
    const [first = ''] = await names('web');
    expect(await evict(admin, first, { dryRun: true })).toMatchObject({ code: 201 });
    expect(await evict(admin, first, { deleteOptions: { dryRun: ['All'] } })).toMatchObject({ code: 201 });
    expect(await counts('web')).toEqual([3, 3, 2, 1]);
    expect(await goingOf(first)).toBe(false);
    await edit(admin, PodDisruptionBudget, 'web', (budget) => void (budget.spec.minAvailable = 3));
    await cluster.clock.advance(1_000);
    expect(await evict(admin, first, { dryRun: true })).toMatchObject({ code: 429 });
  });

  it('waits for a budget that was changed and not yet counted', async () => {
    await run('web', 3);
    await cluster.stop();
    cluster = await startCluster({ nodes: 1, controllers: [] });
    admin = cluster.cluster();
    await admin.create(Pod, podOf('p', { app: 'web' }));
    await protect('web', { minAvailable: 1 });
    await cluster.clock.advance(5_000);
    expect(await evict(admin, 'p')).toMatchObject({
      code: 429,
      details: {
        retryAfterSeconds: 10,
        causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web is still being processed by the server.' }],
      },
    });
  });

  it('of a pod with two budgets is refused, and the pod says so', async () => {
    await protect('web', { minAvailable: 1 });
    await protect('more', { minAvailable: 1, selector: { matchLabels: { app: 'web' } } });
    await run('web', 3);
    const [first = ''] = await names('web');
    expect(await evict(admin, first)).toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
    expect(await eventsOf(admin, 'Pod', first)).toContain(
      `Warning MultiplePodDisruptionBudgets: Pod "default"/"${first}" matches multiple PodDisruptionBudgets.  Chose "more" arbitrarily.`,
    );
  });

  it('of a pod that has not begun or has ended needs no budget', async () => {
    await protect('web', { minAvailable: 1 });
    const pending = podOf('pending', { app: 'web' });
    await admin.create(Pod, { ...pending, spec: { ...pending.spec, nodeSelector: { no: 'such' } } });
    await admin.create(Pod, { ...podOf('ended', { app: 'web' }), spec: { ...templateOf({}).spec, restartPolicy: 'Never' } });
    await cluster.clock.advance(10_000);
    expect(await evict(admin, 'pending')).toMatchObject({ code: 201 });
    expect(await evict(admin, 'ended')).toMatchObject({ code: 201 });
    await cluster.clock.advance(5_000);
    expect(await names('web')).toEqual([]);
  });

  it('with a precondition that does not hold is refused', async () => {
    await admin.create(Pod, podOf('p', { app: 'web' }));
    await cluster.clock.advance(5_000);
    expect(await evict(admin, 'p', { deleteOptions: { preconditions: { resourceVersion: '1' } } })).toMatchObject({ code: 409 });
    const { resourceVersion } = (await admin.get(Pod, { namespace, name: 'p' })).metadata;
    expect((await admin.get(Pod, { namespace, name: 'p' })).status?.conditions?.some(({ type }) => type === 'DisruptionTarget')).toBe(
      false,
    );
    expect(await evict(admin, 'p', { deleteOptions: { preconditions: { resourceVersion } } })).toMatchObject({ code: 201 });
  });

  it.each<[string, 'AlwaysAllow' | 'IfHealthyBudget', number, number]>([
    ['IfHealthyBudget lets an unready pod go while enough are ready', 'IfHealthyBudget', 2, 201],
    ['IfHealthyBudget keeps it while too few are', 'IfHealthyBudget', 3, 429],
    ['AlwaysAllow lets it go', 'AlwaysAllow', 3, 201],
  ])('%s', async (_, unhealthyPodEvictionPolicy, minAvailable, code) => {
    await protect('web', { minAvailable, unhealthyPodEvictionPolicy });
    await run('web', 2);
    await admin.create(Pod, {
      ...podOf('bad', { app: 'web' }),
      metadata: { name: 'bad', namespace, labels: { app: 'web' }, annotations: { 'simulated.steersman.dev/ready': 'never' } },
    });
    await cluster.clock.advance(5_000);
    expect(await evict(admin, 'bad')).toMatchObject({ code });
    expect(await statusOf('web')).not.toHaveProperty('disruptedPods');
  });
});

describe('a pod that was told to go', () => {
  it('and is still there after two minutes counts again, with a warning', async () => {
    await protect('web', { minAvailable: 1 });
    await run('web', 2);
    const [first = ''] = await names('web');
    const budget = await admin.get(PodDisruptionBudget, { namespace, name: 'web' });
    const disruptedPods = { [first]: timestamp(cluster.clock) };
    await admin.update(PodDisruptionBudget, { ...budget, status: { ...budget.status!, disruptedPods } }, { subresource: 'status' });
    await cluster.clock.advance(119_000);
    expect(await counts('web')).toEqual([2, 1, 1, 0]);
    await cluster.clock.advance(3_000);
    expect(await counts('web')).toEqual([2, 2, 1, 1]);
    expect(await eventsOf(admin, 'Pod', first)).toContain(
      `Warning NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't`,
    );
  });

  it('and does not go is told after two minutes that it stays', async () => {
    await run('web', 1);
    const [name = ''] = await names('web');
    const pod = await admin.get(Pod, { namespace, name });
    const told = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      lastTransitionTime: timestamp(cluster.clock),
    };
    const status = { ...pod.status, conditions: [...(pod.status?.conditions ?? []), told] };
    await admin.update(Pod, { ...pod, status }, { subresource: 'status' });
    const target = async () => (await admin.get(Pod, { namespace, name })).status?.conditions?.find(({ type }) => type === told.type);
    await cluster.clock.advance(118_000);
    expect(await target()).toMatchObject({ status: 'True' });
    await cluster.clock.advance(4_000);
    expect(await target()).toMatchObject({ status: 'False' });
    expect(await target()).not.toHaveProperty('reason');
  });
});

describe('a drain', () => {
  it('within a budget of one moves everything, one pod at a time', async () => {
    await protect('web', { maxUnavailable: 1 });
    await run('web', 6, { script: { ready: '3s', stop: '2s' } });
    const recording = recordMoments(cluster, 'web');
    const node = (await podsOf(admin, 'web'))[0]?.spec.nodeName ?? '';
    await edit(admin, Node, node, (object) => void (object.spec.unschedulable = true));
    const doomed = (await podsOf(admin, 'web')).filter((pod) => pod.spec.nodeName === node).map((pod) => pod.metadata.name);
    const refused: string[] = [];
    for (let left = doomed, round = 0; left.length > 0 && round < 40; round++) {
      const kept: string[] = [];
      for (const name of left) if ((await evict(admin, name)).code === 429) kept.push(name);
      refused.push(...kept);
      left = kept;
      await cluster.clock.advance(5_000);
    }
    await cluster.clock.advance(30_000);
    await recording.stop();
    expect(doomed.length).toBeGreaterThan(1);
    expect(refused.length).toBeGreaterThan(0);
    expect((await podsOf(admin, 'web')).filter((pod) => pod.spec.nodeName === node)).toEqual([]);
    expect(await counts('web')).toEqual([6, 6, 5, 1]);
    expect(Math.min(...recording.moments.map(({ available }) => available))).toBe(5);
  });
});
