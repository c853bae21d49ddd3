import { constants } from 'node:fs';
import { lchown, lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './missing.ts';

/**
 * Gives a folder and all that is in it to a group, which may then read and write it, as a kubelet does for fsGroup. With `onlyIfRootDiffers`
 * nothing is done where the folder itself is right (fsGroupChangePolicy OnRootMismatch). Pods may be at work in it, so every step goes
 * through what is already open: a link is given itself and never followed.
 */
export async function giveToGroup(folder: string, group: number, { onlyIfRootDiffers = false } = {}): Promise<void> {
  const root = await lstat(folder);
  if (onlyIfRootDiffers && root.gid === group && (root.mode & 0o2770) === 0o2770) return;
  await give(folder, group);
}

/** What is below comes first, so that a root that is right says that all is. */
async function give(path: string, group: number): Promise<void> {
  const file = await openItself(path);
  if (file === undefined) return giveLink(path, group);
  try {
    const found = await file.stat();
    if (found.isDirectory()) {
      const inside = process.platform === 'linux' ? `/proc/self/fd/${file.fd}` : path;
      for (const name of await readdir(inside)) await give(join(inside, name), group);
    }
    await file.chown(found.uid, group);
    if (found.isDirectory()) await file.chmod((found.mode & 0o7777) | 0o2770);
    else if (found.isFile()) await file.chmod((found.mode & 0o7777) | 0o660);
  } finally {
    await file.close();
  }
}

/** Undefined for links and sockets, which cannot be opened, and for what has gone meanwhile. */
async function openItself(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ELOOP', 'EMLINK', 'ENXIO', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function giveLink(path: string, group: number): Promise<void> {
  try {
    await lchown(path, (await lstat(path)).uid, group);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
