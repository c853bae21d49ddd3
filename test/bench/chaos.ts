import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Application } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { chaoticFiles, chaoticObjects, wreakHavoc } from '../support/chaos.ts';
import { startDaemon, steer, type Daemon } from './daemon.ts';
import type { Row } from './measure.ts';

const objects = 1000;
const seconds = 60;

/** Another client deletes and edits 1,000 objects of a repository by chance for a minute: how long until nothing differs any more. */
export async function chaos(): Promise<Row[]> {
  const repo = mkdtempSync(join(tmpdir(), 'steer-bench-chaos-'));
  const all = chaoticObjects(objects);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  for (const [name, text] of Object.entries(chaoticFiles(all))) writeFileSync(join(repo, name), text);
  git('add', '-A');
  git('commit', '-q', '-m', 'change');
  const daemon = await startDaemon({ repo });
  try {
    await healthy(daemon);
    const end = performance.now() + seconds * 1000;
    const { deletions, edits } = await wreakHavoc(daemon.cluster, all, {
      clock: realClock(),
      random: seededRandom(1),
      width: 8,
      isEnough: () => performance.now() >= end,
    });
    const ended = performance.now();
    while (differs(daemon, repo)) await setTimeout(200);
    const equal = performance.now() - ended;
    await healthy(daemon);
    return [
      { name: `chaos writer: deletions and edits of ${objects} objects in ${seconds} s`, value: deletions + edits, unit: 'writes' },
      { name: 'from the last of them to no difference', value: equal / 1000, unit: 's' },
    ];
  } finally {
    await daemon.stop();
    rmSync(repo, { recursive: true, force: true });
  }
}

/** @throws Error for a plan that cannot be made */
function differs(daemon: Daemon, repo: string): boolean {
  const args = [steer, 'plan', repo, '--data-dir', join(daemon.folder, 'data'), '--detailed-exitcode'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: daemon.folder },
  });
  if (status === 0 || status === 2) return status === 2;
  throw new Error(`steer plan ended with ${status}: ${stdout}${stderr}`);
}

async function healthy(daemon: Daemon): Promise<void> {
  for (let waited = 0; waited < 3000; waited++) {
    const { items } = await daemon.cluster.list(Application);
    if (items.some(({ status }) => status?.health === 'Healthy' && status.sync === 'Synced' && status.current !== undefined)) return;
    await setTimeout(100);
  }
  throw new Error(`the application did not get healthy in 5 minutes:\n${daemon.output().slice(-2000)}`);
}
