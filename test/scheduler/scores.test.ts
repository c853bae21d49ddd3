import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { pluginOf } from '../../src/scheduler/plugins/index.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import type { Plugin } from '../../src/scheduler/plugin.ts';
import type { PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { facts, node, stateOf } from './builders.ts';

const profile = createProfile({ schedulerName: 'default-scheduler' });
const resourcesFit = pluginOf('NodeResourcesFit');
const balancedAllocation = pluginOf('NodeResourcesBalancedAllocation');
const nodeAffinity = pluginOf('NodeAffinity');
const taintToleration = pluginOf('TaintToleration');

function scores(plugin: Plugin, pod: PodFacts, state: ClusterState): number[] {
  const scorer = plugin.score?.(pod, state, state.nodes);
  const found = state.nodes.map((each) => scorer?.of(each) ?? 0);
  scorer?.normalise?.(found);
  return found;
}

describe('least allocated', () => {
  test.each([
    // (4000 - 1000) / 4000 = 75; (8 - 2) / 8 = 75
    { requests: { cpu: '1', memory: '2Gi' }, used: [], score: 75 },
    // 50 and 75
    { requests: { cpu: '2', memory: '2Gi' }, used: [], score: 62 },
    // (4000 - 3000) / 4000 = 25; (8 - 4) / 8 = 50
    { requests: { cpu: '1', memory: '2Gi' }, used: [{ cpu: '2', memory: '2Gi' }], score: 37 },
    // Nothing said counts as 100m and 200Mi: 97 and 97
    { requests: undefined, used: [], score: 97 },
    { requests: undefined, used: [undefined], score: 95 },
  ])('$requests beside $used is $score', ({ requests, used, score }) => {
    const there = used.map((each) => facts(each === undefined ? {} : { requests: each }));
    expect(scores(resourcesFit, facts(requests === undefined ? {} : { requests }), stateOf([node('n1')], { n1: there }))).toEqual([score]);
  });
});

describe('balanced allocation', () => {
  test.each([
    { requests: { cpu: '1', memory: '2Gi' }, score: 100 },
    // 1.0 and 0.25: half the difference is 0.375
    { requests: { cpu: '4', memory: '2Gi' }, score: 62 },
    { requests: { cpu: '2' }, score: 75 },
  ])('$requests is $score', ({ requests, score }) => {
    expect(scores(balancedAllocation, facts({ requests }), stateOf([node('n1')]))).toEqual([score]);
  });

  test('has nothing to say of pods that ask for nothing', () => {
    expect(balancedAllocation.score?.(facts(), stateOf([node('n1')]), [])).toBeUndefined();
  });
});

test('preferred node affinity adds weights up and scales them to 100', () => {
  const wish = (zone: string, weight: number) => ({
    weight,
    preference: { matchExpressions: [{ key: 'zone', operator: 'In' as const, values: [zone] }] },
  });
  const pod = facts({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [wish('a', 30), wish('b', 10)] } } });
  const state = stateOf([node('n1', { labels: { zone: 'a' } }), node('n2', { labels: { zone: 'b' } }), node('n3')]);
  expect(scores(nodeAffinity, pod, state)).toEqual([100, 33, 0]);
});

test('untolerated PreferNoSchedule taints lower the score', () => {
  const soft = (key: string) => ({ key, effect: 'PreferNoSchedule' as const });
  const state = stateOf([node('n1', { taints: [soft('x'), soft('y')] }), node('n2', { taints: [soft('x')] }), node('n3')]);
  expect(scores(taintToleration, facts(), state)).toEqual([0, 50, 100]);
  expect(scores(taintToleration, facts({ tolerations: [{ key: 'y', operator: 'Exists' }] }), state)).toEqual([0, 0, 100]);
});

describe('the choice', () => {
  test('is the least loaded of three nodes', () => {
    const state = stateOf([node('n1'), node('n2'), node('n3')], {
      n1: [facts({ requests: { cpu: '2' } })],
      n2: [facts({ requests: { cpu: '1' } })],
      n3: [facts({ requests: { cpu: '3' } })],
    });
    expect(schedule(facts({ requests: { cpu: '1' } }), state, { profile, random: seededRandom(1) }).node?.name).toBe('n2');
  });

  test('between equals is made by chance, each as likely, and the same for the same seed', () => {
    const state = stateOf([node('n1'), node('n2'), node('n3')]);
    const run = (seed: number): string[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 300 }, () => schedule(facts(), state, { profile, random }).node?.name ?? '');
    };
    expect(run(7)).toEqual(run(7));
    const counts = ['n1', 'n2', 'n3'].map((name) => run(7).filter((each) => each === name).length);
    for (const count of counts) expect(count).toBeGreaterThan(70);
  });

  test('in a large cluster looks at a part, and goes on from there', () => {
    const state = stateOf(Array.from({ length: 1000 }, (_, at) => node(`n${at}`)));
    const decision = schedule(facts(), state, { profile, random: seededRandom(1), start: 900 });
    expect(decision.looked).toBe(420);
    const place = Number(decision.node?.name.slice(1));
    expect(place >= 900 || place < 320).toBe(true);
  });
});
