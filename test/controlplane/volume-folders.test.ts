import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { volumeFolders } from '../../src/controlplane/volume-folders.ts';
import { tempFolder } from '../support/git-servers.ts';

const name = 'pvc-00000000-1111-4222-8333-444444444444';
let place: ReturnType<typeof tempFolder>;
let root: string;
beforeEach(() => {
  place = tempFolder('steer-volumes-');
  root = join(place.path, 'volumes');
});
afterEach(() => place[Symbol.dispose]());

describe('folders of volumes', () => {
  it('are open to all below one that is not, and empty at first', async () => {
    const folders = volumeFolders(root);
    await folders.make(name);
    expect([statSync(root).mode & 0o777, statSync(folders.pathOf(name)).mode & 0o777]).toEqual([0o700, 0o777]);
    expect(readdirSync(folders.pathOf(name))).toEqual([]);
  });

  it('keep what is in them when they are made again, and go with all of it', async () => {
    const folders = volumeFolders(root);
    await folders.make(name);
    writeFileSync(join(folders.pathOf(name), 'file'), '');
    writeFileSync(join(place.path, 'outside'), '');
    symlinkSync(place.path, join(folders.pathOf(name), 'up'));
    await folders.make(name);
    expect(readdirSync(folders.pathOf(name))).toEqual(['file', 'up']);
    await folders.remove(name);
    await folders.remove(name);
    expect([readdirSync(root), existsSync(join(place.path, 'outside'))]).toEqual([[], true]);
  });

  it('count as begun until they are settled, in a later life too', async () => {
    await volumeFolders(root).make(name);
    expect(await volumeFolders(root).begun()).toEqual([name]);
    await volumeFolders(root).settle(name);
    expect(await volumeFolders(root).begun()).toEqual([]);
    expect(existsSync(join(root, name))).toBe(true);
  });

  it.each(['..', '../pki', '/etc', '', 'pvc-../../../../../../../../../../../../../..', 'pvc-x'])(
    'have no other names, such as %j',
    async (bad) => {
      const folders = volumeFolders(root);
      for (const step of [folders.make, folders.remove, folders.settle]) {
        await expect((async () => step(bad))()).rejects.toThrow('cannot name a folder');
      }
    },
  );
});
