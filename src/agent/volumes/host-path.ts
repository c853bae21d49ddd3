import { mkdir, open, stat } from 'node:fs/promises';
import { codeOf, missingIs } from './missing.ts';

/** Checks, and where its type says so makes, a path of this machine. Answers nothing; @throws Error in the words of a kubelet (pkg/volume/hostpath) */
export async function checkHostPath(path: string, type: string): Promise<void> {
  if (!path.startsWith('/') || path.split('/').includes('..'))
    throw new Error(`hostPath ${JSON.stringify(path)} must be absolute and without '..'`);
  if (type === 'DirectoryOrCreate' || type === '') await makeDirectory(path, type);
  if (type === 'FileOrCreate') await makeFile(path);
  const check = checks[type];
  if (check === undefined) throw new Error(`hostPath type check failed: ${type} is an invalid volume type`);
  if (check.is === undefined) return;
  const found = await stat(path).catch(missingIs(undefined));
  if (found === undefined || !check.is(found)) throw new Error(`hostPath type check failed: ${path} is not ${check.what}`);
}

type Found = Awaited<ReturnType<typeof stat>>;
const directory = { what: 'a directory', is: (found: Found) => found.isDirectory() };
const file = { what: 'a file', is: (found: Found) => found.isFile() };
const checks: Readonly<Record<string, { readonly what: string; readonly is: ((found: Found) => boolean) | undefined }>> = {
  '': { what: '', is: undefined },
  DirectoryOrCreate: directory,
  Directory: directory,
  FileOrCreate: file,
  File: file,
  Socket: { what: 'a socket file', is: (found) => found.isSocket() },
  CharDevice: { what: 'a character device', is: (found) => found.isCharacterDevice() },
  BlockDevice: { what: 'a block device', is: (found) => found.isBlockDevice() },
};

/** What a container runtime does for a path without a type, a kubelet for DirectoryOrCreate. */
async function makeDirectory(path: string, type: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTDIR') {
      if (type === '') return; // A file: it is mounted as it is.
      throw new Error(`hostPath type check failed: ${path} is not a directory`, { cause: error });
    }
    throw error;
  }
}

async function makeFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o644)).close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
