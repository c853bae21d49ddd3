import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Launch, Runtime } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { Deployment, Pod } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';
import { nodesOf, processesBy } from '../support/left-behind.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { median, percentile, timed, type Row } from './measure.ts';

type Mode = 'isolated' | 'plain';
const modes = ['plain', 'isolated'] as const;
const space = 'default';
const starts = 30;
const many = 100;
const few = 20;
const crashes = 50;
const mark = 'STEER_BENCH_POD';
/** Says when it runs, in nanoseconds since the epoch: the moment of its first output, however that is read. */
const tells = ['date', '+%s%N'];
const tellsAndStays = ['sh', '-c', 'date +%s%N; exec sleep 100000'];

/** Pods of the runtime `process` on this machine, each way, beside bare child processes. */
export async function processes(): Promise<Row[]> {
  const bare = await bareStarts();
  const out: Row[] = [{ name: `bare child process, to its first output, p50 of ${starts}`, value: median(bare), unit: 'ms' }];
  for (const mode of modes) out.push(...(await runtimeStarts(mode, median(bare))), ...(await withDaemon(mode, median(bare))));
  return out;
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
/** Milliseconds since the epoch that a line of `date +%s%N` tells. */
function toldMs(line: string): number {
  const told = Number(line.trim().split(' ').at(-1)) / 1e6;
  if (!(told > 0)) throw new Error(`no time was told: ${JSON.stringify(line)}`);
  return told;
}

async function bareStarts(): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < starts; at++) {
    const begun = nowMs();
    const child = spawn(tells[0] as string, tells.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    await new Promise((resolve) => child.once('close', resolve));
    took.push(toldMs(text) - begun);
  }
  return took;
}

/** The runtime alone: a pod opened and its container started, and the second of these by itself. */
async function runtimeStarts(mode: Mode, bareMs: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-'));
  const shim = [process.execPath, join(import.meta.dirname, 'shim.js')];
  const options = { clock: realClock(), random: secureRandom(), log: silentLog, folder: join(folder, 'runtime'), shim, isolation: mode };
  const runtime = runtimes.find(({ name }) => name === 'process')?.open(options) as Runtime;
  const why = await runtime.unavailable();
  if (why !== undefined) throw new Error(why);
  const pods: number[] = [];
  const containers: number[] = [];
  for (let at = 0; at < starts; at++) {
    const { pod, container } = await oneStart(runtime, folder, at);
    pods.push(pod);
    containers.push(container);
  }
  await runtime.close({ endPods: true });
  rmSync(folder, { recursive: true, force: true });
  const line = mode === 'plain' ? '<= 30' : '<= 60';
  return [
    { name: `${mode}: container start over a bare child, p50 of ${starts}`, value: median(containers) - bareMs, unit: 'ms', line },
    { name: `${mode}: pod opened and started, over a bare child, p50 of ${starts}`, value: median(pods) - bareMs, unit: 'ms', line },
  ];
}
async function oneStart(runtime: Runtime, folder: string, at: number): Promise<{ pod: number; container: number }> {
  const { signal } = new AbortController();
  const uid = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  const logFile = join(folder, 'logs', uid, 'app', '0.log');
  const launch: Launch = {
    ...{ container: 'app', image: 'i', command: tells, env: {}, workingDir: '', tty: false, stdin: false },
    ...{ mounts: [], limits: {}, attempt: 0, logFile },
  };
  const opening = nowMs();
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${at}`, namespace: space, uid }, spec: { containers: [] } } as Pod;
  const sandbox = await runtime.openSandbox(pod, signal);
  const starting = nowMs();
  const running = await sandbox.start(launch, signal);
  await running.exited;
  const told = toldMs(readFileSync(logFile, 'utf8'));
  await sandbox.remove();
  return { pod: told - opening, container: told - starting };
}

async function withDaemon(mode: Mode, bareMs: number): Promise<Row[]> {
  const args = ['--runtime', 'process', '--isolation', mode];
  const busy = await startDaemon({ args });
  const out: Row[] = [];
  try {
    out.push(...(await wholeStarts(busy, mode, bareMs)), ...(await crashesOf(busy, mode)), ...(await manyPods(busy, mode)));
  } finally {
    await busy.stop();
  }
  const quiet = await startDaemon({ args });
  try {
    return [...out, ...(await idleWithPods(quiet, mode))];
  } finally {
    await quiet.stop();
  }
}

function podOf(name: string, command: readonly string[], restartPolicy: 'Always' | 'Never'): Pod {
  const env = [{ name: mark, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
  const spec = { restartPolicy, containers: [{ name: 'app', image: 'i', command: [...command], env }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space }, spec };
}
async function logOf(cluster: Connection, name: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of cluster.logs({ namespace: space, name }, { signal: new AbortController().signal })) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await holds()); await setTimeout(20)) {
    if (Date.now() > end) throw new Error(`it did not come true within two minutes: ${what}`);
  }
}

/** From the create of a Pod by a client to the first output of its container. */
async function wholeStarts({ cluster }: Daemon, mode: Mode, bareMs: number): Promise<Row[]> {
  const took: number[] = [];
  for (let at = 0; at < starts; at++) {
    const name = `start-${at}`;
    const begun = nowMs();
    await cluster.create(Pod, podOf(name, tells, 'Never'));
    await until(`${name} ends`, async () => (await cluster.get(Pod, { namespace: space, name })).status?.phase === 'Succeeded');
    took.push(toldMs(await logOf(cluster, name)) - begun);
    await cluster.delete(Pod, { namespace: space, name });
  }
  return [{ name: `${mode}: Pod created to first output, over a bare child, p50 of ${starts}`, value: median(took) - bareMs, unit: 'ms' }];
}

/** From the kill of a fresh pod's process to the first output of the next. */
async function crashesOf({ cluster }: Daemon, mode: Mode): Promise<Row[]> {
  const names = Array.from({ length: crashes }, (_, at) => `crash-${at}`);
  for (const name of names) await cluster.create(Pod, podOf(name, tellsAndStays, 'Always'));
  const took: number[] = [];
  for (const name of names) {
    const status = async () => (await cluster.get(Pod, { namespace: space, name })).status?.containerStatuses?.[0];
    await until(`${name} runs`, async () => (await status())?.state?.running !== undefined && (await logOf(cluster, name)) !== '');
    const pids = processesBy(mark).get(name) ?? [];
    const killed = nowMs();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(`${name} runs again`, async () => (await status())?.restartCount === 1 && (await logOf(cluster, name)) !== '');
    took.push(toldMs(await logOf(cluster, name)) - killed);
  }
  await Promise.all(names.map((name) => cluster.delete(Pod, { namespace: space, name }, { graceSeconds: 0 })));
  await until('they are gone', async () => (await cluster.list(Pod, { namespace: space })).items.length === 0);
  return [
    { name: `${mode}: killed process of a fresh pod runs again, p50 of ${crashes}`, value: median(took), unit: 'ms' },
    { name: `${mode}: the same, p95`, value: percentile(took, 95), unit: 'ms', line: '<= 250' },
  ];
}

async function manyPods({ cluster }: Daemon, mode: Mode): Promise<Row[]> {
  const ms = await timed(() => scaled(cluster, many));
  return [{ name: `${mode}: ${many} pods, create to Running`, value: ms / 1000, unit: 's' }];
}
async function scaled(cluster: Connection, replicas: number): Promise<void> {
  const labels = { app: 'many' };
  const { spec } = podOf('', ['sleep', '100000'], 'Always');
  const template = { metadata: { labels }, spec: spec as NonNullable<Pod['spec']> };
  const key = { namespace: space, name: 'many' };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: key,
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
  await cluster.create(Deployment, object);
  await until(`${replicas} pods run`, async () => (await cluster.get(Deployment, key)).status?.availableReplicas === replicas);
}

/** Steersman and the process that holds the containers, together; what the pods themselves use is theirs. */
async function idleWithPods(daemon: Daemon, mode: Mode): Promise<Row[]> {
  await scaled(daemon.cluster, few);
  const ours = [daemon.child.pid as number, ...nodesOf('shim.js', join(daemon.folder, 'data', 'pods'))];
  await setTimeout(15_000);
  const before = cpuSeconds(ours);
  await setTimeout(20_000);
  const cpu = ((cpuSeconds(ours) - before) / 20) * 100;
  const [steer, shim] = ours.map((pid) => memoryMb(pid)) as [Memory, Memory];
  const together = steer.own + shim.own + Math.max(steer.files, shim.files);
  return [
    {
      name: `${mode}: idle memory with ${few} pods, Steersman and shim, Node's own pages counted once`,
      value: together,
      unit: 'MB',
      line: '<= 150',
    },
    { name: `${mode}: of this the shim's own`, value: shim.own, unit: 'MB' },
    { name: `${mode}: idle processor with ${few} pods`, value: cpu, unit: '% of a core', line: '<= 2' },
  ];
}
/** Resident: what is a process's own, and pages of files, which all processes of one program share. */
interface Memory {
  readonly own: number;
  readonly files: number;
}
function memoryMb(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { own: of('RssAnon') + of('RssShmem'), files: of('RssFile') };
}
function cpuSeconds(pids: readonly number[]): number {
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) / ticks;
  }, 0);
}
