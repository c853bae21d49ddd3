import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { seededRandom } from '../../src/base/random.ts';
import { reachedBy, startFaultyStory, type FaultyStory, type StoryOptions } from './gitops-faults.ts';
import { faultsOf, secretValue, type Expected } from './gitops-invariants.ts';
import { migration } from './gitops-story.ts';
import { configMap, deployment, yaml } from './gitops.ts';

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

export interface Told {
  /** The rules that were broken, in words. */
  readonly broken: readonly string[];
  readonly faults: number;
  readonly crashes: number;
  /** Simulated time that passed. */
  readonly hours: number;
}

/** Commits, drift and up to two crashes while nearly everything fails now and then; then quiet. */
export async function faultStory(seed: number, options: StoryOptions = {}): Promise<Told> {
  const chance = seededRandom(seed * 7919);
  const world: FaultyStory = await startFaultyStory(seed, chance, options);
  const begun = world.current().cluster.clock.now() / 3_600_000;
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
  const counts = { faults: world.faults(), crashes: world.crashes(), hours: world.current().cluster.clock.now() / 3_600_000 - begun };
  await world.stop();
  return { broken, ...counts };
}
