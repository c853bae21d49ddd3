import type { KubeObject } from '../../src/api/object.ts';
import { afterEach, expect, test } from 'vitest';
import { ConfigMap, Deployment, Job } from '../../src/api/kinds.generated.ts';
import { randomInt, seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { changeLines, migration } from '../support/gitops-story.ts';
import { configMap, deployment, startGitOps, yaml, type TestGitOps } from '../support/gitops.ts';

let world: TestGitOps | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const at = (name: string) => ({ namespace: 'default', name });
const minutes = 60_000;
const manifests = (image: string, ...more: KubeObject[]): Record<string, string> => ({
  'web.yaml': yaml(deployment('web', { image, replicas: 3 })),
  'a.yaml': yaml(configMap('settings', { image }), ...more),
});

interface Told {
  /** Every write to the store. */
  readonly changes: string[];
  /** Every request that was audited. */
  readonly audit: string[];
}

/** Two hours: commits, drift, one that fails at its deadline, a rollback, a resume, a prune. */
async function story(seed: number, clock: SimulatedClock): Promise<Told> {
  const audit: string[] = [];
  const here = (world = await startGitOps({
    seed,
    clock,
    audit: ({ request, answer, user }) =>
      void audit.push(`${clock.now()} ${user?.name ?? ''} ${request.method} ${request.path}?${request.query} ${answer.status}`),
  }));
  const { source, client } = here;
  const start = clock.now();
  const chance = seededRandom(seed + 500);
  const pass = () => clock.advance(5 * minutes + randomInt(chance, 5 * minutes));

  source.commit('repo', manifests('web:1', configMap('old', { k: '1' }), migration('migrate-1')));
  await here.application('shop', { sync: { deadline: '2m' } });
  await here.synced('shop');
  await pass();
  const good = source.commit('repo', manifests('web:2', configMap('old', { k: '2' }), migration('migrate-1'), migration('migrate-2')));
  await here.synced('shop', good);
  await pass();
  await client.patch(Deployment, at('web'), { spec: { replicas: 6 } }, { fieldManager: 'kubectl-scale' });
  await pass();
  await client.delete(ConfigMap, at('settings'));
  await pass();
  source.commit('repo', {
    'web.yaml': yaml(deployment('web', { image: 'web:bad', annotations: { 'simulated.steersman.dev/ready': 'never' } })),
  });
  await here.cluster.until(async () => (await here.app('shop')).status?.operation?.phase === 'Failed');
  await pass();
  await here.ask('shop', { action: 'rollback', by: 'ann' });
  await pass();
  expect((await here.app('shop')).status?.pinned).toMatchObject({ revision: 2 });
  const resumed = source.commit('repo', manifests('web:3', configMap('old', { k: '3' }), migration('migrate-2')));
  await here.synced('shop', resumed);
  await pass();
  const pruned = source.commit('repo', manifests('web:4', migration('migrate-2')));
  await here.synced('shop', pruned);
  await clock.advance(start + 120 * minutes - clock.now());

  const revisions = await here.revisions('shop');
  expect(revisions.map((each) => [each.spec.cause?.type, each.status?.outcome])).toEqual([
    ['commit', 'Succeeded'],
    ['commit', 'Succeeded'],
    ['commit', 'Failed'],
    ['rollback', 'Succeeded'],
    ['commit', 'Succeeded'],
    ['commit', 'Succeeded'],
  ]);
  expect(await here.find(ConfigMap, at('old'))).toBeUndefined();
  expect((await client.list(Job)).items.map((job) => job.metadata.name)).toEqual(['migrate-2']);
  const changes = changeLines(here.cluster.changes);
  // events are gone after an hour
  expect(changes.some((line) => line.includes('"DriftHealed"'))).toBe(true);
  world = undefined;
  await here.stop();
  return { changes, audit };
}

function firstDifference(one: readonly string[], other: readonly string[]): unknown {
  const differs = Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index).find(
    (index) => one[index] !== other[index],
  );
  return differs === undefined ? undefined : { line: differs, one: one[differs], other: other[differs] };
}

test('two hours of deliveries with one seed are the same byte for byte, also with idle turns of the loop in between', async () => {
  const first = await story(11, new SimulatedClock());
  const turns = seededRandom(99);
  const second = await story(11, new SimulatedClock({ extraTurns: () => randomInt(turns, 4) }));
  expect(first.changes.length).toBeGreaterThan(300);
  expect(first.audit.length).toBeGreaterThan(300);
  expect(firstDifference(first.changes, second.changes)).toBeUndefined();
  expect(firstDifference(first.audit, second.audit)).toBeUndefined();
}, 120_000);
