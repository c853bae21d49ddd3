import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import type { PodFacts } from '../../src/scheduler/state/pod-facts.ts';
import type { NodeState } from '../../src/scheduler/state/node-state.ts';
import { podChoice } from '../../src/scheduler/state/terms.ts';
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
  return { nodes, marked: state.marked, pods: state.podCount, related: related(state) };
}

const everyX = podChoice(['x'], []);
const zoned = podChoice([], [{ key: 'app', operator: 'in', values: ['web'] }], [{ key: 'team', operator: 'exists', values: [] }]);
const untainted = { name: 'untainted', of: (each: NodeState): boolean => each.taints.length === 0 };

/** What rules about other pods would see. */
function related({ relations, nodes }: ClusterState): unknown {
  const selections = [everyX, zoned].map((choice) => relations.selection([choice], { staying: false }));
  const tallies = selections.flatMap((selection) => [
    selection.tally(relations.topology('zone'), nodes),
    selection.tally(relations.topology('kubernetes.io/hostname'), nodes, untainted),
  ]);
  const repelling: number[] = [];
  relations.forEachClass(facts(), (termClass) => repelling.push(...nodes.map((each) => termClass.at(each))));
  return {
    on: sorted(nodes, (each) => selections.map((selection) => selection.on(each))),
    at: sorted(nodes, (each) => tallies.map((tally) => tally.at(each))),
    sizes: tallies.map(({ total, domains }) => [total, domains]),
    fewest: tallies.map((tally) => tally.fewest()),
    repelling: repelling.sort(),
  };
}
function sorted(nodes: readonly NodeState[], of: (node: NodeState) => unknown): unknown {
  return nodes.map((each) => [each.name, of(each)]).sort();
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('what is counted step by step equals what is counted at once (seed %i)', (seed) => {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[randomInt(random, list.length)] as T;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const variants = names.map((name) => [
    node(name),
    node(name, { unschedulable: true }),
    node(name, { taints: [{ key: 'k', effect: 'NoSchedule' }], allocatable: { cpu: '8' } }),
    node(name, { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
    node(name, { labels: { zone: 'z1' } }),
    node(name, { labels: { zone: 'z2' } }),
  ]);
  const pods = Array.from({ length: 30 }, (_, at) =>
    facts({
      name: `p${at}`,
      namespace: pick(['x', 'y']),
      labels: at % 3 === 0 ? { app: 'web' } : {},
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
  related(state);
  const nodes = new Map<string, (typeof variants)[number][number]>();
  const placed = new Map<PodFacts, string>();
  for (let step = 0; step < 400; step++) {
    const at = randomInt(random, names.length);
    const pod = pick(pods);
    const action = randomInt(random, 10);
    if (step % 50 === 49) state.setNamespace('x', step % 100 === 99 ? { team: 'a' } : {});
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
  const anew = stateOf([...nodes.values()], byNode);
  anew.setNamespace('x', { team: 'a' });
  expect(counted(state)).toEqual(counted(anew));
});

test('only what could let a pod fit counts as a change of a node', () => {
  const state = stateOf([node('a')]);
  const beat = node('a');
  expect(state.setNode({ ...beat, status: { ...beat.status, conditions: [{ type: 'Ready', status: 'True' }] } })).toBeUndefined();
  expect(state.setNode(node('a', { labels: { zone: 'z' } }))).toMatchObject({ added: false, room: false, taints: false, labels: {} });
  expect(state.setNode(node('a', { labels: { zone: 'z' }, unschedulable: true }))).toMatchObject({
    added: false,
    room: false,
    taints: true,
  });
  expect(state.setNode(node('b'))).toMatchObject({ added: true });
});

test('pods of a node that is not known yet count when it comes', () => {
  const state = new ClusterState();
  state.addPod(facts({ requests: { cpu: '1' } }), 'late');
  expect(state.node('late')).toBeUndefined();
  state.setNode(node('late'));
  expect(state.node('late')?.usedCpuMillis).toBe(1000);
});
