import { describe, expect, it } from 'vitest';
import { ConfigMap, Deployment, EndpointSlice, Job, Namespace, Pod, ReplicaSet, Service } from '../../src/api/kinds.generated.ts';
import { isNotFound } from '../../src/api/status.ts';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { startCluster } from '../support/cluster.ts';
import { Faults, startControllers, wind } from './faults.ts';
import { deploymentOf, edit, jobOf, namespace, podsOf, recordMoments, replicaSetOf, serviceOf, setsOf } from './workloads.ts';

const { CI } = process.env;
/** The seeds over all controllers tell longer stories of the same. */
const seeds = Array.from({ length: CI === undefined ? 6 : 3 }, (_, index) => index + 1);

async function begin(seed: number) {
  const clock = new SimulatedClock();
  const faults = new Faults(seed * 7919, clock);
  const cluster = await startCluster({ seed, clock, controllers: [], between: faults.between });
  return { clock, faults, cluster, admin: cluster.cluster(), random: seededRandom(seed) };
}

describe('controllers that die between any two writes', () => {
  it.each(seeds)('count each pod of a Job once (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin, random } = await begin(seed);
    await admin.create(Job, jobOf('plain', { script: { run: '2s' }, spec: { completions: 6, parallelism: 3 } }));
    await admin.create(
      Job,
      jobOf('indexed', { script: { run: '1s' }, spec: { completionMode: 'Indexed', completions: 5, parallelism: 2 } }),
    );
    await admin.create(Job, jobOf('failing', { script: { run: '1s', exit: '1' }, spec: { backoffLimit: 1 } }));
    for (let life = 0; life < 12; life++) {
      const own = faults.begin(1 + randomInt(random, 25));
      const components = startControllers(cluster, seed * 100 + life);
      await clock.until(() => own.dead, 8_000);
      own.dead = true;
      await wind(clock, components.stop());
    }
    faults.begin();
    const components = startControllers(cluster, seed);
    await clock.advance(120_000);
    const outcome = async (name: string) => {
      const { status } = await admin.get(Job, { namespace, name });
      const { items } = await admin.list(Pod, { namespace, labelSelector: `job-name=${name}` });
      const phases = items.map((pod) => pod.status?.phase);
      return {
        counted: [status?.succeeded ?? 0, status?.failed ?? 0],
        seen: [phases.filter((phase) => phase === 'Succeeded').length, phases.filter((phase) => phase === 'Failed').length],
        held: items.filter((pod) => pod.metadata.finalizers !== undefined).length,
        uncounted: status?.uncountedTerminatedPods,
        end: status?.conditions?.at(-1)?.type,
      };
    };
    const none = { held: 0, uncounted: {} };
    expect(await outcome('plain')).toEqual({ counted: [6, 0], seen: [6, 0], ...none, end: 'Complete' });
    expect(await outcome('indexed')).toEqual({ counted: [5, 0], seen: [5, 0], ...none, end: 'Complete' });
    expect(await outcome('failing')).toEqual({ counted: [0, 2], seen: [0, 2], ...none, end: 'Failed' });
    await wind(clock, components.stop());
    await cluster.stop();
  });

  it.each(seeds)('finish a rolling update, and lose and double nothing (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin, random } = await begin(seed);
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 1 };
    await admin.create(Service, serviceOf('web'));
    await admin.create(Deployment, deploymentOf('web', { replicas: 5, script: { ready: '2s' }, spec: { strategy: { rollingUpdate } } }));
    faults.begin();
    let components = startControllers(cluster, seed);
    await clock.advance(20_000);
    const recording = recordMoments(cluster, 'web');
    await edit(admin, Deployment, 'web', (object) => void (object.spec.template.spec!.containers[0]!.image = 'web:2'));
    for (let life = 0; life < 8; life++) {
      await wind(clock, components.stop());
      const own = faults.begin(1 + randomInt(random, 10));
      components = startControllers(cluster, seed * 100 + life);
      await clock.until(() => own.dead, 8_000);
      own.dead = true;
    }
    await wind(clock, components.stop());
    faults.begin();
    components = startControllers(cluster, seed + 50);
    await clock.advance(120_000);
    await recording.stop();
    expect(Math.min(...recording.moments.map((moment) => moment.available))).toBeGreaterThanOrEqual(4);
    expect(Math.max(...recording.moments.map((moment) => moment.active))).toBeLessThanOrEqual(6);
    expect((await podsOf(admin, 'web')).map((pod) => pod.spec.containers[0]?.image)).toEqual(Array.from({ length: 5 }, () => 'web:2'));
    expect(await endpointsOf(admin)).toEqual((await podsOf(admin, 'web')).map((pod) => pod.metadata.name).sort());
    await wind(clock, components.stop());
    await cluster.stop();
  });
});

async function endpointsOf(admin: Awaited<ReturnType<typeof begin>>['admin']) {
  const { items } = await admin.list(EndpointSlice, { namespace, labelSelector: 'kubernetes.io/service-name=web' });
  return items.flatMap((slice) => slice.endpoints.map((each) => each.targetRef?.name)).sort();
}

describe('caches that are late, watches that break, calls that fail', () => {
  const plan = { refused: 0.05, conflict: 0.05, cut: 0.02, lateMs: 2_000 };

  it.each(seeds)('never make a pod too many, and end with what is wanted (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin, random } = await begin(seed);
    faults.plan = plan;
    const components = startControllers(cluster, seed);
    const recording = recordMoments(cluster, 'set');
    await admin.create(ReplicaSet, replicaSetOf('set', { replicas: 6 }));
    for (let step = 0; step < 15; step++) {
      await clock.advance(500 + randomInt(random, 4_000));
      const pods = await podsOf(admin, 'set');
      const victim = pods[randomInt(random, Math.max(1, pods.length))];
      if (victim !== undefined && random.next() < 0.6) await admin.delete(Pod, { namespace, name: victim.metadata.name });
    }
    await clock.advance(300_000);
    await recording.stop();
    expect(Math.max(...recording.moments.map((moment) => moment.active))).toBeLessThanOrEqual(6);
    expect(await podsOf(admin, 'set')).toHaveLength(6);
    await wind(clock, components.stop());
    await cluster.stop();
  });

  it.each(seeds)('keep a rollout inside its limits, whatever its template becomes meanwhile (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin, random } = await begin(seed);
    const rollingUpdate = { maxSurge: 2, maxUnavailable: 1 };
    await admin.create(Deployment, deploymentOf('web', { replicas: 5, script: { ready: '1s' }, spec: { strategy: { rollingUpdate } } }));
    await admin.create(Service, serviceOf('web'));
    const components = startControllers(cluster, seed);
    await clock.advance(20_000);
    faults.plan = plan;
    const recording = recordMoments(cluster, 'web');
    for (let step = 0; step < 16; step++) {
      await edit(
        admin,
        Deployment,
        'web',
        (object) => void (object.spec.template.spec!.containers[0]!.image = `web:${randomInt(random, 4)}`),
      );
      await clock.advance(randomInt(random, random.next() < 0.5 ? 1_500 : 9_000));
    }
    await clock.advance(600_000);
    await recording.stop();
    expect(Math.max(...recording.moments.map((moment) => moment.active))).toBeLessThanOrEqual(7);
    expect(Math.min(...recording.moments.map((moment) => moment.available))).toBeGreaterThanOrEqual(4);
    const { spec, status } = await admin.get(Deployment, { namespace, name: 'web' });
    expect(status).toMatchObject({ replicas: 5, updatedReplicas: 5, availableReplicas: 5 });
    const images = (await podsOf(admin, 'web')).map((pod) => pod.spec.containers[0]?.image);
    expect(images).toEqual(Array.from({ length: 5 }, () => spec.template.spec?.containers[0]?.image));
    expect((await setsOf(admin, 'web')).filter((set) => (set.spec.replicas ?? 0) > 0)).toHaveLength(1);
    expect(await endpointsOf(admin)).toEqual((await podsOf(admin, 'web')).map((pod) => pod.metadata.name).sort());
    await wind(clock, components.stop());
    await cluster.stop();
  });

  it.each(seeds)('run each slot of a Job to its end once (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin } = await begin(seed);
    faults.plan = plan;
    const components = startControllers(cluster, seed);
    await admin.create(Job, jobOf('plain', { script: { run: '2s' }, spec: { completions: 7, parallelism: 3 } }));
    await admin.create(
      Job,
      jobOf('indexed', { script: { run: '1s' }, spec: { completionMode: 'Indexed', completions: 5, parallelism: 2 } }),
    );
    await clock.advance(600_000);
    for (const [name, completions] of [
      ['plain', 7],
      ['indexed', 5],
    ] as const) {
      const { items } = await admin.list(Pod, { namespace, labelSelector: `job-name=${name}` });
      expect(items.map((pod) => pod.status?.phase)).toEqual(Array.from({ length: completions }, () => 'Succeeded'));
      expect(items.filter((pod) => pod.metadata.finalizers !== undefined)).toEqual([]);
      const { status } = await admin.get(Job, { namespace, name });
      expect([status?.succeeded, status?.failed, status?.conditions?.at(-1)?.type]).toEqual([completions, undefined, 'Complete']);
    }
    await wind(clock, components.stop());
    await cluster.stop();
  });

  it.each(seeds)('collect what has no owner and nothing else, and empty a namespace (seed %i)', async (seed) => {
    const { clock, faults, cluster, admin, random } = await begin(seed);
    await admin.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {} });
    faults.plan = plan;
    const components = startControllers(cluster, seed);
    const owners = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        admin.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } }),
      ),
    );
    const kept: string[] = [];
    const doomed = new Set(owners.filter((_, at) => at < 2));
    for (let at = 0; at < 20; at++) {
      const mine = owners.filter(() => random.next() < 0.4);
      const ownerReferences = mine.map((owner) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: owner.metadata.name,
        uid: owner.metadata.uid ?? '',
      }));
      await admin.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `m-${at}`, namespace: 'shop', ownerReferences },
      });
      if (mine.length === 0 || mine.some((owner) => !doomed.has(owner))) kept.push(`m-${at}`);
    }
    await clock.advance(10_000);
    await admin.delete(ConfigMap, { namespace: 'shop', name: 'a' }, { propagation: 'Background' });
    await admin.delete(ConfigMap, { namespace: 'shop', name: 'b' }, { propagation: 'Foreground' });
    await clock.advance(300_000);
    const left = (await admin.list(ConfigMap, { namespace: 'shop' })).items.map((each) => each.metadata.name);
    expect(left.sort()).toEqual(['c', ...kept].sort());
    await admin.delete(Namespace, { namespace: '', name: 'shop' });
    await clock.advance(300_000);
    await expect(admin.get(Namespace, { namespace: '', name: 'shop' })).rejects.toSatisfy(isNotFound);
    expect((await admin.list(ConfigMap, { namespace: 'shop' })).items).toEqual([]);
    await wind(clock, components.stop());
    await cluster.stop();
  });
});
