import { describe, expect, test } from 'vitest';
import type { ClusterEvent } from '../../src/scheduler/cluster-event.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import { SchedulingQueue } from '../../src/scheduler/scheduling-queue.ts';
import { podFacts, type PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { facts, node, pod, stateOf, type NodeMore, type PodMore } from './builders.ts';

const profiles = [createProfile({ schedulerName: 'default-scheduler' })];
const make = (): SchedulingQueue => new SchedulingQueue({ profiles, initialBackoffMs: 1000, maxBackoffMs: 10_000 });
const drain = (queue: SchedulingQueue): string[] => {
  const names: string[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) names.push(next.name);
  return names;
};
const rejected = (...names: string[]): Set<string> => new Set(names);
const anything = (state: ClusterState): ClusterEvent => {
  const added = state.nodes[0];
  if (added === undefined) throw new Error('the state has no node');
  return { kind: 'nodeAdded', node: added };
};

test('pods come by priority, then in the order in which they came', () => {
  const queue = make();
  for (const [name, priority] of [
    ['a', 0],
    ['b', 10],
    ['c', 0],
    ['d', 10],
    ['e', -5],
  ] as const)
    queue.add(facts({ name, priority }));
  expect(drain(queue)).toEqual(['b', 'd', 'a', 'c', 'e']);
});

test('a pod that is added again keeps its place, with its new state', () => {
  const queue = make();
  queue.add(facts({ name: 'a' }));
  queue.add(facts({ name: 'b' }));
  queue.add(facts({ name: 'a', labels: { new: 'yes' } }));
  const first = queue.pop();
  expect([first?.name, first?.labels, drain(queue)]).toEqual(['a', { new: 'yes' }, ['b']]);
});

test('a pod whose priority changed goes to its new place', () => {
  const queue = make();
  queue.add(facts({ name: 'a' }));
  queue.add(facts({ name: 'b' }));
  queue.add(facts({ name: 'b', priority: 5 }));
  expect(drain(queue)).toEqual(['b', 'a']);
});

test('a pod that was taken out is not tried', () => {
  const queue = make();
  const a = facts({ name: 'a' });
  queue.add(a);
  queue.remove(a.uid);
  expect([drain(queue), queue.has(a.uid)]).toEqual([[], false]);
});

describe('what happens wakes a pod only if the plugin that turned it away says that it may help', () => {
  const web = { app: 'web' };
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: web } };
  const near: PodMore = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  const away: PodMore = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  const spread: PodMore = {
    labels: web,
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: web } },
    ],
  };
  const port: PodMore = { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] };
  const taints: NodeMore = { taints: [{ key: 'team', effect: 'NoSchedule' }] };

  interface Case {
    readonly what: string;
    readonly by: string;
    readonly resting: PodMore;
    readonly event: (state: ClusterState) => ClusterEvent;
    readonly on?: NodeMore;
    readonly wakes: boolean;
  }
  const at = (state: ClusterState, other: PodFacts) => ({ facts: other, at: state.nodes[0] as never });
  const gone =
    (more: PodMore) =>
    (state: ClusterState): ClusterEvent => ({ kind: 'podRemoved', pod: at(state, facts(more)) });
  const came =
    (more: PodMore) =>
    (state: ClusterState): ClusterEvent => ({ kind: 'podPlaced', pod: at(state, facts(more)) });
  const added = (state: ClusterState): ClusterEvent => anything(state);

  test.each<Case>([
    { what: 'a pod goes and leaves enough', by: 'NodeResourcesFit', resting: { requests: { cpu: '4' } }, event: gone({}), wakes: true },
    {
      what: 'a pod goes and leaves too little',
      by: 'NodeResourcesFit',
      resting: { requests: { cpu: '5' } },
      event: gone({}),
      wakes: false,
    },
    { what: 'a pod comes', by: 'NodeResourcesFit', resting: {}, event: came({}), wakes: false },
    { what: 'a large node comes', by: 'NodeResourcesFit', resting: { requests: { cpu: '4' } }, event: added, wakes: true },
    { what: 'a small node comes', by: 'NodeResourcesFit', resting: { requests: { cpu: '5' } }, event: added, wakes: false },
    { what: 'a pod goes', by: 'NodeAffinity', resting: { nodeSelector: { disk: 'fast' } }, event: gone({}), wakes: false },
    { what: 'another node comes', by: 'NodeAffinity', resting: { nodeSelector: { disk: 'fast' } }, event: added, wakes: false },
    {
      what: 'the right node comes',
      by: 'NodeAffinity',
      resting: { nodeSelector: { disk: 'fast' } },
      on: { labels: { disk: 'fast' } },
      event: added,
      wakes: true,
    },
    {
      what: 'a label comes that it waits for',
      by: 'NodeAffinity',
      resting: { nodeSelector: { disk: 'fast' } },
      on: { labels: { disk: 'fast' } },
      event: (state) => ({ kind: 'nodeLabels', node: state.nodes[0] as never, before: {} }),
      wakes: true,
    },
    {
      what: 'another label comes',
      by: 'NodeAffinity',
      resting: { nodeSelector: { disk: 'fast' } },
      on: { labels: { disk: 'slow' } },
      event: (state) => ({ kind: 'nodeLabels', node: state.nodes[0] as never, before: {} }),
      wakes: false,
    },
    {
      what: 'a taint goes',
      by: 'TaintToleration',
      resting: {},
      event: (state) => ({ kind: 'nodeTaints', node: state.nodes[0] as never }),
      wakes: true,
    },
    {
      what: 'a taint changes and stays',
      by: 'TaintToleration',
      resting: {},
      on: taints,
      event: (state) => ({ kind: 'nodeTaints', node: state.nodes[0] as never }),
      wakes: false,
    },
    { what: 'who held the port goes', by: 'NodePorts', resting: port, event: gone(port), wakes: true },
    { what: 'one without ports goes', by: 'NodePorts', resting: port, event: gone({}), wakes: false },
    { what: 'a neighbour comes', by: 'InterPodAffinity', resting: near, event: came({ labels: web }), wakes: true },
    { what: 'a stranger comes', by: 'InterPodAffinity', resting: near, event: came({}), wakes: false },
    { what: 'one it avoids goes', by: 'InterPodAffinity', resting: away, event: gone({ labels: web }), wakes: true },
    { what: 'one that avoids it goes', by: 'InterPodAffinity', resting: { labels: web }, event: gone(away), wakes: true },
    { what: 'one it avoids comes', by: 'InterPodAffinity', resting: away, event: came({ labels: web }), wakes: false },
    { what: 'one of its spread comes', by: 'PodTopologySpread', resting: spread, event: came({ labels: web }), wakes: true },
    {
      what: 'one like it comes elsewhere',
      by: 'PodTopologySpread',
      resting: spread,
      event: came({ labels: web, namespace: 'other' }),
      wakes: false,
    },
    { what: 'a node without the key comes', by: 'PodTopologySpread', resting: spread, event: added, wakes: false },
    {
      what: 'a node with the key comes',
      by: 'PodTopologySpread',
      resting: spread,
      on: { labels: { zone: 'a' } },
      event: added,
      wakes: true,
    },
  ])('$by: $what: $wakes', ({ by, resting, event, on = {}, wakes }) => {
    const queue = make();
    const state = stateOf([node('n1', on)]);
    queue.rest(facts({ name: 'a', ...resting }), rejected(by), 0);
    expect(queue.happened(event(state), state, 60_000)).toBe(wakes ? 1 : 0);
    expect(drain(queue)).toEqual(wakes ? ['a'] : []);
  });
});

describe('back-off', () => {
  const state = stateOf([node('n1')]);

  test('doubles from a second up to ten, and others are tried before it is over', () => {
    const queue = make();
    const delays: number[] = [];
    let now = 0;
    queue.add(facts({ name: 'a' }));
    for (let attempt = 0; attempt < 6; attempt++) {
      expect(queue.pop()?.name).toBe('a');
      queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), now);
      queue.happened(anything(state), state, now);
      queue.add(facts({ name: 'other' }));
      let waited = 0;
      // Whoever asks for the highest place shows whether it is still backing off.
      for (; waited < 20_000 && queue.counts().backoff > 0; waited += 500) queue.wake(now + waited);
      delays.push(waited - 500);
      now += waited;
      expect(queue.pop()?.name).toBe('other');
      queue.done('uid-default-other');
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('does not hold up a pod when nobody else is to be tried', () => {
    const queue = make();
    queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 0);
    queue.happened(anything(state), state, 0);
    expect([queue.counts().backoff, drain(queue)]).toEqual([1, ['a']]);
  });

  test('after an error is waited for', () => {
    const queue = make();
    queue.retryLater(facts({ name: 'a' }), 0);
    expect([drain(queue), queue.wake(0)]).toEqual([[], 1000]);
    queue.wake(1000);
    expect(drain(queue)).toEqual(['a']);
  });

  test('begins anew for a pod that found its node in between', () => {
    const queue = make();
    queue.add(facts({ name: 'a' }));
    for (const now of [0, 1000, 3000]) {
      queue.pop();
      queue.retryLater(facts({ name: 'a' }), now);
      queue.wake(now + 10_000);
    }
    queue.pop();
    queue.done(facts({ name: 'a' }).uid);
    queue.retryLater(facts({ name: 'a' }), 100_000);
    expect(queue.wake(100_000)).toBe(101_000);
  });
});

test('a pod that changed is tried at once, whatever it waited for', () => {
  const queue = make();
  queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 0);
  queue.add(facts({ name: 'a', requests: { cpu: '1m' } }));
  expect(drain(queue)).toEqual(['a']);
});

test('a refreshed pod goes on resting, and comes back with its new state', () => {
  const queue = make();
  const state = stateOf([node('n1')]);
  queue.rest(facts({ name: 'a' }), rejected('NodeResourcesFit'), 0);
  const next = { ...pod({ name: 'a' }), status: { phase: 'Pending' as const } };
  queue.refresh(podFacts(next));
  expect(drain(queue)).toEqual([]);
  queue.happened(anything(state), state, 1000);
  expect(queue.pop()?.pod).toBe(next);
});

test('a blocked pod is woken when it is unblocked by what happened meanwhile, and only then', () => {
  const state = stateOf([node('n1')]);
  const run = (happens: boolean, wake: boolean): string[] => {
    const queue = make();
    const a = facts({ name: 'a' });
    queue.rest(a, rejected('NodeResourcesFit'), 0);
    queue.block(a.uid);
    if (happens) queue.happened(anything(state), state, 1000);
    expect(drain(queue)).toEqual([]);
    queue.unblock(a.uid, 500, wake);
    return drain(queue);
  };
  expect([run(true, false), run(false, false)]).toEqual([['a'], []]);
  // What it waited for failed: it is asked again after the back-off, not at once.
  expect(run(false, true)).toEqual([]);
});

test('a gated pod is held, and comes when its gates are gone', () => {
  const queue = make();
  const state = stateOf([node('n1')]);
  queue.add(facts({ name: 'a', schedulingGates: [{ name: 'wait' }] }));
  queue.happened(anything(state), state, 0);
  queue.moveOld(1_000_000, 1);
  expect([drain(queue), queue.counts().held]).toEqual([[], 1]);
  queue.add(facts({ name: 'a' }));
  expect(drain(queue)).toEqual(['a']);
});

test('those who rested for long come back though nothing helped', () => {
  const queue = make();
  queue.rest(facts({ name: 'old' }), rejected('NodeAffinity'), 0);
  queue.rest(facts({ name: 'new' }), rejected('NodeAffinity'), 200_000);
  queue.moveOld(300_000, 300_000);
  expect([drain(queue), queue.counts()]).toEqual([['old'], { active: 0, backoff: 0, unschedulable: 1, held: 0 }]);
});

test('where there was no node at all, anything wakes', () => {
  const queue = make();
  const state = stateOf([node('n1')]);
  queue.rest(facts({ name: 'a' }), rejected(), 0);
  queue.happened(anything(state), state, 2000);
  expect(drain(queue)).toEqual(['a']);
});
