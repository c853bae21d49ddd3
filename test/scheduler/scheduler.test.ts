import { afterEach, expect, test } from 'vitest';
import { Event, Node, Pod } from '../../src/api/kinds.generated.ts';
import { findCondition } from '../../src/api/condition.ts';
import { StatusError } from '../../src/api/status.ts';
import { clone } from '../../src/base/json.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster, type TestClusterOptions } from '../support/cluster.ts';
import { pod, type PodMore } from './builders.ts';

let cluster: TestCluster;
afterEach(() => cluster.stop());

/** No controllers: pods of the test are all there is. */
async function start(options: TestClusterOptions = {}): Promise<Connection> {
  cluster = await startCluster({ controllers: [], ...options });
  const api = cluster.cluster();
  return api;
}
const make = (api: Connection, more: PodMore = {}) => {
  const { uid: _uid, ...metadata } = pod(more).metadata;
  return api.create(Pod, { ...pod(more), metadata: { ...metadata, name: more.name ?? metadata.name } });
};
const read = (api: Connection, name: string) => api.get(Pod, { namespace: 'default', name });
const nodeOf = async (api: Connection, name: string) => (await read(api, name)).spec.nodeName;
async function eventsOf(api: Connection, name: string): Promise<unknown[]> {
  const events = await api.list(Event, { namespace: 'default', fieldSelector: `involvedObject.name=${name}` });
  return events.items
    .filter((event) => event.source?.component === 'default-scheduler')
    .map(({ type, reason, action, message, count }) => ({ type, reason, action, message, count }));
}
/** A node without an agent: pods bound to it stay as they are. */
const idle = (name: string, cpu: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: {},
  status: { allocatable: { cpu, memory: '8Gi', pods: '10' }, capacity: { cpu, memory: '8Gi', pods: '10' } },
});
async function addNode(api: Connection, name: string, cpu: string): Promise<void> {
  await api.create(Node, idle(name, cpu));
  await api.patch(Node, { namespace: '', name }, { status: idle(name, cpu).status }, { subresource: 'status' });
}

test('a pod that fits is bound, and an event says where', async () => {
  const api = await start();
  await make(api, { name: 'web' });
  await cluster.settle();
  const bound = await read(api, 'web');
  expect(bound.spec.nodeName).toBe('node-1');
  expect(findCondition(bound.status?.conditions, 'PodScheduled')).toMatchObject({ status: 'True' });
  expect(await eventsOf(api, 'web')).toEqual([
    { type: 'Normal', reason: 'Scheduled', action: 'Binding', message: 'Successfully assigned default/web to node-1', count: 1 },
  ]);
});

test('a pod that fits nowhere waits, says why, and is bound within a second of a node that can take it', async () => {
  const api = await start({ nodes: [{ capacity: { cpu: '4', memory: '8Gi', pods: '10' } }] });
  await make(api, { name: 'big', requests: { cpu: '1000' } });
  await cluster.settle();
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  expect(findCondition((await read(api, 'big')).status?.conditions, 'PodScheduled')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message,
  });
  expect(await eventsOf(api, 'big')).toEqual([{ type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message, count: 1 }]);
  await cluster.clock.advance(60_000);
  await addNode(api, 'large', '2000');
  const before = cluster.clock.now();
  await cluster.until(async () => (await nodeOf(api, 'big')) === 'large');
  expect(cluster.clock.now() - before).toBeLessThanOrEqual(1000);
});

test('requests on a node never exceed what it has, whatever comes at once', async () => {
  const api = await start({ nodes: [] });
  await addNode(api, 'a', '2');
  await addNode(api, 'b', '2');
  await Promise.all(Array.from({ length: 10 }, (_, at) => make(api, { name: `p${at}`, requests: { cpu: '500m' } })));
  await cluster.settle();
  const pods = (await api.list(Pod)).items;
  const on = (name: string | undefined): number => pods.filter((each) => each.spec.nodeName === name).length;
  expect([on('a'), on('b'), on(undefined)]).toEqual([4, 4, 2]);
});

test('a pod that goes makes room for one that waits', async () => {
  const api = await start({ nodes: [] });
  await addNode(api, 'a', '1');
  await make(api, { name: 'first', requests: { cpu: '1' } });
  await cluster.settle();
  await make(api, { name: 'second', requests: { cpu: '1' } });
  await cluster.settle();
  expect([await nodeOf(api, 'first'), await nodeOf(api, 'second')]).toEqual(['a', undefined]);
  await api.delete(Pod, { namespace: 'default', name: 'first' }, { graceSeconds: 0 });
  await cluster.settle();
  expect(await nodeOf(api, 'second')).toBe('a');
});

test('pods of higher priority come first', async () => {
  const api = await start({ nodes: [], admission: { disable: ['Priority'] } });
  for (const [name, priority] of [
    ['low', 1],
    ['high', 100],
    ['middle', 50],
  ] as const)
    await make(api, { name, priority, requests: { cpu: '1' } });
  await cluster.settle();
  await addNode(api, 'a', '1');
  await cluster.settle();
  expect([await nodeOf(api, 'low'), await nodeOf(api, 'high'), await nodeOf(api, 'middle')]).toEqual([undefined, 'a', undefined]);
});

test('pods of other schedulers and gated pods are left alone', async () => {
  const api = await start();
  await make(api, { name: 'theirs', schedulerName: 'other' });
  await make(api, { name: 'gated', schedulingGates: [{ name: 'wait' }] });
  await cluster.settle();
  expect([await nodeOf(api, 'theirs'), await nodeOf(api, 'gated')]).toEqual([undefined, undefined]);
  await api.patch(Pod, { namespace: 'default', name: 'gated' }, { spec: { schedulingGates: null } });
  await cluster.settle();
  expect(await nodeOf(api, 'gated')).toBe('node-1');
});

test('a binding that fails is tried again, and its place is free meanwhile', async () => {
  let failures = 3;
  const api = await start({
    between: (handle, user) => async (request) => {
      if (user.name === 'system:kube-scheduler' && request.path.endsWith('/binding') && failures > 0) {
        failures--;
        return errorAnswer(new StatusError(500, 'InternalError', 'the disk is slow'), true);
      }
      return handle(request);
    },
  });
  await make(api, { name: 'web' });
  await cluster.settle();
  expect(failures).toBe(0);
  expect(await nodeOf(api, 'web')).toBe('node-1');
  expect(await eventsOf(api, 'web')).toContainEqual({
    type: 'Warning',
    reason: 'FailedScheduling',
    action: 'Scheduling',
    message: 'running Bind plugin "DefaultBinder": the disk is slow',
    count: 3,
  });
});

test('a binding whose answer is lost is seen in the cache and not done twice', async () => {
  let lost = 0;
  const api = await start({
    nodes: [],
    between: (handle, user) => async (request) => {
      const answer = await handle(request);
      if (user.name !== 'system:kube-scheduler' || !request.path.endsWith('/binding') || lost > 0) return answer;
      lost++;
      return errorAnswer(new StatusError(504, 'Timeout', 'no answer'), true);
    },
  });
  await addNode(api, 'a', '1');
  await make(api, { name: 'web', requests: { cpu: '1' } });
  await cluster.settle();
  expect([lost, await nodeOf(api, 'web')]).toEqual([1, 'a']);
  await make(api, { name: 'next', requests: { cpu: '1' } });
  await cluster.settle();
  expect(await nodeOf(api, 'next')).toBeUndefined();
});

test('a heartbeat of a node wakes nobody, a label does', async () => {
  const api = await start();
  await make(api, { name: 'picky', nodeSelector: { disk: 'fast' } });
  await cluster.settle();
  const attempts = async (): Promise<number> => ((await eventsOf(api, 'picky'))[0] as { count: number }).count;
  const first = await attempts();
  await cluster.clock.advance(120_000);
  expect(await attempts()).toBe(first);
  await api.patch(Node, { namespace: '', name: 'node-1' }, { metadata: { labels: { disk: 'fast' } } });
  await cluster.settle();
  expect(await nodeOf(api, 'picky')).toBe('node-1');
});

test('the same seed gives the same places', async () => {
  const places = async (seed: number): Promise<unknown[]> => {
    const api = await start({ seed, nodes: 3 });
    await Promise.all(Array.from({ length: 12 }, (_, at) => make(api, { name: `p${at}` })));
    await cluster.settle();
    return (await api.list(Pod)).items.map((each) => [each.metadata.name, each.spec.nodeName, clone(each.metadata.uid)]);
  };
  const first = await places(5);
  await cluster.stop();
  expect(await places(5)).toEqual(first);
});
