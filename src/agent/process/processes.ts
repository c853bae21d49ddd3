import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The variable by which the processes of a plain container are known, also those that left its group: `<pod uid>/<container id>`. */
export const marker = 'STEER_CONTAINER';

export function markOf(podUid: string, containerId: string): string {
  return `${podUid}/${containerId}`;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since the boot: with the pid it names a process for ever. */
  readonly start: string;
  readonly cpuTicks: number;
  readonly residentPages: number;
  readonly zombie: boolean;
}

/** What /proc says of a process; undefined when it is gone, or where there is no /proc. */
export function processFacts(pid: number): ProcessFacts | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name in brackets may hold anything; the fields begin after the last bracket: state is the third of proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => Number(fields[field - 3]);
  return {
    pid,
    parent: at(4),
    group: at(5),
    session: at(6),
    start: fields[19] as string,
    cpuTicks: at(14) + at(15),
    residentPages: at(24),
    zombie: fields[0] === 'Z',
  };
}

export function allProcesses(): ProcessFacts[] {
  if (!existsSync('/proc/self/stat')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => processFacts(Number(pid))).filter((facts) => facts !== undefined);
}

/** Processes that carry the mark (its beginning suffices), or belong to the group or session of `leader`, or descend from such. */
export function processesOf(mark: string, leader: number): ProcessFacts[] {
  const all = allProcesses().filter((one) => !one.zombie && one.pid !== process.pid);
  const found = new Map<number, ProcessFacts>();
  for (const one of all) {
    const near = leader > 0 && [one.pid, one.group, one.session].includes(leader);
    if (near || isMarked(one.pid, mark)) found.set(one.pid, one);
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one);
  }
  return [...found.values()];
}
function isMarked(pid: number, mark: string): boolean {
  const environment = readIfThere(`/proc/${pid}/environ`);
  return environment !== undefined && `\0${environment}`.includes(`\0${marker}=${mark}`);
}

/** What processes have used since their start, in the units of a machine with pages of 4 KiB and 100 ticks a second. */
export function usageOfProcesses(all: readonly ProcessFacts[]): { cpuNanoseconds: number; memoryBytes: number } {
  const ticks = all.reduce((sum, one) => sum + one.cpuTicks, 0);
  const pages = all.reduce((sum, one) => sum + one.residentPages, 0);
  return { cpuNanoseconds: ticks * 1e7, memoryBytes: pages * 4096 };
}

/** Sends a signal; a process that has gone meanwhile is no error. Answers whether it was there. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

/** Kills all that `processesOf` finds, and looks again while there are new ones: what forks meanwhile is found by the next look. */
export function killAll(mark: string, leader: number): void {
  const killed = new Set<string>();
  for (;;) {
    const found = processesOf(mark, leader).filter((one) => !killed.has(`${one.pid} ${one.start}`));
    if (found.length === 0) return;
    for (const one of found) {
      killed.add(`${one.pid} ${one.start}`);
      sendSignal(one.pid, 'SIGKILL');
    }
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}
