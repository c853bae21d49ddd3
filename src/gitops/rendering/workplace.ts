import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { ChartCache } from '../chart-cache.ts';
import { Slots } from '../../base/slots.ts';

export interface WorkplaceOptions {
  readonly clock: Pick<Clock, 'outside' | 'now'>;
  /** Of the user; only PATH and where SOPS finds its keys are taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Holds scratch folders and kept results; made when needed. Several processes may share it. */
  readonly directory: string;
  /** Where the user's own keys are looked for. */
  readonly home?: string;
  /** Charts that were fetched before. */
  readonly charts?: ChartCache;
  /** How many programs run at a time; default: as many as there are cores. */
  readonly parallel?: number;
}
/** A file that a program may read. */
export interface PlacedFile {
  readonly path: string;
  readonly content: Uint8Array | string;
}

/** Where programs run: one folder each, which holds what they may read and nothing else. */
export class Workplace {
  readonly options: WorkplaceOptions;
  readonly slots: Slots;
  #scratch: Promise<string> | undefined;

  constructor(options: WorkplaceOptions) {
    this.options = options;
    this.slots = new Slots(options.parallel ?? availableParallelism());
  }

  /** Real I/O: a simulated clock stands still meanwhile. */
  outside<T>(work: Promise<T>): Promise<T> {
    return this.options.clock.outside(work);
  }

  /** A new folder that only we can read, with these files; gone after `use`. */
  async withFolder<T>(files: readonly PlacedFile[], use: (folder: string) => Promise<T>): Promise<T> {
    const scratch = await (this.#scratch ??= prepareScratch(join(this.options.directory, 'scratch')));
    const folder = await mkdtemp(join(scratch, `${process.pid}-`));
    try {
      const folders = new Set(files.map((file) => dirname(join(folder, file.path))));
      for (const one of folders) await mkdir(one, { recursive: true });
      await Promise.all(files.map((file) => writeFile(join(folder, file.path), file.content)));
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Folders of processes that were killed go. */
async function prepareScratch(scratch: string): Promise<string> {
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  for (const name of await readdir(scratch)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? '0');
    if (pid !== process.pid && !runs(pid)) await rm(join(scratch, name), { recursive: true, force: true });
  }
  return scratch;
}
function runs(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
