import { Node, Pod, type PodDisruptionBudget } from '../../src/api/kinds.generated.ts';
import type { Transport } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { User } from '../../src/apiserver/context.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { preempt } from '../../src/scheduler/preemption/preempt.ts';
import { createProfile } from '../../src/scheduler/profile.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import type { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { podFacts } from '../../src/scheduler/state/pod-facts.ts';
import { Faults, startControllers, wind } from '../controllers/faults.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { pod, stateOf, type PodMore } from './builders.ts';

const capacity = { cpu: '2', memory: '4Gi', pods: '6' };
const names = ['a', 'b', 'c'];
const solo = { app: 'solo' };
const away = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: solo } }],
  },
};
const port = [{ name: 'main', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }];
/** What users ask for, one of them at a time. */
const wanted: readonly PodMore[] = [
  { requests: { cpu: '300m' } },
  { requests: { cpu: '700m' }, priority: 5 },
  { requests: { cpu: '1500m' }, priority: 10 },
  { labels: solo, affinity: away, requests: { cpu: '100m' } },
  { containers: port },
  { nodeSelector: { 'kubernetes.io/hostname': 'b' }, requests: { cpu: '500m' } },
  { requests: { cpu: '200m' }, schedulingGates: [{ name: 'later' }] },
];

export interface Told {
  readonly broken: readonly string[];
  readonly faults: number;
  readonly bound: number;
}

/**
 * Pods come, go and wait on three nodes while the scheduler meets refusals, conflicts, late and broken watches, and dies between two
 * writes; then a while without, less than after which all are tried anew. The same seed tells the same story.
 */
export async function schedulerStory(seed: number): Promise<Told> {
  const clock = new SimulatedClock();
  const faults = new Faults(seed * 7919, clock);
  // The scheduler meets what controllers meet.
  const between = (handle: Transport, user: User): Transport =>
    user.name === 'system:kube-scheduler' ? faultedAs(faults, handle, user) : faults.between(handle, user);
  const nodes = names.map((name) => ({ name, capacity }));
  const options = { seed, clock, controllers: [], scheduler: false, nodes, between, admission: { disable: ['Priority'] } };
  const cluster = await startCluster(options);
  const api = cluster.cluster();
  const random = seededRandom(seed * 104_729);
  faults.plan = { refused: 0.08, conflict: 0.08, cut: 0.03, lateMs: 1500 };
  for (let life = 0; life < 3; life++) {
    const own = faults.begin(10 + randomInt(random, 40));
    const components = startControllers(cluster, seed * 100 + life, []);
    components.runScheduler();
    for (let step = 0; step < 6 && !own.dead; step++) {
      await clock.until(() => own.dead, 200 + randomInt(random, 4000));
      await wind(clock, act(api, random, life * 10 + step));
    }
    own.dead = true;
    await wind(clock, components.stop());
  }
  faults.begin();
  const components = startControllers(cluster, seed, []);
  components.runScheduler();
  await clock.advance(3000);
  faults.plan = {};
  for (const name of names) await wind(clock, api.patch(Node, { namespace: '', name }, { spec: { unschedulable: false } }));
  await clock.advance(45_000);
  const broken = [...neverSeen(cluster), ...(await wind(clock, leftWaiting(api)))];
  const bound = (await wind(clock, api.list(Pod))).items.filter(({ spec }) => spec.nodeName !== undefined).length;
  await wind(clock, components.stop());
  await cluster.stop();
  return { broken, faults: faults.count, bound };
}

function faultedAs(faults: Faults, handle: Transport, user: User): Transport {
  return faults.between(handle, { ...user, name: `system:controller:${user.name}` });
}

async function act(api: Cluster, random: Random, round: number): Promise<void> {
  const { items } = await api.list(Pod, { namespace: 'default' });
  const some = items[randomInt(random, Math.max(1, items.length))];
  switch (randomInt(random, 8)) {
    case 0:
      if (some !== undefined) await api.delete(Pod, { namespace: 'default', name: some.metadata.name }, { graceSeconds: 0 });
      return;
    case 1: {
      const name = names[randomInt(random, names.length)] ?? '';
      await api.patch(Node, { namespace: '', name }, { spec: { unschedulable: randomInt(random, 2) === 0 } });
      return;
    }
    case 2:
      for (const { metadata, spec } of items)
        if (spec.schedulingGates !== undefined)
          await api.patch(Pod, { namespace: 'default', name: metadata.name }, { spec: { schedulingGates: null } });
      return;
    default:
      for (let at = 0; at < 3; at++) await create(api, `p${round}-${at}`, wanted[randomInt(random, wanted.length)] ?? {});
  }
}

async function create(api: Cluster, name: string, more: PodMore): Promise<void> {
  const { uid: _uid, ...metadata } = pod({ ...more, name }).metadata;
  await api.create(Pod, { ...pod({ ...more, name }), metadata });
}

/** Of every moment: too much on a node, two pods on one port, hermits together, a gate passed, one driven out by a lesser one. */
function neverSeen(cluster: TestCluster): string[] {
  const pods = new Map<string, Pod>();
  for (const change of cluster.changes) {
    const before = change.previous?.value() as KubeObject | undefined;
    const after = change.type === 'put' ? (change.entry.value() as KubeObject) : undefined;
    const object = after ?? before;
    if (object?.kind !== 'Pod') continue;
    const uid = object.metadata.uid ?? '';
    if (after === undefined) pods.delete(uid);
    else pods.set(uid, after as Pod);
    const rule = after === undefined ? undefined : brokenOn(after as Pod, [...pods.values()]);
    if (rule !== undefined) return [`${rule} (at revision ${change.entry.revision})`];
  }
  return [];
}

function brokenOn(written: Pod, pods: readonly Pod[]): string | undefined {
  const { nodeName } = written.spec;
  if (isDrivenOut(written) && !pods.some((other) => (other.spec.priority ?? 0) > (written.spec.priority ?? 0)))
    return `${written.metadata.name} is driven out for nobody above it`;
  if (nodeName === undefined) return undefined;
  if ((written.spec.schedulingGates ?? []).length > 0) return `${written.metadata.name} passed its gate`;
  const there = pods.filter(
    ({ spec, status }) => spec.nodeName === nodeName && status?.phase !== 'Failed' && status?.phase !== 'Succeeded',
  );
  const all = there.map((each) => podFacts(each));
  const cpu = all.reduce((sum, { cpuMillis }) => sum + cpuMillis, 0);
  if (cpu > 2000) return `${nodeName} has pods for ${cpu}m of 2000m`;
  if (all.length > 6) return `${nodeName} has ${all.length} pods of 6`;
  if (all.filter(({ hostPorts }) => hostPorts.length > 0).length > 1) return `${nodeName} has two pods on one port`;
  if (all.filter(({ labels }) => labels['app'] === 'solo').length > 1) return `${nodeName} has two that want to be alone`;
  const chosen = written.spec.nodeSelector?.['kubernetes.io/hostname'];
  return chosen === undefined || chosen === nodeName ? undefined : `${written.metadata.name} is on ${nodeName}, not on ${chosen}`;
}

function isDrivenOut({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && status?.conditions?.some(({ type }) => type === 'DisruptionTarget') === true;
}

/** At last nobody waits who has a place, or can make himself one. */
async function leftWaiting(api: Cluster): Promise<string[]> {
  const pods = (await api.list(Pod)).items;
  const state: ClusterState = stateOf((await api.list(Node)).items);
  for (const each of pods) if (each.spec.nodeName !== undefined) state.addPod(podFacts(each), each.spec.nodeName);
  const profile = createProfile({ schedulerName: 'default-scheduler' });
  const budgets: readonly PodDisruptionBudget[] = [];
  return pods.flatMap((each) => {
    if (each.spec.nodeName !== undefined || (each.spec.schedulingGates ?? []).length > 0) return [];
    const facts = podFacts(each);
    const random = seededRandom(1);
    const decision = schedule(facts, state, { profile, random });
    if (decision.node !== undefined) return [`${each.metadata.name} waits, and has place on ${decision.node.name}`];
    const found = preempt(facts, state, decision, { profile, budgets, random });
    return found.kind === 'victims' ? [`${each.metadata.name} waits, and could preempt on ${found.candidate.node.name}`] : [];
  });
}
