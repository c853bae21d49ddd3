import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../base/json.ts';
import { replaceFile, writeNewFile } from './files.ts';

/** Held until it is released or the process ends, however it ends. */
export interface DirectoryLock {
  release(): void;
}
/** A process, told from a later one with the same pid by when it started. */
interface Owner {
  readonly pid: number;
  readonly started: string;
  /** It gave the directory back. */
  readonly released?: true;
}

/**
 * Makes this process the one owner of a directory. Owners are numbered: `owner.7` names the seventh, the highest number counts, and a
 * number is made once (link fails when it is there), so of two that find a dead owner only one comes next. @throws DirectoryLocked
 */
export function lockDirectory(directory: string): DirectoryLock {
  const self: Owner = { pid: process.pid, started: startOf(process.pid) ?? '' };
  for (;;) {
    const newest = numbersIn(directory).at(-1) ?? 0;
    const owner = newest === 0 ? undefined : readOwner(join(directory, `owner.${newest}`));
    if (owner === 'gone') continue;
    if (owner !== undefined && isAlive(owner)) throw new DirectoryLocked(directory, owner.pid);
    const mine = join(directory, `owner.${newest + 1}`);
    if (!claim(mine, self)) continue;
    const numbers = numbersIn(directory);
    if (numbers.at(-1) !== newest + 1) {
      rmSync(mine, { force: true });
      continue;
    }
    for (const number of numbers.slice(0, -1)) rmSync(join(directory, `owner.${number}`), { force: true });
    return { release: () => replaceFile(mine, text({ ...self, released: true })) };
  }
}

/** Another process owns the directory. */
export class DirectoryLocked extends Error {
  readonly directory: string;
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(`${directory} is in use by process ${pid}: a data directory has one owner at a time`);
    this.name = 'DirectoryLocked';
    this.directory = directory;
    this.pid = pid;
  }
}

function claim(path: string, owner: Owner): boolean {
  try {
    writeNewFile(path, text(owner));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false; // somebody else was faster; look again
  }
}

function text(owner: Owner): string {
  return `${JSON.stringify(owner)}\n`;
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => Number(/^owner\.(\d+)$/.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

function readOwner(path: string): Owner | undefined | 'gone' {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(owner) && typeof owner['pid'] === 'number' ? (owner as unknown as Owner) : undefined;
  } catch (error) {
    // Claims are whole when they appear, so what cannot be read was damaged: nobody's. Or the next owner has just removed it.
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.released === true) return false;
  const started = startOf(owner.pid);
  return started !== undefined && (started === owner.started || started === '' || owner.started === '');
}

/** When a process started, as text to compare; '' where only that it lives can be told (no /proc); undefined when there is none. */
function startOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) return startFromProc(pid);
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? undefined : ''; // EPERM: it lives, under another user
  }
}

/** Boot id and start in clock ticks (proc(5), stat field 22). */
function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
