import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { connect, type Connection } from '../../src/client/connect.ts';
import { contextOf, loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';

/** A `steer up` of its own process, as users run it. */
export interface Daemon {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly kubeconfig: string;
  /** From spawn to the line that says where the API server answers. */
  readonly readyMs: number;
  readonly cluster: Connection;
  output(): string;
  /** Resident memory in MB. */
  memoryMb(): number;
  /** Processor seconds used so far. */
  cpuSeconds(): number;
  /** How often its main thread has gone to sleep so far. */
  contextSwitches(): number;
  stop(): Promise<void>;
}

/** The program, as it is built beside the bench. */
export const steer = join(import.meta.dirname, 'main.js');

/** Starts `steer up REPO` (an empty folder by default) with a data directory of its own and waits until it answers. */
export async function startDaemon(options: { repo?: string; args?: readonly string[] } = {}): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-'));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const args = [
    ...(process.env['STEER_BENCH_NODE'] ?? '').split(' ').filter((flag) => flag !== ''),
    steer,
    'up',
    options.repo ?? empty,
    '--name',
    'bench',
    '--data-dir',
    join(folder, 'data'),
    ...(options.args?.includes('--runtime') === true ? [] : ['--runtime', 'simulated']),
    ...(options.args ?? []),
  ];
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], HOME: folder } });
  let output = '';
  const ready = new Promise<number>((resolve, reject) => {
    const take = (text: Buffer) => {
      output += text.toString();
      if (output.includes('target: ')) resolve(performance.now() - started);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('exit', () => reject(new Error(`steer up ended: ${output}`)));
  });
  const readyMs = await ready;
  const kubeconfig = join(folder, 'data', 'kubeconfig');
  const clock = realClock();
  const transport = await connectTransport(contextOf(await loadKubeconfig([kubeconfig])), { clock, environment: {} });
  return {
    child,
    folder,
    kubeconfig,
    readyMs,
    cluster: connect(transport, { clock, random: secureRandom(), userAgent: 'bench/1', pageSize: 500 }),
    output: () => output,
    memoryMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    contextSwitches: () =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/task/${child.pid}/status`, 'utf8'))?.[1]),
    stop: async () => {
      await transport.close();
      const gone = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
