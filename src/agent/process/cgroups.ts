import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { errorText } from '../../base/log.ts';
import type { Launch } from '../runtime.ts';
import type { ShimSettings } from './protocol.ts';
import { readRecord, writeRecord } from './records.ts';

/** The control groups of one data directory's containers: a parent for all, a child for each. */
export interface Cgroups {
  /** Makes those of a container; `procs` are the files by which a process joins them (write 0). */
  make(id: string, limits: Launch['limits']): Promise<{ procs: readonly string[]; notGiven: readonly string[] }>;
  procsOf(id: string): readonly string[];
  kill(id: string): void;
  usage(id: string): { cpuNanoseconds: number; memoryBytes: number } | undefined;
  /** Removes those of a container that has ended. */
  remove(id: string): Promise<{ outOfMemory: boolean }>;
  /** Removes the parent too. */
  close(): Promise<void>;
}

/** Where a hierarchy keeps our parent group, and which controllers it has. */
interface Hierarchy {
  readonly version: 1 | 2;
  readonly parent: string;
  readonly controllers: readonly string[];
}
const wanted = ['memory', 'cpu', 'cpuacct', 'pids', 'freezer'];

/** Groups as this process may make them; for an ordinary user without a delegated group there are none. */
export function cgroupsFor(folder: string, settings: Pick<ShimSettings, 'root'>, clock: Clock): Cgroups {
  const possible = settings.root ? hierarchiesOf(parentName(folder)) : [];
  if (possible.length > 0) {
    writeRecord(
      parentsFile(folder),
      possible.map(({ parent }) => parent),
    );
  }
  const hierarchies = usable(possible);
  const has = (controller: string) => hierarchies.find((one) => one.controllers.includes(controller));
  const groups = (id: string) => hierarchies.map((one) => join(one.parent, id)).filter((path) => existsSync(path));
  return {
    make: (id, limits) => {
      const notGiven = refusals(limits, (controller) => has(controller) !== undefined);
      for (const one of hierarchies) makeGroup(one, id, limits);
      return Promise.resolve({ procs: groups(id).map((path) => join(path, 'cgroup.procs')), notGiven });
    },
    procsOf: (id) => groups(id).map((path) => join(path, 'cgroup.procs')),
    kill: (id) => killGroup(groups(id)),
    usage: (id) => {
      const memory = has('memory');
      const cpu = has('cpuacct') ?? has('cpu');
      if (memory === undefined || cpu === undefined || groups(id).length === 0) return undefined;
      return { cpuNanoseconds: cpuOf(join(cpu.parent, id), cpu.version), memoryBytes: memoryOf(join(memory.parent, id), memory.version) };
    },
    remove: async (id) => {
      const memory = has('memory');
      const outOfMemory = memory !== undefined && killsOf(join(memory.parent, id), memory.version) > 0;
      for (const path of groups(id)) await removeGroup(path, clock);
      return { outOfMemory };
    },
    close: async () => {
      for (const { parent } of hierarchies) await removeTree(parent, clock);
      rmSync(parentsFile(folder), { force: true });
    },
  };
}

/** Removes the groups that a shim which was killed has left, wherever it stood itself. */
export async function sweepCgroups(folder: string, clock: Clock): Promise<void> {
  const kept = (readRecord(parentsFile(folder)) ?? []) as readonly string[];
  for (const parent of kept) if (existsSync(parent)) await removeTree(parent, clock);
  rmSync(parentsFile(folder), { force: true });
}
/** The parents of the groups of one folder, while they may exist. */
function parentsFile(folder: string): string {
  return join(folder, 'cgroups.json');
}

function parentName(folder: string): string {
  return `steersman-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
}

/** From /proc/self/mountinfo: version 1 hierarchies by controller, and version 2 with those that its root hands down. */
function hierarchiesOf(name: string): Hierarchy[] {
  const own = textOf('/proc/self/cgroup')
    .split('\n')
    .map((line) => ({ controllers: (line.split(':')[1] ?? '').split(','), path: line.split(':')[2] ?? '/' }));
  const out: Hierarchy[] = [];
  for (const line of textOf('/proc/self/mountinfo').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const at = before.split(' ')[4] ?? '';
    if (type === 'cgroup') {
      const controllers = ours(options.split(','), out);
      const path = own.find((one) => one.controllers.some((each) => controllers.includes(each)))?.path ?? '/';
      if (controllers.length > 0) out.push({ version: 1, parent: join(at, path, name), controllers });
    }
    if (type === 'cgroup2') {
      const controllers = ours(textOf(join(at, 'cgroup.controllers')).trim().split(/\s+/), out);
      if (controllers.length > 0) out.push({ version: 2, parent: join(at, name), controllers });
    }
  }
  return out;
}
/** The controllers of a hierarchy that we use and have not found elsewhere (a hierarchy may be mounted twice). */
function ours(names: readonly string[], found: readonly Hierarchy[]): string[] {
  return names.filter((name) => wanted.includes(name) && !found.some(({ controllers }) => controllers.includes(name)));
}

/** Those in which our parent can really be made. */
function usable(all: readonly Hierarchy[]): Hierarchy[] {
  return all.filter((one) => {
    try {
      mkdirSync(one.parent, { recursive: true });
      if (one.version === 2) {
        for (const path of [join(one.parent, '..'), one.parent]) {
          writeFileSync(join(path, 'cgroup.subtree_control'), one.controllers.map((name) => `+${name}`).join(' '));
        }
      }
      return true;
    } catch {
      // A container of another runtime, or a system that keeps its groups to itself: its limits are then not given, which is said.
      return false;
    }
  });
}

function makeGroup(one: Hierarchy, id: string, limits: Launch['limits']): void {
  const path = join(one.parent, id);
  mkdirSync(path, { recursive: true });
  for (const [controller, file, value] of one.version === 1 ? firstSettings(limits) : secondSettings(limits)) {
    if (!one.controllers.includes(controller) || value === undefined) continue;
    // Swap accounting and group kills are not in every kernel.
    if (!existsSync(join(path, file)) && /swap|memsw|oom/.test(file)) continue;
    writeFileSync(join(path, file), String(value));
  }
}
type Setting = readonly [controller: string, file: string, value: string | number | undefined];
/** Of a period of 100 ms, as a kubelet reckons it. */
function quotaOf(cpuMillis: number | undefined): number | undefined {
  return cpuMillis === undefined ? undefined : Math.max(1000, Math.round(cpuMillis * 100));
}
function firstSettings(limits: Launch['limits']): Setting[] {
  return [
    ['memory', 'memory.limit_in_bytes', limits.memoryBytes],
    ['memory', 'memory.memsw.limit_in_bytes', limits.memoryBytes],
    ['cpu', 'cpu.cfs_quota_us', quotaOf(limits.cpuMillis)],
    ['pids', 'pids.max', limits.pids],
  ];
}
/** On version 2 a container that runs out of memory dies as a whole, as with a kubelet. */
function secondSettings(limits: Launch['limits']): Setting[] {
  const quota = quotaOf(limits.cpuMillis);
  const limited = limits.memoryBytes !== undefined;
  return [
    ['memory', 'memory.max', limits.memoryBytes],
    ['memory', 'memory.swap.max', limited ? 0 : undefined],
    ['memory', 'memory.oom.group', limited ? 1 : undefined],
    ['cpu', 'cpu.max', quota === undefined ? undefined : `${quota} 100000`],
    ['pids', 'pids.max', limits.pids],
  ];
}

function refusals(limits: Launch['limits'], has: (controller: string) => boolean): string[] {
  const out: string[] = [];
  const say = (what: string, controller: string) => {
    if (!has(controller)) out.push(`the limit of ${what} is not enforced: no control group can be made for it here`);
  };
  if (limits.memoryBytes !== undefined) say(`${limits.memoryBytes} bytes of memory`, 'memory');
  if (limits.cpuMillis !== undefined) say(`${limits.cpuMillis}m of cpu`, 'cpu');
  if (limits.pids !== undefined) say(`${limits.pids} processes`, 'pids');
  return out;
}

/** Version 2 kills a group in one step; in version 1 the processes are stopped first where there is a freezer, so that none forks away. */
function killGroup(paths: readonly string[]): void {
  for (const path of paths) {
    if (existsSync(join(path, 'cgroup.kill'))) return writeFileSync(join(path, 'cgroup.kill'), '1');
  }
  const path = paths.find((one) => existsSync(join(one, 'freezer.state'))) ?? paths[0];
  if (path === undefined) return;
  const freezer = join(path, 'freezer.state');
  if (existsSync(freezer)) writeFileSync(freezer, 'FROZEN');
  for (const pid of textOf(join(path, 'cgroup.procs')).split('\n')) {
    if (pid !== '' && pid !== '0') killQuietly(Number(pid));
  }
  if (existsSync(freezer)) writeFileSync(freezer, 'THAWED');
}
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function killsOf(path: string, version: 1 | 2): number {
  const text = textOf(join(path, version === 1 ? 'memory.oom_control' : 'memory.events'));
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}
function cpuOf(path: string, version: 1 | 2): number {
  if (version === 1) return Number(textOf(join(path, 'cpuacct.usage')));
  return Number(/^usage_usec (\d+)$/m.exec(textOf(join(path, 'cpu.stat')))?.[1] ?? 0) * 1000;
}
/** The working set, as a kubelet reckons it: usage less what the page cache could give back. */
function memoryOf(path: string, version: 1 | 2): number {
  const usage = Number(textOf(join(path, version === 1 ? 'memory.usage_in_bytes' : 'memory.current')));
  const pattern = version === 1 ? /^total_inactive_file (\d+)$/m : /^inactive_file (\d+)$/m;
  return Math.max(0, usage - Number(pattern.exec(textOf(join(path, 'memory.stat')))?.[1] ?? 0));
}

async function removeTree(path: string, clock: Clock): Promise<void> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(path, entry.name), clock, 'with what runs');
  }
  await removeGroup(path, clock);
}
/** A group is busy for a moment after its last process has died. @throws Error after 2 s */
async function removeGroup(path: string, clock: Clock, how?: 'with what runs'): Promise<void> {
  for (let attempt = 0; existsSync(path); attempt++) {
    // What was forked while the others were killed is killed by the next attempt.
    if (how !== undefined) killGroup([path]);
    try {
      return rmdirSync(path);
    } catch (error) {
      if (attempt > 200) throw new Error(`cannot remove the control group ${path}: ${errorText(error)}`, { cause: error });
      await clock.sleep(10);
    }
  }
}
/** Empty where the file is gone. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
