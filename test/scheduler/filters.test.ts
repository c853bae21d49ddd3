import { describe, expect, test } from 'vitest';
import type { NodeSelectorRequirement, Taint, Toleration, TopologySpreadConstraint } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { unschedulableMessage } from '../../src/scheduler/fit-message.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import type { PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import { nodesToFind, schedule } from '../../src/scheduler/schedule.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { facts, node, stateOf, type NodeMore, type PodMore } from './builders.ts';

const profile = createProfile({ schedulerName: 'default-scheduler' });
/** The node's name, or why there is none. */
function outcome(pod: PodFacts, state: ClusterState): string {
  const decision = schedule(pod, state, { profile, random: seededRandom(1) });
  return decision.node === undefined ? unschedulableMessage(state.nodes.length, decision) : decision.node.name;
}

describe('a single node', () => {
  const taint = (effect: Taint['effect'], value?: string): Taint => ({ key: 'team', effect, ...(value === undefined ? {} : { value }) });
  const tolerating = (toleration: Toleration): PodMore => ({ tolerations: [toleration] });
  const requiring = (...matchExpressions: NodeSelectorRequirement[]): PodMore => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } },
  });
  const untolerated = '0/1 nodes are available: 1 node(s) had untolerated taint(s).';
  const unselected = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const labels = { zone: 'a', size: '10' };

  test.each<{ what: string; on?: NodeMore; pod?: PodMore; then: string }>([
    { what: 'takes a pod that asks for nothing', then: 'n1' },
    { what: 'takes exactly as much as it has', pod: { requests: { cpu: '4', memory: '8Gi' } }, then: 'n1' },
    { what: 'lacks CPU', pod: { requests: { cpu: '4001m' } }, then: '0/1 nodes are available: 1 Insufficient cpu.' },
    {
      what: 'lacks several things, and says each',
      pod: { requests: { cpu: '5', memory: '9Gi', 'nvidia.com/gpu': '1' } },
      then: '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Insufficient nvidia.com/gpu.',
    },
    { what: 'has room for no more pods', on: { allocatable: { pods: '0' } }, then: '0/1 nodes are available: 1 Too many pods.' },
    { what: 'is cordoned', on: { unschedulable: true }, then: '0/1 nodes are available: 1 node(s) were unschedulable.' },
    {
      what: 'is cordoned, which the pod tolerates',
      on: { unschedulable: true },
      pod: tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }),
      then: 'n1',
    },
    { what: 'has a taint', on: { taints: [taint('NoSchedule')] }, then: untolerated },
    {
      what: 'has a taint with a value',
      on: { taints: [taint('NoExecute', 'red')] },
      then: '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
    },
    { what: 'has a taint that is only a wish', on: { taints: [taint('PreferNoSchedule')] }, then: 'n1' },
    {
      what: 'has a tolerated taint',
      on: { taints: [taint('NoSchedule', 'red')] },
      pod: tolerating({ key: 'team', value: 'red' }),
      then: 'n1',
    },
    {
      what: 'has a taint tolerated by key',
      on: { taints: [taint('NoSchedule')] },
      pod: tolerating({ key: 'team', operator: 'Exists' }),
      then: 'n1',
    },
    {
      what: 'has a taint where all are tolerated',
      on: { taints: [taint('NoExecute')] },
      pod: tolerating({ operator: 'Exists' }),
      then: 'n1',
    },
    {
      what: 'has a taint tolerated for another effect',
      on: { taints: [taint('NoSchedule')] },
      pod: tolerating({ key: 'team', operator: 'Exists', effect: 'NoExecute' }),
      then: untolerated,
    },
    { what: 'is selected', on: { labels }, pod: { nodeSelector: { zone: 'a' } }, then: 'n1' },
    { what: 'is not selected', on: { labels }, pod: { nodeSelector: { zone: 'b' } }, then: unselected },
    { what: 'is named', pod: { nodeName: 'n1' }, then: 'n1' },
    {
      what: 'is not the one that is named',
      pod: { nodeName: 'other' },
      then: "0/1 nodes are available: 1 node(s) didn't match the requested node name.",
    },
    { what: 'meets In', on: { labels }, pod: requiring({ key: 'zone', operator: 'In', values: ['b', 'a'] }), then: 'n1' },
    { what: 'meets NotIn', on: { labels }, pod: requiring({ key: 'zone', operator: 'NotIn', values: ['b'] }), then: 'n1' },
    { what: 'meets NotIn without the label', pod: requiring({ key: 'zone', operator: 'NotIn', values: ['b'] }), then: 'n1' },
    { what: 'misses Exists', pod: requiring({ key: 'zone', operator: 'Exists' }), then: unselected },
    { what: 'misses DoesNotExist', on: { labels }, pod: requiring({ key: 'zone', operator: 'DoesNotExist' }), then: unselected },
    { what: 'meets Gt', on: { labels }, pod: requiring({ key: 'size', operator: 'Gt', values: ['9'] }), then: 'n1' },
    { what: 'misses Lt', on: { labels }, pod: requiring({ key: 'size', operator: 'Lt', values: ['10'] }), then: unselected },
    {
      what: 'misses Gt with a label that is no number',
      on: { labels },
      pod: requiring({ key: 'zone', operator: 'Gt', values: ['1'] }),
      then: unselected,
    },
    { what: 'misses a term without requirements', pod: requiring(), then: unselected },
  ])('$what', ({ on = {}, pod = {}, then }) => {
    expect(outcome(facts(pod), stateOf([node('n1', on)]))).toBe(then);
  });
});

describe('what is there already', () => {
  test('counts against CPU, and is given back when it goes', () => {
    const there = facts({ requests: { cpu: '3' } });
    const state = stateOf([node('n1')], { n1: [there] });
    const next = facts({ requests: { cpu: '2' } });
    expect(outcome(next, state)).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    state.removePod(there.uid);
    expect(outcome(next, state)).toBe('n1');
  });

  test.each([
    { there: undefined, wanted: undefined, clash: true },
    { there: '10.0.0.1', wanted: undefined, clash: true },
    { there: undefined, wanted: '10.0.0.1', clash: true },
    { there: '10.0.0.1', wanted: '10.0.0.2', clash: false },
    { there: '10.0.0.1', wanted: '10.0.0.1', clash: true },
  ])('a host port on $there is taken for $wanted: $clash', ({ there, wanted, clash }) => {
    const withPort = (hostIP: string | undefined): PodFacts =>
      facts({
        containers: [
          { name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 8080, ...(hostIP === undefined ? {} : { hostIP }) }] },
        ],
      });
    expect(outcome(withPort(wanted), stateOf([node('n1')], { n1: [withPort(there)] }))).toBe(
      clash ? "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports." : 'n1',
    );
  });

  test('a port of another protocol is free', () => {
    const withPort = (protocol: 'TCP' | 'UDP'): PodFacts =>
      facts({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 8080, protocol }] }] });
    expect(outcome(withPort('UDP'), stateOf([node('n1')], { n1: [withPort('TCP')] }))).toBe('n1');
  });
});

describe('several nodes', () => {
  test('give their reasons counted and sorted', () => {
    const state = stateOf([
      node('n1', { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] }),
      node('n2', { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] }),
      node('n3'),
    ]);
    expect(outcome(facts({ requests: { cpu: '5' } }), state)).toBe(
      '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).',
    );
  });

  test('that do not exist are said so', () => {
    expect(outcome(facts(), stateOf([]))).toBe('no nodes available to schedule pods');
  });

  test('are left aside when the pod names one by field', () => {
    const pod = facts({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
          },
        },
      },
    });
    expect(outcome(pod, stateOf([node('n1'), node('n2'), node('n3')]))).toBe('n2');
    expect(outcome(pod, stateOf([node('n1'), node('n2', { unschedulable: true }), node('n3')]))).toBe(
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
  });
});

describe('topology spread', () => {
  const web = { app: 'web' };
  const zones = [node('a1', { labels: { zone: 'a' } }), node('a2', { labels: { zone: 'a' } }), node('b1', { labels: { zone: 'b' } })];
  const spread = (more: Partial<TopologySpreadConstraint> = {}): PodMore => ({
    labels: web,
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: web }, ...more },
    ],
  });
  const webs = (count: number): PodFacts[] => Array.from({ length: count }, () => facts({ labels: web }));

  test('sends the next pod to the zone with fewest', () => {
    expect(outcome(facts(spread()), stateOf(zones, { a1: webs(1), a2: webs(1), b1: webs(1) }))).toBe('b1');
  });

  test('turns away what would be too uneven', () => {
    const state = stateOf([...zones.slice(0, 2), node('b1', { labels: { zone: 'b' }, unschedulable: true })], { a1: webs(1) });
    expect(outcome(facts(spread()), state)).toBe(
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints.",
    );
  });

  test('needs the label', () => {
    expect(outcome(facts(spread()), stateOf([node('n1')]))).toBe(
      "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
    );
  });

  test('does not count pods that are ending, of other labels or of other namespaces', () => {
    const ending = { ...facts({ labels: web }), terminating: true };
    const others = [ending, facts({ labels: { app: 'other' } }), facts({ labels: web, namespace: 'elsewhere' })];
    const state = stateOf([node('a1', { labels: { zone: 'a' } }), node('b1', { labels: { zone: 'b' }, unschedulable: true })], {
      a1: others,
    });
    expect(outcome(facts(spread()), state)).toBe('a1');
  });

  test('takes missing domains as empty when there should be more', () => {
    const state = stateOf(zones.slice(0, 2), { a1: webs(1) });
    expect(outcome(facts(spread()), state)).toBe('a2');
    expect(outcome(facts(spread({ minDomains: 2 })), state)).toBe(
      "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.",
    );
  });

  test('does not count nodes that the pod may not use', () => {
    const state = stateOf(zones, { a1: webs(1) });
    expect(outcome(facts({ ...spread(), nodeSelector: { zone: 'a' } }), state)).toMatch(/^a/);
  });

  test('as a wish prefers the emptier zone and never refuses', () => {
    const state = stateOf(zones, { a1: webs(3), b1: webs(1) });
    expect(outcome(facts(spread({ whenUnsatisfiable: 'ScheduleAnyway' })), state)).toBe('b1');
  });
});

describe('pod affinity', () => {
  const db = { app: 'db' };
  const zones = [node('a1', { labels: { zone: 'a' } }), node('b1', { labels: { zone: 'b' } })];
  const term = (labels: Record<string, string>, topologyKey = 'zone') => ({ topologyKey, labelSelector: { matchLabels: labels } });
  const near = (...terms: ReturnType<typeof term>[]): PodMore => ({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
  });
  const away = (...terms: ReturnType<typeof term>[]): PodMore => ({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
  });
  const of = (labels: Record<string, string>, more: PodMore = {}): PodFacts => facts({ labels, ...more });

  test('puts a pod into the zone of the others', () => {
    expect(outcome(facts(near(term(db))), stateOf(zones, { b1: [of(db)] }))).toBe('b1');
  });

  test('refuses when nobody is there to be near to', () => {
    expect(outcome(facts(near(term(db))), stateOf(zones))).toBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
  });

  test('lets the first of a group that wants to be together begin', () => {
    expect(outcome(of(db, near(term(db))), stateOf(zones))).toMatch(/^[ab]1$/);
  });

  test('keeps a pod out of the zone of those it avoids', () => {
    expect(outcome(facts(away(term(db))), stateOf(zones, { a1: [of(db)] }))).toBe('b1');
    expect(outcome(facts(away(term(db))), stateOf(zones, { a1: [of(db)], b1: [of(db)] }))).toBe(
      "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
    );
  });

  test('keeps a pod out of the zone of those who avoid it', () => {
    const hermits = { a1: [of({ app: 'hermit' }, away(term(db)))], b1: [of({ app: 'hermit' }, away(term(db)))] };
    expect(outcome(of(db), stateOf(zones, hermits))).toBe(
      "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.",
    );
  });

  test('means pods of its own namespace unless it says more', () => {
    const state = stateOf(zones, { b1: [of(db, { namespace: 'data' })] });
    state.setNamespace('data', { team: 'storage' });
    expect(outcome(facts(near(term(db))), state)).toContain('affinity rules');
    expect(outcome(facts(near({ ...term(db), namespaces: ['data'] } as never)), state)).toBe('b1');
    expect(outcome(facts(near({ ...term(db), namespaceSelector: { matchLabels: { team: 'storage' } } } as never)), state)).toBe('b1');
  });

  test('as a wish prefers, or avoids, and never refuses', () => {
    const wish = (kind: 'podAffinity' | 'podAntiAffinity'): PodMore => ({
      affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm: term(db) }] } },
    });
    const state = stateOf(zones, { a1: [of(db)] });
    expect(outcome(facts(wish('podAffinity')), state)).toBe('a1');
    expect(outcome(facts(wish('podAntiAffinity')), state)).toBe('b1');
  });
});

test.each([
  [0, 0],
  [99, 99],
  [100, 100],
  [250, 120],
  [1000, 420],
  [5000, 500],
  [15_000, 750],
])('of %i nodes %i that fit are enough', (nodes, enough) => {
  expect(nodesToFind(nodes)).toBe(enough);
});
