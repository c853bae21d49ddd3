import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Node, Pod, type Affinity, type TopologySpreadConstraint } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { secureRandom, seededRandom } from '../../src/base/random.ts';
import { startControlPlane } from '../../src/controlplane/start.ts';
import { plugins } from '../../src/scheduler/plugins/index.ts';
import { podFacts } from '../../src/scheduler/pod-facts.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import { node, pod, stateOf, type PodMore } from '../scheduler/builders.ts';
import { concurrently, timed, type Row } from './measure.ts';

const nodeCount = 5000;
const nodes = Array.from({ length: nodeCount }, (_, at) =>
  node(`node-${at}`, { labels: { zone: `zone${(at % 3) + 1}` }, allocatable: { cpu: '4', memory: '32Gi', pods: '110' } }),
);
const requests = { cpu: '100m', memory: '500Mi' };
const required: Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['zone1', 'zone2'] }] }],
    },
  },
};
const spread: TopologySpreadConstraint[] = [
  { maxSkew: 5, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { color: 'blue' } } },
];

/** 5,000 nodes. The cycle alone against the floors of Kubernetes' scheduler_perf, then with every write through a durable API server. */
export async function scheduler(): Promise<Row[]> {
  return [
    cycle('SchedulingBasic, 10,000 pods', { pods: 10_000, floor: 680 }),
    cycle('SchedulingNodeAffinity, 10,000 pods', { pods: 10_000, floor: 220, more: { affinity: required } }),
    cycle('TopologySpreading, 5,000 pods', {
      pods: 5000,
      floor: 460,
      more: { labels: { color: 'blue' }, topologySpreadConstraints: spread },
    }),
    await throughServer(5000),
  ];
}

/** Pods made into facts, a node chosen, the place taken. */
function cycle(name: string, { pods, floor, more }: { pods: number; floor: number; more?: PodMore }): Row {
  const state = stateOf(nodes);
  const wanted = Array.from({ length: pods }, (_, at) => pod({ name: `pod-${at}`, requests, ...more }));
  const random = seededRandom(1);
  let start = 0;
  const began = process.hrtime.bigint();
  for (const each of wanted) {
    const facts = podFacts(each);
    const decision = schedule(facts, state, { plugins, random, start });
    start = (start + decision.looked) % nodeCount;
    if (decision.node !== undefined) state.addPod(facts, decision.node.name);
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (state.podCount !== pods) throw new Error(`${name}: ${state.podCount} pods were placed`);
  return { name: `scheduler's cycle, 5,000 nodes: ${name}`, value: pods / seconds, unit: 'pods/s', line: `>= ${floor}` };
}

/** From the first create to the last binding: what clients and scheduler write goes through the API server and is durable. */
async function throughServer(pods: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-'));
  const log = createLog((line) => console.error(JSON.stringify(line)), 'error');
  const plane = await startControlPlane({
    clock: realClock(),
    random: secureRandom(),
    log,
    dataDir: join(folder, 'data'),
    controllers: [],
  });
  const cluster = plane.cluster();
  try {
    await concurrently(nodeCount, 64, async (at) => {
      const each = nodes[at] as Node;
      await cluster.create(Node, each);
      await cluster.patch(Node, { namespace: '', name: each.metadata.name }, { status: each.status }, { subresource: 'status' });
    });
    const ms = await timed(async () => {
      await concurrently(pods, 64, (at) => {
        const { spec } = pod({ requests });
        return cluster.create(Pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p-${at}`, namespace: 'default' }, spec });
      });
      const waiting = { fieldSelector: 'spec.nodeName=', limit: 1 };
      while ((await cluster.list(Pod, waiting)).items.length > 0) await setTimeout(20);
    });
    return { name: `${pods.toLocaleString('en')} pods created and bound, durable, 5,000 nodes`, value: (pods / ms) * 1000, unit: 'pods/s' };
  } finally {
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
