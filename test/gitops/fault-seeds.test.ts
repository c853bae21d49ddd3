import { expect, test } from 'vitest';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { reachedBy, startFaultyStory, type FaultyStory } from '../support/gitops-faults.ts';
import { faultsOf, secretValue, type Expected } from '../support/gitops-invariants.ts';
import { migration } from '../support/gitops-story.ts';
import { configMap, deployment, yaml } from '../support/gitops.ts';

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { token: secretValue } };
const always = (value: string) => [configMap('settings', { value }), secret];
const broken = { 'simulated.steersman.dev/ready': 'never' };
const steps: readonly string[] = [
  yaml(...always('1'), configMap('old', { value: '1' }), migration('migrate-1'), deployment('web')),
  yaml(...always('2'), migration('migrate-2'), deployment('web', { image: 'web:2' })),
  yaml(...always('3'), migration('migrate-2'), deployment('web', { image: 'web:bad', annotations: broken })),
  yaml(...always('4'), configMap('new', { value: '4' }), migration('migrate-2'), deployment('web', { image: 'web:4', replicas: 3 })),
];
const last: Expected = {
  configMaps: { new: { value: '4' }, settings: { value: '4' } },
  deployments: { web: ['web:4', 3] },
  jobs: ['migrate-2'],
  secrets: ['token'],
};

/** Commits, drift and up to two crashes while nearly everything fails now and then; then quiet. Answers the rules that were broken. */
async function story(seed: number): Promise<{ broken: string[]; faults: number; crashes: number }> {
  const chance = seededRandom(seed * 7919);
  const world: FaultyStory = await startFaultyStory(seed, chance);
  let commit = '';
  for (const [index, text] of steps.entries()) {
    commit = world.source.commit('repo', { 'a.yaml': text });
    if (index === 0) await world.begin();
    await world.pass(5000 + chance.next() * 70_000);
    if (index === 1) await world.drift(ConfigMap, 'settings', { data: { value: 'drift' } });
  }
  await world.heal();
  const stuck = await reachedBy(world, commit, 600_000);
  await world.pass(60_000);
  const broken = [...stuck, ...(await faultsOf(world, last))];
  const counts = { faults: world.faults(), crashes: world.crashes() };
  await world.stop();
  return { broken, ...counts };
}

const { STEER_SEEDS, STEER_SOAK, CI } = process.env;
const count = Number(STEER_SEEDS ?? (STEER_SOAK !== undefined ? 1000 : CI !== undefined ? 200 : 40));
const seeds = Array.from({ length: count }, (_, index) => index + 1);
test('five minutes of deliveries under faults and crashes end at the last commit and keep every rule, seed by seed', async () => {
  const bad: unknown[] = [];
  let faults = 0;
  let crashes = 0;
  for (const seed of seeds) {
    const result = await story(seed).catch((error: unknown) => ({ broken: [String(error)], faults: 0, crashes: 0 }));
    faults += result.faults;
    crashes += result.crashes;
    if (result.broken.length > 0) bad.push({ seed, ...result });
  }
  expect(bad).toEqual([]);
  expect(faults).toBeGreaterThan(10 * seeds.length);
  expect(crashes).toBeGreaterThan(seeds.length / 4);
}, 1_800_000);
