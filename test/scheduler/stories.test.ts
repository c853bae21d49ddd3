import { afterEach, describe, expect, test } from 'vitest';
import { Node, Pod } from '../../src/api/kinds.generated.ts';
import { findCondition } from '../../src/api/condition.ts';
import { readSchedulerConfiguration } from '../../src/scheduler/configuration.ts';
import type { PodMore } from './builders.ts';
import { schedulerWorld, type SchedulerWorld } from './world.ts';

let world: SchedulerWorld;
afterEach(() => world.cluster.stop());

const help = 'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
const taint = { key: 'team', value: 'red', effect: 'NoSchedule' as const };
const contradiction = ['plain', 'tainted'].map((name) => ({ key: 'metadata.name', operator: 'In' as const, values: [name] }));
const patchNode = (name: string, patch: object): Promise<unknown> => world.api.patch(Node, { namespace: '', name }, { ...patch });

describe('a pod that fits nowhere says why of every node', () => {
  test.each<[string, PodMore, string]>([
    [
      'resources and taints',
      { requests: { cpu: '100' } },
      `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). ${help}`,
    ],
    [
      'a selector',
      { nodeSelector: { disk: 'fast' }, tolerations: [{ operator: 'Exists' }] },
      `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${help}`,
    ],
    [
      'names of nodes that contradict each other',
      {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: contradiction }] } },
        },
      },
      `0/2 nodes are available: pod affinity terms conflict. ${help}`,
    ],
    [
      'a claim that is not there',
      { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
      `0/2 nodes are available: persistentvolumeclaim "data" not found. ${help}`,
    ],
  ])('%s', async (_what, more, message) => {
    world = await schedulerWorld();
    await world.addNode('plain');
    await world.addNode('tainted');
    await patchNode('tainted', { spec: { taints: [taint] } });
    await world.cluster.settle();
    await world.make('web', more);
    await world.cluster.settle();
    expect(await world.events('web')).toEqual([['FailedScheduling', message, 1]]);
  });

  test('as far as an event takes it, and in whole in the condition', async () => {
    world = await schedulerWorld();
    await world.addNode('only');
    await world.cluster.settle();
    const lacks = Array.from({ length: 60 }, (_, at) => `example.com/resource-${String(at).padStart(2, '0')}`);
    const amounts = Object.fromEntries(lacks.map((name) => [name, '1']));
    await world.make('web', { containers: [{ name: 'main', image: 'main:1', resources: { requests: amounts, limits: amounts } }] });
    await world.cluster.settle();
    const whole = `0/1 nodes are available: ${lacks.map((name) => `1 Insufficient ${name}`).join(', ')}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`;
    expect(findCondition((await world.read('web')).status?.conditions, 'PodScheduled')?.message).toBe(whole);
    expect(await world.events('web')).toEqual([['FailedScheduling', `${whole.slice(0, 1020)} ...`, 1]]);
  });

  test('no nodes at all', async () => {
    world = await schedulerWorld();
    await world.make('web');
    await world.cluster.settle();
    expect(await world.events('web')).toEqual([['FailedScheduling', 'no nodes available to schedule pods', 1]]);
  });
});

describe('is woken by exactly what helps it', () => {
  test('for want of CPU: a small pod that goes does not wake it, a large one does', async () => {
    world = await schedulerWorld();
    await world.addNode('a', { cpu: '4' });
    await world.make('small', { requests: { cpu: '1' } });
    await world.make('large', { requests: { cpu: '3' } });
    await world.cluster.settle();
    await world.make('waiting', { requests: { cpu: '3' } });
    await world.cluster.settle();
    const first = await world.tries('waiting');
    await world.remove('small');
    await world.cluster.settle();
    expect([first, await world.tries('waiting'), await world.nodeOf('waiting')]).toEqual([1, 1, undefined]);
    await world.remove('large');
    await world.cluster.settle();
    expect([await world.tries('waiting'), await world.nodeOf('waiting')]).toEqual([1, 'a']);
  });

  test('for a taint: another label does not wake it, the end of the taint does', async () => {
    world = await schedulerWorld();
    await world.addNode('a');
    await patchNode('a', { spec: { taints: [taint] } });
    await world.cluster.settle();
    await world.make('web');
    await world.cluster.settle();
    await patchNode('a', { metadata: { labels: { colour: 'blue' } } });
    await world.cluster.settle();
    expect(await world.tries('web')).toBe(1);
    await patchNode('a', { spec: { taints: null } });
    await world.cluster.settle();
    expect([await world.tries('web'), await world.nodeOf('web')]).toEqual([1, 'a']);
  });

  test('for want of company: a stranger does not wake it, the awaited one does, and it goes there', async () => {
    const near: PodMore = {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
          ],
        },
      },
    };
    world = await schedulerWorld();
    await world.addNode('a');
    await world.addNode('b');
    await world.make('web', near);
    await world.cluster.settle();
    await world.make('stranger');
    await world.cluster.settle();
    expect(await world.tries('web')).toBe(1);
    await world.make('db', { labels: { app: 'db' }, nodeSelector: { 'kubernetes.io/hostname': 'b' } });
    await world.cluster.settle();
    expect([await world.tries('web'), await world.nodeOf('web')]).toEqual([1, 'b']);
  });

  test('after five minutes all are tried again, though nothing happened', async () => {
    world = await schedulerWorld();
    await world.addNode('a');
    await world.make('web', { requests: { cpu: '100' } });
    await world.cluster.settle();
    await world.cluster.clock.advance(4 * 60_000);
    expect(await world.tries('web')).toBe(1);
    await world.cluster.clock.advance(2 * 60_000);
    expect(await world.tries('web')).toBe(2);
  });
});

test('gates: a gated pod is not tried, says that it is gated, and goes when the last gate does', async () => {
  world = await schedulerWorld();
  await world.addNode('a');
  await world.make('web', { schedulingGates: [{ name: 'quota' }, { name: 'budget' }] });
  await world.cluster.settle();
  expect((await world.read('web')).status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }),
  );
  await world.api.patch(Pod, { namespace: 'default', name: 'web' }, { spec: { schedulingGates: [{ name: 'budget' }] } });
  await world.cluster.settle();
  expect([await world.tries('web'), await world.nodeOf('web')]).toEqual([0, undefined]);
  await world.api.patch(Pod, { namespace: 'default', name: 'web' }, { spec: { schedulingGates: null } });
  await world.cluster.settle();
  expect(await world.nodeOf('web')).toBe('a');
});

test('spread: pods come evenly over zones, also when one node of a zone is lost', async () => {
  const spread: PodMore = {
    labels: { app: 'web' },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } } },
    ],
  };
  world = await schedulerWorld();
  for (const [name, zone] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b1', 'b'],
  ] as const)
    await world.addNode(name, { labels: { zone } });
  for (let at = 0; at < 6; at++) await world.make(`w${at}`, spread);
  await world.cluster.settle();
  const inZone = async (zone: string): Promise<number> =>
    Object.values(await world.places()).filter((node) => node?.startsWith(zone) === true).length;
  expect([await inZone('a'), await inZone('b')]).toEqual([3, 3]);
  await patchNode('b1', { spec: { unschedulable: true } });
  for (let at = 6; at < 8; at++) await world.make(`w${at}`, spread);
  await world.cluster.settle();
  expect([await inZone('a'), await inZone('b')]).toEqual([4, 3]);
});

test('profiles: two schedulers of one configuration, one packs and one spreads, and each speaks for itself', async () => {
  const configuration = readSchedulerConfiguration(
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: packing-scheduler
  plugins:
    score:
      disabled: [{name: '*'}]
      enabled: [{name: NodeResourcesFit}]
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
`,
    'scheduler.yaml',
  );
  world = await schedulerWorld({ schedulerConfiguration: configuration });
  for (const name of ['a', 'b']) await world.addNode(name);
  await world.make('first', { requests: { cpu: '1' }, nodeSelector: { 'kubernetes.io/hostname': 'a' } });
  await world.cluster.settle();
  await world.make('packed', { requests: { cpu: '1' }, schedulerName: 'packing-scheduler' });
  await world.cluster.settle();
  await world.make('spread', { requests: { cpu: '1' } });
  await world.make('theirs', { schedulerName: 'nobody' });
  await world.cluster.settle();
  expect(await world.places()).toEqual({ first: 'a', packed: 'a', spread: 'b', theirs: undefined });
});
