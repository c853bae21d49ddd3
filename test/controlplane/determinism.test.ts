import { afterEach, expect, test } from 'vitest';
import { Deployment, Job, Node, Pod } from '../../src/api/kinds.generated.ts';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

const named = (name: string) => ({ namespace: 'default', name });
const podSpec = { containers: [{ name: 'main', image: 'main:1', resources: { requests: { cpu: '100m' } } }] };

/** Ten minutes a step, with rollouts, a Job, a node that is cordoned, and pods that are taken away by chance. Answers every write as text. */
async function story(seed: number, clock: SimulatedClock, steps = 12): Promise<string[]> {
  const running = (cluster = await startCluster({ seed, clock, nodes: 3 }));
  const api = running.cluster();
  const chance = seededRandom(seed + 1000);
  await api.create(Deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: named('web'),
    spec: {
      replicas: 5,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: podSpec },
    },
  });
  await api.create(Job, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: named('once'),
    spec: {
      completions: 2,
      template: {
        metadata: { name: '', annotations: { 'simulated.steersman.dev/run': '20s' } },
        spec: { ...podSpec, restartPolicy: 'Never' },
      },
    },
  });
  for (let step = 1; step <= steps; step++) {
    await running.clock.advance(10 * 60_000);
    if (step % 3 === 1) {
      await api.patch(Deployment, named('web'), { spec: { template: { metadata: { annotations: { step: String(step) } } } } });
    }
    if (step === 5) await api.patch(Node, { namespace: '', name: 'node-2' }, { spec: { unschedulable: true } });
    const pods = (await api.list(Pod, { labelSelector: 'app=web' })).items;
    const victim = pods[randomInt(chance, pods.length)];
    if (victim !== undefined) await api.delete(Pod, named(victim.metadata.name));
  }
  await running.clock.advance(60_000);
  const texts = running.changes.map((change) =>
    change.type === 'put'
      ? `${change.entry.revision} ${Buffer.from(change.entry.json).toString()}`
      : `${change.revision} gone ${change.previous.key}`,
  );
  await running.stop();
  cluster = undefined;
  return texts;
}

test('two hours with one seed are the same byte for byte, also with idle turns of the loop in between', async () => {
  const first = await story(7, new SimulatedClock());
  const turns = seededRandom(99);
  const second = await story(7, new SimulatedClock({ extraTurns: () => randomInt(turns, 4) }));
  expect(first.length).toBeGreaterThan(1000);
  const differs = first.findIndex((text, at) => text !== second[at]);
  expect([differs, first[differs], second[differs]]).toEqual([-1, undefined, undefined]);
  expect(second.length).toBe(first.length);
});

test('another seed gives another history', async () => {
  const [first, second] = [await story(1, new SimulatedClock(), 1), await story(2, new SimulatedClock(), 1)];
  expect(first).not.toEqual(second);
});
