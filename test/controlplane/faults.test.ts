import { expect, test } from 'vitest';
import { Deployment, Job, Node, Pod, type PodSpec } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { controllerOf } from '../../src/api/owner.ts';
import { wholeValue } from '../../src/api/quantity.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { createFaults, type Faults } from '../support/faults.ts';
import { seedsFor } from '../support/seeds.ts';

const named = (name: string) => ({ namespace: 'default', name });
const podSpec: PodSpec = { containers: [{ name: 'main', image: 'main:1', resources: { requests: { memory: '1Gi' } } }] };
const nodes = [{ capacity: { cpu: '8', memory: '4Gi', pods: '20' } }, { capacity: { cpu: '8', memory: '4Gi', pods: '20' } }];
const rates = { refuse: 0.05, lose: 0.05, cut: 0.02, lateMs: 400 };

async function write(api: Cluster): Promise<void> {
  await api.create(Deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: named('web'),
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: podSpec },
    },
  });
  await api.create(Job, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: named('once'),
    spec: {
      template: {
        metadata: { name: '', annotations: { 'simulated.steersman.dev/run': '5s' } },
        spec: { ...podSpec, restartPolicy: 'Never' },
      },
    },
  });
}

/** Whatever happened on the way, this holds in the end. */
async function judge(cluster: TestCluster): Promise<unknown> {
  const api = cluster.cluster();
  const pods = (await api.list(Pod)).items;
  const web = await api.get(Deployment, named('web'));
  const active = pods.filter((pod) => pod.metadata.labels?.['app'] === 'web');
  const sets = new Set(active.map((pod) => controllerOf(pod)?.uid));
  const { conditions = [], succeeded } = (await api.get(Job, named('once'))).status ?? {};
  return {
    pods: active.length,
    running: active.filter((pod) => pod.status?.phase === 'Running').length,
    images: [...new Set(active.map((pod) => pod.spec.containers[0]?.image))],
    sets: sets.size,
    ready: web.status?.readyReplicas,
    observed: web.status?.observedGeneration === web.metadata.generation,
    job: [succeeded, conditions.some((each) => each.type === 'Complete' && each.status === 'True')],
  };
}
const good = { pods: 5, running: 5, images: ['main:2'], sets: 1, ready: 5, observed: true, job: [1, true] };

/** At no revision may the pods on a node ask for more than it has. Every pod here asks for 1 GiB. */
async function overcommitted(cluster: TestCluster): Promise<string[]> {
  const list = (await cluster.cluster().list(Node)).items;
  const room = new Map(list.map((node) => [node.metadata.name, wholeValue(node.status?.allocatable?.['memory'] ?? '0') / 1024 ** 3]));
  const placed = new Map<string, string>();
  const faults: string[] = [];
  for (const change of cluster.changes) {
    if (!change.entry.key.startsWith('core/pods/')) continue;
    const node = change.type === 'put' ? nodeInUse(change.entry.value() as KubeObject & Pod) : undefined;
    if (node === undefined) placed.delete(change.entry.key);
    else placed.set(change.entry.key, node);
    const there = [...placed.values()].filter((each) => each === node).length;
    if (node !== undefined && there > (room.get(node) ?? 0)) faults.push(`${there} on ${node} at ${change.entry.revision}`);
  }
  return faults;
}
function nodeInUse(pod: Pod): string | undefined {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? undefined : pod.spec.nodeName;
}

interface Life {
  readonly cluster: TestCluster;
  readonly faults: Faults;
}
async function begin(seed: number, on: { clock: SimulatedClock; store: Store<KubeObject>; random: Random }): Promise<Life> {
  const faults = createFaults({ ...rates, random: on.random, clock: on.clock });
  const cluster = await startCluster({ seed, clock: on.clock, store: on.store, nodes, between: faults.between });
  return { cluster, faults };
}

/** Five minutes of work under faults, with a crash in the middle of it for every third seed; then quiet. */
async function story(seed: number): Promise<{ outcome: unknown; overcommitted: string[]; faults: number }> {
  const random = seededRandom(seed * 7919);
  const clock = new SimulatedClock();
  const on = { clock, random, store: openMemoryStore({ codec: objectCodec, clock }) };
  let life = await begin(seed, on);
  await write(life.cluster.cluster());
  await clock.advance(random.next() * 20_000);
  await life.cluster
    .cluster()
    .patch(Deployment, named('web'), { spec: { template: { spec: { containers: [{ ...podSpec.containers[0], image: 'main:2' }] } } } });
  await clock.advance(random.next() * 10_000);
  if (seed % 3 === 0) {
    life.faults.sever();
    await life.cluster.stop();
    life = await begin(seed + 10_000, on);
  }
  await life.cluster.cluster().patch(Deployment, named('web'), { spec: { replicas: 5 } });
  await clock.advance(60_000);
  life.faults.heal();
  await clock.advance(180_000);
  const outcome = await judge(life.cluster);
  const over = await overcommitted(life.cluster);
  const { refused, lost, cut } = life.faults.counts;
  await life.cluster.stop();
  await on.store.close();
  return { outcome, overcommitted: over, faults: refused + lost + cut };
}

const seeds = seedsFor({ soak: 1000, ci: 25, quick: 25 });
test('under refused and lost calls, broken and late watches and crashes everything ends as it was asked for, seed by seed', async () => {
  const bad: unknown[] = [];
  let faults = 0;
  for (const seed of seeds) {
    const result = await story(seed).catch((error: unknown) => ({ outcome: String(error), overcommitted: [], faults: 0 }));
    faults += result.faults;
    if (JSON.stringify(result.outcome) !== JSON.stringify(good) || result.overcommitted.length > 0) bad.push({ seed, ...result });
  }
  expect(bad).toEqual([]);
  expect(faults).toBeGreaterThan(10 * seeds.length);
}, 30_000_000);
