import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, missingIs } from './missing.ts';

/** Where the volumes of pods are. */
export interface PodFolders {
  /** Private, on disk: `<root>/<pod uid>/…`. */
  readonly root: string;
  /** The same in memory, for secrets; undefined where none can be had. */
  readonly memory: string | undefined;
}

const tmpfsMagic = 0x01021994;

/** Makes both roots, of mode 0700. In memory it is `/dev/shm/steersman-<from the path of root>`: a name that nobody else may own already. */
export async function openPodFolders(root: string, shared = '/dev/shm'): Promise<PodFolders> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const memory = join(shared, `steersman-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  return { root, memory: (await isPrivateInMemory(memory, shared)) ? memory : undefined };
}

async function isPrivateInMemory(folder: string, shared: string): Promise<boolean> {
  try {
    if ((await statfs(shared)).type !== tmpfsMagic || !(await makePrivate(folder))) return false;
    await removeIfEmpty(folder);
    return true;
  } catch {
    return false; // Another system, or a /dev/shm that may not be written: secrets go to the private folder on disk.
  }
}

/** Makes a folder that only this user may enter. Answers whether it is one: another user may have made it before. */
async function makePrivate(folder: string): Promise<boolean> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  });
}

/** Makes `path` below the folder of a pod, which is private, as is the root in memory: that is there only as long as a pod needs it. */
export async function makePodFolder(folders: PodFolders, root: string, of: { uid: string; path: string; mode: number }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (root === folders.memory && !(await makePrivate(root))) throw new Error(`${root} is not private`);
      await makePrivate(podFolder(root, of.uid));
      break;
    } catch (error) {
      // The last of the other pods has just gone, and the root with it.
      if (codeOf(error) !== 'ENOENT' || attempt > 5) throw error;
    }
  }
  await mkdir(of.path, { recursive: true, mode: of.mode });
}

/** The folder of one pod below a root. @throws Error for a uid that is no plain name */
export function podFolder(root: string, uid: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(uid)) throw new Error(`the pod uid ${JSON.stringify(uid)} cannot name a folder`);
  return join(root, uid);
}

/** What the agent keeps in the folder of a pod; the rest of it is the runtime's. */
const ours = ['volumes', 'containers'];

/** Takes away all that the agent keeps of a pod. What the runtime keeps there stays. */
export async function removePodFolder(folders: PodFolders, uid: string): Promise<void> {
  const folder = podFolder(folders.root, uid);
  await Promise.all(ours.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  await removeIfEmpty(folder);
  if (folders.memory === undefined) return;
  await rm(podFolder(folders.memory, uid), { recursive: true, force: true });
  await removeIfEmpty(folders.memory);
}

/** Uids of pods that something is left of. */
export async function podsWithFolders(folders: PodFolders): Promise<readonly string[]> {
  const lists = await Promise.all(
    [folders.root, folders.memory].map((root) => (root === undefined ? [] : readdir(root).catch(missingIs<string[]>([])))),
  );
  return [...new Set(lists.flat())].filter((name) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)).sort();
}
