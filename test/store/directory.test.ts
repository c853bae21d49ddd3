import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { afterAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { DirectoryLocked, lockDirectory } from '../../src/store/directory-lock.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { note, noteCodec, textOf, type Note } from './notes.ts';
import { startChild } from './spawn.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-directory-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fresh = (): string => mkdtempSync(join(root, 'd-'));
const clock = realClock();
const open = (directory: string): Promise<Store<Note>> => openEmbeddedStore({ directory, codec: noteCodec, clock, random: secureRandom() });

describe('one owner', () => {
  it('a second opener is told which process holds the directory', async () => {
    const directory = fresh();
    const store = await open(directory);
    await expect(open(directory)).rejects.toMatchObject({ name: 'DirectoryLocked', pid: process.pid, directory });
    await store.close();
    await (await open(directory)).close();
  });

  it('another process is told too, and a killed owner does not keep the directory', { timeout: 60_000 }, async () => {
    const directory = fresh();
    const child = startChild(join(root, 'acks'), [directory, '1', '1', 'Infinity']);
    await child.opened;
    await expect(open(directory)).rejects.toBeInstanceOf(DirectoryLocked);
    child.kill();
    await child.ended;
    await (await open(directory)).close();
  });

  it('a process that has the pid of a dead owner is not taken for it', () => {
    const directory = fresh();
    writeFileSync(join(directory, 'owner.4'), JSON.stringify({ pid: process.pid, started: 'another boot/1' }));
    const lock = lockDirectory(directory);
    expect(readdirSync(directory)).toEqual(['owner.5']);
    expect(() => lockDirectory(directory)).toThrow(`in use by process ${process.pid}`);
    lock.release();
    lockDirectory(directory).release();
  });

  it('of many processes that come at once after a crash, one gets it', { timeout: 60_000 }, () => {
    const directory = fresh();
    writeFileSync(join(directory, 'owner.1'), JSON.stringify({ pid: 999_999_999, started: 'gone' }));
    const module = new URL('../../src/store/directory-lock.ts', import.meta.url).href;
    const claim = `import(${JSON.stringify(module)}).then(({ lockDirectory }) => { try { lockDirectory(${JSON.stringify(directory)}); console.log('mine'); setTimeout(() => {}, 4000); } catch (error) { console.log(error.name); } });`;
    const script = `for i in 1 2 3 4 5 6; do "$0" --import tsx --input-type=module -e "$1" & done; wait`;
    const { stdout } = spawnSync('bash', ['-c', script, process.execPath, claim], {
      encoding: 'utf8',
      cwd: join(import.meta.dirname, '../..'),
    });
    expect(stdout.trim().split('\n').sort()).toEqual([...Array.from({ length: 5 }, () => 'DirectoryLocked'), 'mine']);
  });
});

describe('the format', () => {
  it('that is unknown is refused with the version that reads it', async () => {
    const directory = fresh();
    await (await open(directory)).close();
    writeFileSync(join(directory, 'format.json'), JSON.stringify({ format: 7, readBy: '3.2.0' }));
    await expect(open(directory)).rejects.toThrow('has format 7, which Steersman 3.2.0 or newer reads; this version reads 1 and 2');
    writeFileSync(join(directory, 'format.json'), '{');
    await expect(open(directory)).rejects.toMatchObject({ name: 'UnknownFormat' });
  });
  it.each([1, 2])('%s is read again, and stays what it is', async (format) => {
    const directory = fresh();
    const text = JSON.stringify({ format, readBy: '0.1.0' });
    writeFileSync(join(directory, 'format.json'), text);
    const store = await open(directory);
    await store.put('a', note('the same again and again. '.repeat(100)), 0);
    await store.close();
    const again = await open(directory);
    expect(textOf(await again.get('a'))).toBe('the same again and again. '.repeat(100));
    await again.close();
    expect(readFileSync(join(directory, 'format.json'), 'utf8')).toBe(text);
  });
  it('that is missing beside data is refused, and the directory is given back', async () => {
    const directory = fresh();
    await (await open(directory)).close();
    rmSync(join(directory, 'format.json'));
    await expect(open(directory)).rejects.toMatchObject({ name: 'UnknownFormat' });
    await expect(open(directory)).rejects.toMatchObject({ name: 'UnknownFormat' });
  });
});

const password = 'correct horse battery staple';

describe('Secrets', () => {
  async function withSecret(): Promise<string> {
    const directory = fresh();
    const store = await open(directory);
    await store.put('core/secrets/shop/db', note(password, { owner: 'the-owner-label' }), 0);
    await store.put('core/notes/shop/plain', note('plain to read'), 0);
    await store.close();
    return directory;
  }

  it('are not readable in any file, and come back', async () => {
    const directory = await withSecret();
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
    const holds = (text: string) => files.some((file) => file.includes(text));
    expect([holds('plain to read'), holds(password), holds('the-owner-label')]).toEqual([true, false, false]);
    const store = await open(directory);
    expect(textOf(await store.get('core/secrets/shop/db'))).toBe(password);
    expect((await store.get('core/secrets/shop/db'))?.labels).toEqual({ owner: 'the-owner-label' });
    await store.close();
  });

  it('have a key that only its owner reads, also after somebody opened it up', async () => {
    const directory = await withSecret();
    const mode = () => (statSync(join(directory, 'secrets.key')).mode & 0o777).toString(8);
    expect(mode()).toBe('600');
    chmodSync(join(directory, 'secrets.key'), 0o644);
    await (await open(directory)).close();
    expect(mode()).toBe('600');
  });

  it('without their key are refused, with what to do', async () => {
    const directory = await withSecret();
    rmSync(join(directory, 'secrets.key'));
    await expect(open(directory)).rejects.toThrow(/secrets\.key is missing: .* restore it from a backup/);
    expect(readdirSync(directory)).not.toContain('secrets.key');
  });

  it('with another key are refused', async () => {
    const directory = await withSecret();
    writeFileSync(join(directory, 'secrets.key'), 'ab'.repeat(32));
    await expect(open(directory)).rejects.toMatchObject({ name: 'EncryptionKeyError' });
    writeFileSync(join(directory, 'secrets.key'), 'not a key');
    await expect(open(directory)).rejects.toThrow('holds no key');
  });

  it('are bound to their key: one moved to another name does not open', async () => {
    const directory = await withSecret();
    const lmdb = openLmdb<Buffer, string>({ path: join(directory, 'data.mdb'), noSubdir: true, encoding: 'binary', maxDbs: 2 });
    const entries = lmdb.openDB('entries', { encoding: 'binary', compression: { threshold: 500 } });
    await entries.put('core/secrets/other/db', entries.get('core/secrets/shop/db') as Buffer);
    await lmdb.close();
    await expect(open(directory)).rejects.toMatchObject({ name: 'DamagedRecord' });
  });
});

describe('openStore', () => {
  const options = { codec: noteCodec, clock, random: secureRandom() };
  it('opens memory and directories', async () => {
    const memory = await openStore('memory', options);
    await memory.put('n/a', note('x'), 0);
    await memory.close();
    const directory = join(fresh(), 'made/on/the/way');
    await (await openStore(directory, options)).close();
    expect(readdirSync(directory)).toContain('data.mdb');
    expect((statSync(directory).mode & 0o777).toString(8)).toBe('700');
  });
  it('refuses an address that nothing serves', async () => {
    await expect(openStore('etcd://localhost:2379', options)).rejects.toThrow('the store etcd://localhost:2379 cannot be opened');
  });
});
