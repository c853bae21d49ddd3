import { chmod, chown, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from './missing.ts';

export interface PayloadFile {
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Whose it is; that of this process by default. */
  readonly user?: number;
}
/** What a folder is to hold, by path below it: `a.conf`, `ssl/ca.crt`. */
export type Payload = ReadonlyMap<string, PayloadFile>;

/** A path in a volume that may not be written. */
export class VolumePathError extends Error {
  constructor(path: string, rule: string) {
    super(`invalid path ${JSON.stringify(path)}: ${rule}`);
    this.name = 'VolumePathError';
  }
}

/**
 * Makes `folder` hold just `payload`, in one step for every reader, as kubelet's AtomicWriter: the files are in a folder of their own
 * (`..<time>.<chance>`), `..data` points to it and is exchanged by a rename, and each first part of a path is a link through `..data`.
 * Answers whether something changed. @throws VolumePathError before anything is written
 */
export async function writeAtomically(folder: string, payload: Payload, options: { stamp: string; group?: number }): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path);
  const old = await readlink(join(folder, '..data')).catch(missingIs<undefined>(undefined));
  if (old !== undefined && (await holds(join(folder, old), payload, options.group))) {
    await linkEntries(folder, payload);
    return false;
  }
  const fresh = await mkdtemp(join(folder, `..${options.stamp}.`));
  await chmod(fresh, 0o755);
  for (const [path, file] of payload)
    await writeInto(fresh, path, { ...file, ...(options.group !== undefined && { group: options.group }) });
  const draft = join(folder, '..data_tmp');
  await rm(draft, { force: true });
  await symlink(fresh.slice(folder.length + 1), draft);
  await rename(draft, join(folder, '..data'));
  await linkEntries(folder, payload);
  await removeStale(folder, payload, fresh);
  return true;
}

/** As kubelet's validatePath: below the folder, and never like the names that the writer itself uses. */
function checkPath(path: string): void {
  if (path === '') throw new VolumePathError(path, 'must not be empty');
  if (path.startsWith('/')) throw new VolumePathError(path, 'must be relative path');
  if (path.includes('\0')) throw new VolumePathError(path, 'must not contain NUL');
  if (Buffer.byteLength(path) > 4096) throw new VolumePathError(path, 'must be less than or equal to 4096 characters');
  const parts = path.split('/');
  if (parts.includes('..')) throw new VolumePathError(path, "must not contain '..'");
  if (parts.some((part) => part === '' || part === '.')) throw new VolumePathError(path, 'must not have empty parts');
  if (parts[0]?.startsWith('..') === true) throw new VolumePathError(path, "must not start with '..'");
  if (parts.some((part) => Buffer.byteLength(part) > 255)) throw new VolumePathError(path, 'filename must be less than 256 characters');
}

async function writeInto(folder: string, path: string, file: PayloadFile & { group?: number }): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await writeFile(target, file.content, { mode: 0o600, flag: 'wx' });
  if (file.user !== undefined || file.group !== undefined)
    await chown(target, file.user ?? process.getuid?.() ?? 0, file.group ?? process.getgid?.() ?? 0);
  await chmod(target, file.mode);
}

/** Whether the folder has these files, byte for byte and with these permissions, and no others. */
async function holds(folder: string, payload: Payload, group: number | undefined): Promise<boolean> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(missingIs(undefined));
  const files = names?.filter((entry) => !entry.isDirectory());
  if (files?.length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const target = join(folder, path);
    const there = await stat(target).catch(missingIs(undefined));
    if (there === undefined || (there.mode & 0o7777) !== mode || (group !== undefined && there.gid !== group)) return false;
    if (!(await readFile(target)).equals(content)) return false;
  }
  return true;
}

const firstParts = (payload: Payload): string[] => [...new Set([...payload.keys()].map((path) => path.split('/')[0] as string))].sort();

async function linkEntries(folder: string, payload: Payload): Promise<void> {
  for (const name of firstParts(payload)) {
    const target = join('..data', name);
    const there = await readlink(join(folder, name)).catch(missingIs<undefined>(undefined));
    if (there === target) continue;
    if (there !== undefined) await rm(join(folder, name));
    await symlink(target, join(folder, name));
  }
}

/** Links to what is no longer there, and the folders of earlier states. */
async function removeStale(folder: string, payload: Payload, fresh: string): Promise<void> {
  const wanted = new Set([...firstParts(payload), '..data', fresh.slice(folder.length + 1)]);
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => !wanted.has(name)).map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
