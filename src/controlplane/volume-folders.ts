import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VolumeFolders } from '../controllers/index.ts';

const mark = '.begun';

/**
 * Folders of volumes below `root`, which only this user may enter; each is open to all, since pods run as whoever they like. One that is
 * begun has a file `<name>.begun` beside it.
 */
export function volumeFolders(root: string): VolumeFolders {
  const pathOf = (name: string): string => {
    if (!/^pvc-[0-9a-f-]{36}$/.test(name)) throw new Error(`the volume name ${JSON.stringify(name)} cannot name a folder`);
    return join(root, name);
  };
  const settle = (name: string): Promise<void> => rm(`${pathOf(name)}${mark}`, { force: true });
  return {
    pathOf: (name) => join(root, name),
    make: async (name) => {
      const path = pathOf(name);
      await mkdir(root, { recursive: true, mode: 0o700 });
      await writeFile(`${path}${mark}`, '', { mode: 0o600 });
      await mkdir(path, { recursive: true });
      await chmod(path, 0o777);
    },
    settle,
    remove: async (name) => {
      await rm(pathOf(name), { recursive: true, force: true });
      await settle(name);
    },
    begun: async () => {
      await mkdir(root, { recursive: true, mode: 0o700 });
      return (await readdir(root)).filter((name) => name.endsWith(mark)).map((name) => name.slice(0, -mark.length));
    },
  };
}
