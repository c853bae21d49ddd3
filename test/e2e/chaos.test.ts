import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Application } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { chaoticFiles, chaoticObjects, wreakHavoc, type Havoc } from '../support/chaos.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';
import { startUp } from '../support/steer-up.ts';
import { steer } from '../support/steer.ts';

it('what another client deletes and edits by chance, all the time, is as in the repository in the end', async () => {
  const folder = tempFolder('steer-chaos-');
  const objects = chaoticObjects(150);
  const repository = workRepository(join(folder.path, 'repository'));
  repository.commit(chaoticFiles(objects));
  const up = await startUp(repository.path, { folder: folder.path });
  try {
    await up.running.printed(/default\/app Synced Healthy/);
    await using cluster = await up.connect('chaos/1');
    const isEnough = ({ deletions, edits }: Havoc) => deletions > 30 && edits > 75;
    await wreakHavoc(cluster, objects, { clock: realClock(), random: seededRandom(7), width: 4, isEnough });
    const plan = () => steer(['plan', repository.path, '--data-dir', up.dataDir, '--detailed-exitcode'], { cwd: folder.path });
    await expect.poll(async () => (await plan()).code, { timeout: 60_000, interval: 1000 }).toBe(0);
    const key = { namespace: 'default', name: 'app' };
    await expect.poll(async () => (await cluster.get(Application, key)).status?.health, { timeout: 60_000 }).toBe('Healthy');
  } finally {
    await up.stop();
    folder[Symbol.dispose]();
  }
});
