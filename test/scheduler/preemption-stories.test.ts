import { afterEach, expect, test } from 'vitest';
import { Event, Pod, PodDisruptionBudget, PriorityClass, ReplicaSet } from '../../src/api/kinds.generated.ts';
import { findCondition } from '../../src/api/condition.ts';
import type { PodMore } from './builders.ts';
import { schedulerWorld, type SchedulerWorld } from './world.ts';

let world: SchedulerWorld;
afterEach(() => world.cluster.stop());

const asking = (cpu: string, priority: number, more: PodMore = {}): PodMore => ({ requests: { cpu }, priority, ...more });
const slow: PodMore = { terminationGracePeriodSeconds: 60, annotations: { 'simulated.steersman.dev/stop': '20s' } };
const nodeWith = (name: string, cpu: string) => ({ name, capacity: { cpu, memory: '8Gi', pods: '10' } });
const short = '0/1 nodes are available: 1 Insufficient cpu.';

test('a pod of higher priority takes the place of a lesser one, which is told, has its grace, and leaves a record', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('node-1', '2')] });
  const { cluster } = world;
  await world.make('lesser', asking('2', 1, slow));
  await cluster.until(async () => (await world.read('lesser')).status?.phase === 'Running');
  await world.make('higher', asking('1', 10));
  await cluster.until(async () => (await world.read('lesser')).metadata.deletionTimestamp !== undefined);

  const waiting = await world.read('higher');
  const leaving = await world.read('lesser');
  expect(waiting.spec.nodeName).toBeUndefined();
  expect(waiting.status?.nominatedNodeName).toBe('node-1');
  expect(findCondition(waiting.status?.conditions, 'PodScheduled')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message: short,
  });
  expect(findCondition(leaving.status?.conditions, 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  });
  await cluster.settle();
  expect(await world.places()).toEqual({ higher: 'node-1' });
  expect(await world.events('lesser')).toContainEqual(['Preempted', `Preempted by pod ${waiting.metadata.uid ?? ''} on node node-1`, 1]);
  const { items } = await world.api.list(Event, { namespace: 'default' });
  const { name, uid } = waiting.metadata;
  expect(items.filter(({ reason }) => reason === 'Preempted').map(({ action, related }) => ({ action, related }))).toEqual([
    { action: 'Preempting', related: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name, uid } },
  ]);
  expect(await world.events('higher')).toEqual([
    ['FailedScheduling', short, 1],
    ['Scheduled', 'Successfully assigned default/higher to node-1', 1],
  ]);
});

test('a chain: each takes the place of the next lesser one, and the last finds none', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('a', '2'), nodeWith('b', '1')] });
  await world.make('low', asking('1', 1, { nodeSelector: { 'kubernetes.io/hostname': 'b' } }));
  await world.make('middle', asking('2', 5));
  await world.cluster.settle();
  expect(await world.places()).toEqual({ low: 'b', middle: 'a' });
  // Takes a from middle, for which b is too small.
  await world.make('high', asking('2', 10));
  await world.cluster.settle();
  await world.make('second', asking('1', 3));
  await world.cluster.settle();
  expect(await world.places()).toEqual({ high: 'a', second: 'b' });
});

test('the place of those that were taken away is kept for the pod that took it, though others would fit', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('node-1', '2')] });
  await world.make('lesser', asking('2', 1, slow));
  await world.cluster.until(async () => (await world.read('lesser')).status?.phase === 'Running');
  await world.make('higher', asking('2', 10));
  await world.cluster.until(async () => (await world.read('higher')).status?.nominatedNodeName === 'node-1');
  await world.make('small', asking('1', 0));
  await world.cluster.settle();
  expect(await world.places()).toEqual({ higher: 'node-1', small: undefined });
});

test('a still higher one takes a kept place, and the first is told that it is not kept any more', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('node-1', '2')] });
  await world.make('lesser', asking('2', 1, slow));
  await world.cluster.until(async () => (await world.read('lesser')).status?.phase === 'Running');
  await world.make('higher', asking('2', 10));
  await world.cluster.until(async () => (await world.read('higher')).status?.nominatedNodeName === 'node-1');
  await world.make('highest', asking('2', 20));
  await world.cluster.settle();
  expect(await world.places()).toEqual({ higher: undefined, highest: 'node-1' });
  expect((await world.read('higher')).status?.nominatedNodeName).toBeUndefined();
});

test('a pod that never preempts says so, waits, and comes first when there is room', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('a', '1')] });
  await world.make('lesser', asking('1', 1));
  await world.cluster.settle();
  await world.make('polite', asking('1', 10, { preemptionPolicy: 'Never' }));
  await world.make('small', asking('1', 0));
  await world.cluster.settle();
  const [[, message] = []] = await world.events('polite');
  expect(message).toBe(`${short} preemption: not eligible due to preemptionPolicy=Never.`);
  await world.remove('lesser');
  await world.cluster.settle();
  expect(await world.places()).toEqual({ polite: 'a', small: undefined });
});

test('a budget saves its pods where others can go', async () => {
  world = await schedulerWorld({ nodes: [nodeWith('a', '2')] });
  await world.make('guarded', asking('1', 1, { labels: { app: 'guarded' } }));
  await world.make('free', asking('1', 2));
  await world.api.create(PodDisruptionBudget, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'guard', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  });
  await world.cluster.settle();
  await world.make('higher', asking('1', 10));
  await world.cluster.settle();
  expect(await world.places()).toEqual({ guarded: 'a', higher: 'a' });
});

test('priority classes decide, and what a ReplicaSet lost it makes again, to wait', async () => {
  const { controllers } = await import('../../src/controllers/index.ts');
  world = await schedulerWorld({ nodes: [nodeWith('node-1', '2')], controllers, admission: {} });
  const { api, cluster } = world;
  for (const [name, value] of [
    ['low', 10],
    ['high', 1000],
  ] as const)
    await api.create(PriorityClass, { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
  const container = { name: 'main', image: 'main:1', resources: { requests: { cpu: '1' } } };
  const setOf = (name: string, replicas: number): ReplicaSet => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { set: name } },
      template: { metadata: { name: '', labels: { set: name } }, spec: { priorityClassName: name, containers: [container] } },
    },
  });
  await api.create(ReplicaSet, setOf('low', 2));
  await cluster.settle();
  await api.create(ReplicaSet, setOf('high', 1));
  await cluster.settle();
  const counts = async (): Promise<unknown> => {
    const { items } = await api.list(Pod, { namespace: 'default' });
    const on = (set: string, placed: boolean): number =>
      items.filter(({ metadata, spec }) => metadata.labels?.['set'] === set && (spec.nodeName !== undefined) === placed).length;
    return { high: [on('high', true), on('high', false)], low: [on('low', true), on('low', false)] };
  };
  expect(await counts()).toEqual({ high: [1, 0], low: [1, 1] });
});
