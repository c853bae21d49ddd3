// Owns a runtime `process`, starts what it is told, says so on its output, and waits to be killed.
import type { Pod } from '../../src/api/kinds.generated.ts';
import type { Launch } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';

interface Task {
  readonly folder: string;
  readonly mode: 'isolated' | 'plain' | 'ports';
  readonly shim: readonly string[];
  readonly launches: readonly Launch[];
  readonly pod: Pod;
}
const task = JSON.parse(process.argv[2] ?? '') as Task;
const clock = realClock();
const options = { clock, random: secureRandom(), log: silentLog, folder: task.folder, shim: task.shim, isolation: task.mode };
const runtime = runtimes.find(({ name }) => name === 'process')?.open(options);
const signal = new AbortController().signal;
const sandbox = await runtime?.openSandbox(task.pod, signal);
for (const launch of task.launches) await sandbox?.start(launch, signal);
process.stdout.write('ready\n');
await clock.sleep(600_000);
