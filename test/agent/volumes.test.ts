import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { writeAtomically, type Payload } from '../../src/agent/volumes/atomic-folder.ts';
import { makePodFolder, openPodFolders, podFolder, podsWithFolders, removePodFolder } from '../../src/agent/volumes/folders.ts';
import { checkHostPath } from '../../src/agent/volumes/host-path.ts';
import { payloadOf, type PayloadSources } from '../../src/agent/volumes/payload.ts';
import { resolveSubPath } from '../../src/agent/volumes/sub-path.ts';
import type { ConfigMap, Pod, Secret, Volume } from '../../src/api/kinds.generated.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steer-volumes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = { stamp: '2026_01_01_00_00_00' };
const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));

describe('a folder that is written in one step', () => {
  it('has a link for each first part of a path, through ..data to the files of one moment', async () => {
    expect(await writeAtomically(folder, payload({ a: '1', 'dir/b': '2' }), options)).toBe(true);
    const data = await readlink(join(folder, '..data'));
    expect(data).toMatch(/^\.\.2026_01_01_00_00_00\.\w+$/);
    expect((await readdir(folder)).sort()).toEqual(['..data', data, 'a', 'dir'].sort());
    expect(await readlink(join(folder, 'dir'))).toBe('..data/dir');
    expect(await readFile(join(folder, 'dir', 'b'), 'utf8')).toBe('2');
  });
  it('is left alone when nothing changed, and has nothing of the old state when something did', async () => {
    await writeAtomically(folder, payload({ a: '1', b: '1' }), options);
    const before = await readdir(folder);
    expect(await writeAtomically(folder, payload({ a: '1', b: '1' }), options)).toBe(false);
    expect(await readdir(folder)).toEqual(before);
    expect(await writeAtomically(folder, payload({ a: '2', c: '1' }, 0o400), options)).toBe(true);
    expect((await readdir(folder)).filter((name) => !name.startsWith('..2026')).sort()).toEqual(['..data', 'a', 'c']);
    expect((await readdir(folder)).length).toBe(4);
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o400);
  });
  it('comes back to what it should be where somebody turned its links elsewhere', async () => {
    await writeAtomically(folder, payload({ a: '1' }), options);
    await rm(join(folder, '..data'));
    await symlink('/etc', join(folder, '..data'));
    await writeAtomically(folder, payload({ a: '1' }), options);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('1');
    expect((await lstat('/etc')).isDirectory()).toBe(true);
  });
  test.each([
    ['/etc/passwd', 'must be relative path'],
    ['../x', "must not contain '..'"],
    ['a/../../x', "must not contain '..'"],
    ['..data', "must not start with '..'"],
    ['a//b', 'must not have empty parts'],
    ['', 'must not be empty'],
    ['a\0b', 'must not contain NUL'],
    ['x'.repeat(256), 'filename must be less than 256 characters'],
  ])('refuses the path %j before it writes anything', async (path, rule) => {
    await expect(writeAtomically(folder, payload({ good: '1', [path]: 'x' }), options)).rejects.toThrow(rule);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a part of a volume', () => {
  it('is made where it is not there', async () => {
    expect(await resolveSubPath(folder, 'a/b/./c')).toBe(join(folder, 'a/b/c'));
    expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
  });
  it('may be reached by links that stay inside', async () => {
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'link'));
    expect(await resolveSubPath(folder, 'link/x')).toBe(join(folder, 'real/x'));
  });
  test.each(['up', 'up/deeper', 'dangling', 'inside/..', '../x', '/etc'])('is refused where %s leads out', async (path) => {
    await mkdir(join(folder, 'inside'));
    await symlink('/etc', join(folder, 'up'));
    await symlink(join(tmpdir(), 'steer-nowhere'), join(folder, 'dangling'));
    await expect(resolveSubPath(folder, path)).rejects.toThrow(/not within volume path|must not|cannot create/);
    await expect(stat(join(tmpdir(), 'steer-nowhere'))).rejects.toThrow('ENOENT');
  });
});

describe('a path of the machine', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'dir'));
    await writeFile(join(folder, 'file'), '');
  });
  test.each([
    ['Directory', 'dir', undefined],
    ['Directory', 'file', 'is not a directory'],
    ['Directory', 'none', 'is not a directory'],
    ['DirectoryOrCreate', 'new', undefined],
    ['DirectoryOrCreate', 'file', 'is not a directory'],
    ['File', 'file', undefined],
    ['File', 'none', 'is not a file'],
    ['FileOrCreate', 'new', undefined],
    ['FileOrCreate', 'dir', 'is not a file'],
    ['Socket', 'file', 'is not a socket file'],
    ['CharDevice', 'file', 'is not a character device'],
    ['BlockDevice', 'file', 'is not a block device'],
    ['', 'file', undefined],
    ['', 'new', undefined],
  ])('of type %j at %s: %s', async (type, name, failure) => {
    const path = join(folder, name);
    const check = checkHostPath(path, type);
    if (failure === undefined) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(`hostPath type check failed: ${path} ${failure}`);
  });
  it('may be a socket or a device', async () => {
    const server = createServer().listen(join(folder, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await checkHostPath(join(folder, 'socket'), 'Socket');
    await checkHostPath('/dev/null', 'CharDevice');
    server.close();
  });
  it('must be absolute and may not lead up', async () => {
    await expect(checkHostPath('/a/../etc', '')).rejects.toThrow("without '..'");
    await expect(checkHostPath('relative', '')).rejects.toThrow('must be absolute');
  });
});

describe('the folders of pods', () => {
  const uid = '00000000-0000-4000-8000-000000000001';
  it('are private, also in memory, and go without what the runtime keeps there', async () => {
    await chmod(folder, 0o700);
    const folders = await openPodFolders(join(folder, 'pods'), '/dev/shm');
    if (folders.memory !== undefined) {
      const secret = join(podFolder(folders.memory, uid), 'volumes', 's');
      await makePodFolder(folders, folders.memory, { uid, path: secret, mode: 0o755 });
      const modes = await Promise.all([folders.memory, podFolder(folders.memory, uid)].map(async (one) => (await stat(one)).mode & 0o777));
      expect(modes).toEqual([0o700, 0o700]);
    }
    const path = podFolder(folders.root, uid);
    await mkdir(join(path, 'volumes', 'v'), { recursive: true });
    await mkdir(join(path, 'of-the-runtime'));
    expect(await podsWithFolders(folders)).toEqual([uid]);
    await removePodFolder(folders, uid);
    expect(await readdir(path)).toEqual(['of-the-runtime']);
    await rm(join(path, 'of-the-runtime'), { recursive: true });
    await removePodFolder(folders, uid);
    expect(await readdir(folders.root)).toEqual([]);
    if (folders.memory !== undefined) await expect(stat(folders.memory)).rejects.toThrow('ENOENT');
  });
  it('are not in a place that another made before', async () => {
    const first = await openPodFolders(join(folder, 'pods'));
    if (first.memory === undefined) return;
    await symlink(folder, first.memory);
    expect((await openPodFolders(join(folder, 'pods'))).memory).toBeUndefined();
    await rm(first.memory);
  });
  test.each(['..', 'a/b', '', '.hidden'])('are refused for the uid %j', (hostile) => {
    expect(() => podFolder(folder, hostile)).toThrow('cannot name a folder');
  });
});

describe('the files of a volume', () => {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { b: '2', a: 'x"\n' } },
    spec: { containers: [{ name: 'main', resources: { limits: { memory: '64Mi' } } }] },
  };
  const map = { metadata: { name: 'm' }, data: { k: 'v', other: 'o' }, binaryData: { bin: '/w==' } } as unknown as ConfigMap;
  const secret = { metadata: { name: 's' }, data: { p: 'c2VjcmV0' } } as unknown as Secret;
  const sources: PayloadSources = {
    pod,
    facts: { podAddresses: [], hostAddress: '', allocatable: { cpu: '3500m' } },
    configMap: (name, optional) =>
      name === 'm'
        ? Promise.resolve(map)
        : optional === true
          ? Promise.resolve(undefined)
          : Promise.reject(new Error(`configmap "${name}" not found`)),
    secret: () => Promise.resolve(secret),
    token: (projection) => Promise.resolve(`token for ${projection.audience ?? ''}`),
  };
  const files = async (volume: Omit<Volume, 'name'>) => {
    const found = await payloadOf({ name: 'v', ...volume }, sources);
    return Object.fromEntries(
      [...(found ?? [])].map(([path, { content, mode }]) => [path, [Buffer.from(content).toString('latin1'), mode.toString(8)]]),
    );
  };

  it('are the keys of a ConfigMap, text and bytes', async () => {
    expect(await files({ configMap: { name: 'm', defaultMode: 0o640 } })).toEqual({
      k: ['v', '640'],
      other: ['o', '640'],
      bin: ['\xff', '640'],
    });
  });
  it('are the keys that are chosen, under their paths', async () => {
    expect(await files({ secret: { secretName: 's', items: [{ key: 'p', path: 'dir/pass', mode: 0o400 }] } })).toEqual({
      'dir/pass': ['secret', '400'],
    });
  });
  it('are what the pod says of itself', async () => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'name', fieldRef: { fieldPath: 'metadata.name' }, mode: 0o600 },
      { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
      { path: 'memory', resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Mi' } },
    ];
    expect(await files({ downwardAPI: { items } })).toEqual({
      labels: ['a="x\\"\\n"\nb="2"', '644'],
      name: ['p', '600'],
      cpu: ['4', '644'],
      memory: ['64', '644'],
    });
  });
  it('are put together from several sources, the last one winning', async () => {
    const all = [
      { configMap: { name: 'm' } },
      { secret: { name: 's', items: [{ key: 'p', path: 'k' }] } },
      { serviceAccountToken: { path: 'token', audience: 'vault' } },
    ];
    expect(await files({ projected: { sources: all, defaultMode: 0o444 } })).toMatchObject({
      k: ['secret', '444'],
      token: ['token for vault', '444'],
    });
  });
  test.each([
    [{ configMap: { name: 'm', items: [{ key: 'none', path: 'x' }] } }, 'configmap references non-existent config key: none'],
    [{ secret: { secretName: 's', items: [{ key: 'none', path: 'x' }] } }, 'references non-existent secret key: none'],
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [
      { projected: { sources: [{ configMap: { name: 'a' } }, { configMap: { name: 'b' } }] } },
      '[configmap "a" not found, configmap "b" not found]',
    ],
    [{ downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'spec.none' } }] } }, 'unsupported fieldPath: spec.none'],
  ] as const)('that cannot be had are named: %j', async (volume, message) => {
    await expect(files(volume as Omit<Volume, 'name'>)).rejects.toThrow(message);
  });
  it('may be missing where that is allowed', async () => {
    expect(await files({ configMap: { name: 'none', optional: true } })).toEqual({});
    expect(await files({ configMap: { name: 'm', optional: true, items: [{ key: 'none', path: 'x' }] } })).toEqual({});
  });
  it('are none of ours for volumes of other kinds', async () => {
    expect(await payloadOf({ name: 'v', nfs: { server: 's', path: '/' } }, sources)).toBeUndefined();
  });
});
