import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import { ClusterState } from '../../src/scheduler/cluster-state.ts';
import type { PodFacts } from '../../src/scheduler/pod-facts.ts';
import { facts, node, stateOf } from './builders.ts';

/** All that is counted, in one order. */
function counted(state: ClusterState): unknown {
  const nodes = state.nodes.map((each) => ({
    name: each.name,
    pods: [...each.pods.keys()].sort(),
    used: [each.usedCpuMillis, each.usedMemoryBytes, each.scoredCpuMillis, each.scoredMemoryBytes],
    others: Object.fromEntries([...each.usedOthers].filter(([, amount]) => amount > 0).sort()),
    ports: Object.fromEntries([...each.ports].map(([id, addresses]) => [id, [...addresses].sort()] as const).sort()),
  }));
  nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { nodes, marked: state.marked, pods: state.podCount, repelling: state.repelling.size };
}

test.each([1, 2, 3, 4, 5])('what is counted step by step equals what is counted at once (seed %i)', (seed) => {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[randomInt(random, list.length)] as T;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const variants = names.map((name) => [
    node(name),
    node(name, { unschedulable: true }),
    node(name, { taints: [{ key: 'k', effect: 'NoSchedule' }], allocatable: { cpu: '8' } }),
    node(name, { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
  ]);
  const pods = Array.from({ length: 30 }, (_, at) =>
    facts({
      name: `p${at}`,
      namespace: pick(['x', 'y']),
      containers: [
        {
          name: 'c',
          image: 'i',
          resources: { requests: { cpu: `${at * 10}m`, memory: `${at}Mi`, 'ephemeral-storage': `${at % 3}` } },
          ports: at % 4 === 0 ? [{ containerPort: 80, hostPort: 8000 + (at % 8) }] : [],
        },
      ],
      ...(at % 5 === 0 && {
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }] } },
      }),
    }),
  );
  const state = new ClusterState();
  const nodes = new Map<string, (typeof variants)[number][number]>();
  const placed = new Map<PodFacts, string>();
  for (let step = 0; step < 400; step++) {
    const at = randomInt(random, names.length);
    const pod = pick(pods);
    const action = randomInt(random, 10);
    if (action < 2) {
      const next = pick(variants[at] ?? []);
      nodes.set(names[at] as string, next);
      state.setNode(next);
    } else if (action === 2) {
      nodes.delete(names[at] as string);
      state.removeNode(names[at] as string);
    } else if (action < 7) {
      placed.set(pod, names[at] as string);
      state.addPod(pod, names[at] as string);
    } else {
      expect(state.removePod(pod.uid)?.at.name).toBe(placed.get(pod));
      placed.delete(pod);
    }
  }
  const byNode: Record<string, PodFacts[]> = {};
  for (const [pod, name] of placed) (byNode[name] ??= []).push(pod);
  expect(counted(state)).toEqual(counted(stateOf([...nodes.values()], byNode)));
});

test('only what could let a pod fit counts as a change of a node', () => {
  const state = stateOf([node('a')]);
  const beat = node('a');
  expect(state.setNode({ ...beat, status: { ...beat.status, conditions: [{ type: 'Ready', status: 'True' }] } })).toBe(false);
  expect(state.setNode(node('a', { labels: { zone: 'z' } }))).toBe(true);
  expect(state.setNode(node('a', { labels: { zone: 'z' }, unschedulable: true }))).toBe(true);
  expect(state.setNode(node('b'))).toBe(true);
});

test('pods of a node that is not known yet count when it comes', () => {
  const state = new ClusterState();
  state.addPod(facts({ requests: { cpu: '1' } }), 'late');
  expect(state.node('late')).toBeUndefined();
  state.setNode(node('late'));
  expect(state.node('late')?.usedCpuMillis).toBe(1000);
});
