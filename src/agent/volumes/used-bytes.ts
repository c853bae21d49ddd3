import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from './missing.ts';

/** What the files below a folder take of the disk, as du counts; links are not followed, what goes away meanwhile is not there. */
export async function usedBytes(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(missingIs([]))) {
    const path = join(folder, entry.name);
    sum += entry.isDirectory() ? await usedBytes(path) : ((await lstat(path).catch(missingIs(undefined)))?.blocks ?? 0) * 512;
  }
  return sum;
}
