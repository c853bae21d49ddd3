import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Pod } from '../../src/api/kinds.generated.ts';
import type { Launch, LogRecord, RunningContainer, Runtime, RuntimeOptions, Sandbox } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { root } from './sources.ts';

export const clock = realClock();
export const never: AbortSignal = new AbortController().signal;
export const isRoot = process.getuid?.() === 0;
const run = promisify(execFile);

/** The programs that these tests start, built once for each process of the test run; every place has its own copy. */
let programs: Promise<readonly { readonly path: string; readonly contents: Uint8Array }[]> | undefined;
async function bundle(): Promise<readonly { readonly path: string; readonly contents: Uint8Array }[]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { shim: 'src/cli/shim.ts', owner: 'test/support/process-owner.ts' },
    outdir: '/',
    write: false,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    logLevel: 'error',
  });
  return outputFiles;
}

export type Mode = 'isolated' | 'plain' | 'ports';
/** One data directory with runtimes over it, one after the other. */
export interface Place {
  readonly folder: string;
  readonly mode: Mode;
  open(more?: Partial<RuntimeOptions>): Promise<Runtime>;
  /** Another process that owns the runtime, opens a pod and starts containers; resolves when they run. */
  owner(launches: readonly Launch[], pod: Pod): Promise<ChildProcess>;
  /** Removes every pod, closes, and answers what is left of the runtime on this machine. */
  end(): Promise<string[]>;
}

export async function makePlace(mode: Mode): Promise<Place> {
  programs ??= bundle();
  const data = mkdtempSync(join(tmpdir(), 'steer-test-'));
  const programsFolder = join(data, 'programs');
  mkdirSync(programsFolder);
  for (const { path, contents } of await programs) writeFileSync(join(programsFolder, basename(path)), contents);
  const folder = join(data, 'runtime');
  const shim = [process.execPath, join(programsFolder, 'shim.mjs')];
  const opened: Runtime[] = [];
  const open: Place['open'] = async (more = {}) => {
    const options: RuntimeOptions = { clock, random: secureRandom(), log: silentLog, folder, shim, isolation: mode, hide: [data], ...more };
    const runtime = processNamed().open(options);
    if (more.folder === undefined) opened.push(runtime);
    const why = await runtime.unavailable();
    if (why !== undefined) throw new Error(why);
    return runtime;
  };
  return {
    folder,
    mode,
    open,
    owner: (launches, pod) => startOwner([join(programsFolder, 'owner.mjs'), JSON.stringify({ folder, mode, shim, launches, pod })]),
    end: async () => {
      for (const runtime of opened.slice(0, -1)) await runtime.close();
      // The last may be closed already: then a new one looks for what is left.
      const recovered = await opened
        .at(-1)
        ?.recover()
        .catch(() => undefined);
      const last = recovered === undefined ? await open() : (opened.at(-1) as Runtime);
      for (const sandbox of recovered ?? (await last.recover())) await sandbox.remove();
      await last.close();
      const left = await leftovers(folder);
      rmSync(data, { recursive: true, force: true });
      return left;
    },
  };
}
function processNamed() {
  const found = runtimes.find(({ name }) => name === 'process');
  if (found === undefined) throw new Error('there is no runtime process');
  return found;
}

async function startOwner(words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)));
  });
  return child;
}

/** Whether this machine lets this user have namespaces. */
export async function canIsolate(): Promise<boolean> {
  const place = await makePlace('isolated');
  try {
    await place.open();
    return true;
  } catch {
    return false; // It says why; the tests of isolation are then skipped, and the plain ones run.
  } finally {
    await place.end().catch(() => undefined);
  }
}

/** Processes, mounts, control groups, interfaces and sockets that name the folder or carry our marks. */
async function leftovers(folder: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const found = await look(folder);
    // Network namespaces are taken down by the kernel a moment after their last process.
    if (found.length === 0 || attempt > 40) return found;
    await clock.sleep(50);
  }
}
async function look(folder: string): Promise<string[]> {
  const { stdout: processes } = await run('ps', ['-eo', 'pid,args']);
  const out = processes.split('\n').filter((one) => one.includes(folder));
  out.push(...markedProcesses(folder));
  out.push(
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((one) => one.includes(folder)),
  );
  const interfaces = (await run('ip', ['-br', 'link'])).stdout.split('\n').filter((one) => one.startsWith(linkName(folder)));
  out.push(...(isRoot ? interfaces : []));
  // Groups of others vanish while it looks, which it says by its exit code.
  const search = ['/sys/fs/cgroup', '-maxdepth', '4', '-name', `steersman-${digestOf(folder)}`];
  const groups = await run('find', search).catch((error: unknown) => error as { stdout: string });
  out.push(...groups.stdout.split('\n').filter(Boolean));
  for (const file of ['shim.sock', 'pods']) {
    const path = join(folder, file);
    if (existsSync(path) && (file !== 'pods' || readdirSync(path).length > 0)) out.push(path);
  }
  return out;
}
function linkName(folder: string): string {
  return `s${digestOf(folder)}`;
}
function digestOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 12);
}
/** Processes whose environment names the folder as their home. */
function markedProcesses(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(folder);
      } catch {
        return false; // Another user's, or gone.
      }
    })
    .filter((pid) => Number(pid) !== process.pid)
    .map((pid) => `process ${pid}`);
}

let count = 0;
export function podNamed(name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  const uid = `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', uid }, spec: { containers: [], ...spec } } as Pod;
}
export function launchOf(place: Pick<Place, 'folder'>, command: readonly string[], more: Partial<Launch> = {}): Launch {
  const container = more.container ?? 'app';
  const attempt = more.attempt ?? 0;
  return {
    container,
    image: 'registry.example/app:1',
    command,
    env: {},
    workingDir: '',
    tty: false,
    stdin: false,
    mounts: [],
    limits: {},
    logFile: join(place.folder, '..', 'logs', `pod-${++count}`, container, `${attempt}.log`),
    attempt,
    ...more,
  };
}

/** Runs a shell script in a new container of the sandbox to its end; answers its exit code and output. */
export async function runShell(
  place: Place,
  sandbox: Sandbox,
  script: string,
  more: Partial<Launch> = {},
): Promise<{ code: number; out: string }> {
  const container = await sandbox.start(launchOf(place, ['sh', '-c', script], { attempt: ++count, ...more }), never);
  const exit = await container.exited;
  return { code: exit.code, out: (await linesOf(container)).map(({ line }) => line).join('\n') };
}
export async function linesOf(container: RunningContainer): Promise<LogRecord[]> {
  const out: LogRecord[] = [];
  for await (const record of container.logs({ follow: false, signal: never })) out.push(record);
  return out;
}
/** Resolves at the first line of the container's output that has the text. */
export async function said(container: RunningContainer, text: string): Promise<string> {
  const over = new AbortController();
  for await (const { line } of container.logs({ follow: true, signal: AbortSignal.any([over.signal]) })) {
    if (!line.includes(text)) continue;
    over.abort(new Error('it was said'));
    return line;
  }
  throw new Error(`the container ended without a word of ${text}`);
}

/** Runs a command beside a container; answers its exit code and output. */
export async function execIn(
  container: RunningContainer,
  command: readonly string[],
  stdin?: string,
): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const sink = (name: 'out' | 'err') =>
    new WritableStream<Uint8Array>({ write: (bytes) => void (texts[name] += Buffer.from(bytes).toString('utf8')) });
  const input = stdin === undefined ? {} : { stdin: new Blob([stdin]).stream() };
  const code = await (container.exec as NonNullable<RunningContainer['exec']>)(
    command,
    { ...input, stdout: sink('out'), stderr: sink('err') },
    never,
  );
  return { code, ...texts };
}

export function folderWith(place: Place, name: string): string {
  const path = join(place.folder, '..', 'volumes', name);
  mkdirSync(path, { recursive: true });
  return path;
}
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process.
  }
}
/** Waits for what must come true within 5 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    if (await holds()) return;
    await clock.sleep(20);
  }
  throw new Error(`it did not come true within 5 s: ${what}`);
}
