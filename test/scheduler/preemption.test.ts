import { describe, expect, test } from 'vitest';
import type { PodDisruptionBudget } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { preempt } from '../../src/scheduler/preemption/preempt.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { podFacts, type PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import { facts, node, pod, stateOf, type PodMore } from './builders.ts';

const profile = createProfile({ schedulerName: 'default-scheduler' });
/** The node and the names of the victims, or why there are none. */
function outcome(wanted: PodFacts, state: ClusterState, budgets: readonly PodDisruptionBudget[] = []): unknown {
  const random = seededRandom(1);
  const refusal = schedule(wanted, state, { profile, random });
  if (refusal.node !== undefined) return refusal.node.name;
  const found = preempt(wanted, state, refusal, { profile, budgets, random });
  if (found.kind !== 'victims') return found.message;
  return {
    node: found.candidate.node.name,
    victims: found.candidate.victims.map(({ name }) => name),
    violations: found.candidate.violations,
  };
}
const of = (name: string, priority: number, cpu: string, more: PodMore = {}): PodFacts =>
  facts({ name, priority, requests: { cpu }, ...more });
const started = (name: string, startTime: string, cpu = '2'): PodFacts =>
  podFacts({ ...pod({ name, requests: { cpu } }), status: { startTime } });
const budget = (allowed: number, labels: Record<string, string>): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: labels } },
  status: { disruptionsAllowed: allowed, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
});

describe('on one node', () => {
  test('as few go as must, and the least important', () => {
    const state = stateOf([node('n1')], { n1: [of('a', 1, '1'), of('b', 3, '1'), of('c', 2, '1'), of('d', 4, '1')] });
    expect(outcome(of('x', 10, '2'), state)).toEqual({ node: 'n1', victims: ['c', 'a'], violations: 0 });
  });

  test('a large one stays when a small one makes enough room', () => {
    const state = stateOf([node('n1')], { n1: [of('large', 1, '3'), of('small', 0, '1')] });
    expect(outcome(of('x', 10, '1'), state)).toEqual({ node: 'n1', victims: ['small'], violations: 0 });
  });

  test('of equals the younger goes', () => {
    const state = stateOf([node('n1')], { n1: [started('old', '2026-01-01T00:00:00Z'), started('new', '2026-01-02T00:00:00Z')] });
    expect(outcome(of('x', 10, '2'), state)).toEqual({ node: 'n1', victims: ['new'], violations: 0 });
  });

  test('nothing of its own priority goes', () => {
    const state = stateOf([node('n1')], { n1: [of('a', 10, '4')] });
    expect(outcome(of('x', 10, '1'), state)).toBe('0/1 nodes are available: 1 No preemption victims found for incoming pod.');
  });

  test('a pod that never preempts waits', () => {
    const state = stateOf([node('n1')], { n1: [of('a', 1, '4')] });
    expect(outcome(of('x', 10, '1', { preemptionPolicy: 'Never' }), state)).toBe('not eligible due to preemptionPolicy=Never.');
  });

  test('what removing pods cannot mend is not tried', () => {
    const state = stateOf([node('n1', { unschedulable: true }), node('n2')], { n2: [of('a', 1, '1')] });
    expect(outcome(of('x', 10, '5'), state)).toBe('0/2 nodes are available: 2 Preemption is not helpful for scheduling.');
  });

  test('one that still would not fit says why', () => {
    const state = stateOf([node('n1')], { n1: [of('a', 1, '2'), of('b', 20, '2')] });
    expect(outcome(of('x', 10, '3'), state)).toBe('0/1 nodes are available: 1 Insufficient cpu.');
  });

  test('the state is as before, whatever was tried', () => {
    const state = stateOf([node('n1')], { n1: [of('a', 1, '2'), of('b', 2, '2')] });
    const used = (): unknown => state.nodes.map((each) => [each.usedCpuMillis, [...each.pods.keys()].sort()]);
    const before = used();
    outcome(of('x', 10, '3'), state);
    outcome(of('y', 10, '5'), state);
    expect(used()).toEqual(before);
  });
});

describe('for rules about other pods', () => {
  const db = { app: 'db' };
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: db } };
  const away: PodMore = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };

  test('who is avoided goes, others stay', () => {
    const state = stateOf([node('n1')], { n1: [of('db', 1, '1', { labels: db }), of('web', 1, '1')] });
    expect(outcome(of('x', 10, '1', away), state)).toEqual({ node: 'n1', victims: ['db'], violations: 0 });
  });

  test('who avoids it goes', () => {
    const state = stateOf([node('n1')], { n1: [of('hermit', 1, '1', away), of('web', 1, '1')] });
    expect(outcome(of('x', 10, '1', { labels: db }), state)).toEqual({ node: 'n1', victims: ['hermit'], violations: 0 });
  });

  test('who makes a zone too full goes', () => {
    const spread: PodMore = {
      labels: db,
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: db } },
      ],
    };
    const state = stateOf([node('a', { labels: { zone: 'a' } }), node('b', { labels: { zone: 'b' }, unschedulable: true })], {
      a: [of('d1', 1, '1', { labels: db }), of('web', 1, '1')],
    });
    expect(outcome(of('x', 10, '1', spread), state)).toEqual({ node: 'a', victims: ['d1'], violations: 0 });
  });

  test('who holds the port goes', () => {
    const port: PodMore = { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    const holder = facts({ name: 'holder', ...port });
    const state = stateOf([node('n1')], { n1: [holder, of('web', 1, '1')] });
    expect(outcome(facts({ name: 'x', priority: 10, ...port }), state)).toEqual({ node: 'n1', victims: ['holder'], violations: 0 });
  });
});

describe('budgets', () => {
  const web = { app: 'web' };
  const webs = (prefix: string): PodFacts[] => ['1', '2'].map((at) => of(`${prefix}${at}`, 1, '2', { labels: web }));

  test('are kept where another pod will do', () => {
    const state = stateOf([node('n1')], { n1: [of('web', 1, '2', { labels: web }), of('free', 2, '2')] });
    expect(outcome(of('x', 10, '2'), state, [budget(0, web)])).toEqual({ node: 'n1', victims: ['free'], violations: 0 });
  });

  test('are broken when nothing else is left, as few as can be', () => {
    const state = stateOf([node('n1')], { n1: webs('w') });
    expect(outcome(of('x', 10, '2'), state, [budget(0, web)])).toMatchObject({ victims: ['w2'], violations: 1 });
    expect(outcome(of('x', 10, '4'), state, [budget(1, web)])).toMatchObject({ violations: 1 });
  });

  test('decide between nodes before priorities do', () => {
    const state = stateOf([node('n1'), node('n2')], { n1: webs('w'), n2: [of('v1', 5, '2'), of('v2', 5, '2')] });
    expect(outcome(of('x', 10, '2'), state, [budget(0, web)])).toMatchObject({ node: 'n2', violations: 0 });
  });

  test('do not count a pod twice that was evicted already', () => {
    const evicted: PodDisruptionBudget = budget(0, web);
    const status = { ...(evicted.status as NonNullable<typeof evicted.status>), disruptedPods: { w1: 'now', w2: 'now' } };
    const state = stateOf([node('n1')], { n1: webs('w') });
    expect(outcome(of('x', 10, '2'), state, [{ ...evicted, status }])).toMatchObject({ violations: 0 });
  });
});

describe('of several nodes the one is chosen', () => {
  test.each<[string, Record<string, PodFacts[]>, string]>([
    ['whose most important victim is least', { n1: [of('a', 5, '4')], n2: [of('b', 4, '4')] }, 'n2'],
    ['whose priorities sum up to least', { n1: [of('a', 5, '2'), of('b', 4, '2')], n2: [of('c', 5, '2'), of('d', 3, '2')] }, 'n2'],
    ['with fewest victims', { n1: [of('a', 5, '2'), of('b', 0, '2')], n2: [of('c', 5, '4')] }, 'n2'],
    [
      'whose important victims started last',
      { n1: [started('a', '2026-01-01T00:00:00Z', '4')], n2: [started('b', '2026-02-01T00:00:00Z', '4')] },
      'n2',
    ],
  ])('%s', (_what, placed, chosen) => {
    expect(outcome(of('x', 10, '4'), stateOf([node('n1'), node('n2')], placed))).toMatchObject({ node: chosen });
  });
});
