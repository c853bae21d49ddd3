import { expect, test } from 'vitest';
import { stopwatch } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { plugins } from '../../src/scheduler/plugins/index.ts';
import { podFacts } from '../../src/scheduler/pod-facts.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import { node, pod, stateOf } from './builders.ts';

/** scheduler_perf's floors, for the cycle alone: pods made into facts, a node chosen, the place taken. */
test.each([
  { what: 'SchedulingBasic', nodes: 5000, pods: 10_000, floor: 680, more: {} },
  {
    what: 'SchedulingNodeAffinity',
    nodes: 5000,
    pods: 2000,
    floor: 220,
    more: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In' as const, values: ['zone1', 'zone2'] }] }],
          },
        },
      },
    },
  },
  {
    what: 'TopologySpreading',
    nodes: 5000,
    pods: 500,
    floor: 46,
    more: {
      labels: { color: 'blue' },
      topologySpreadConstraints: [
        { maxSkew: 5, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: { color: 'blue' } } },
      ],
    },
  },
])('$what at $nodes nodes stays above its floor of $floor pods/s', ({ nodes, pods, floor, more, what }) => {
  const state = stateOf(
    Array.from({ length: nodes }, (_, at) =>
      node(`node-${at}`, { labels: { zone: `zone${(at % 3) + 1}` }, allocatable: { cpu: '4', memory: '32Gi', pods: '110' } }),
    ),
  );
  const wanted = Array.from({ length: pods }, (_, at) => pod({ name: `pod-${at}`, requests: { cpu: '100m', memory: '500Mi' }, ...more }));
  const random = seededRandom(1);
  const elapsed = stopwatch();
  let start = 0;
  for (const each of wanted) {
    const facts = podFacts(each);
    const decision = schedule(facts, state, { plugins, random, start });
    start = (start + decision.looked) % nodes;
    if (decision.node !== undefined) state.addPod(facts, decision.node.name);
  }
  const rate = (pods / elapsed()) * 1000;
  process.stdout.write(`${what}: ${Math.round(rate)} pods/s\n`);
  expect(state.podCount).toBe(pods);
  expect(rate).toBeGreaterThan(floor);
});
