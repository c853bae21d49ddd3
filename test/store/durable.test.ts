import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { randomInt, secureRandom, seededRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { brief, noteCodec, textOf, type Note } from './notes.ts';
import { startChild, type Child } from './spawn.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-durable-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const soak = process.env['STEER_SOAK'] === '1';
const open = (directory: string): Promise<Store<Note>> =>
  openEmbeddedStore({ directory, codec: noteCodec, clock: realClock(), random: secureRandom() });

/** The last write of a key; its text is undefined for a deletion. */
interface Written {
  readonly text: string | undefined;
  readonly revision: number;
}
const absent: Written = { text: undefined, revision: 0 };
/** What the lines of a child say was acknowledged. */
function acknowledged(out: string): { state: Map<string, Written>; revision: number } {
  const state = new Map<string, Written>();
  let newest = 0;
  for (const line of out.slice(0, out.lastIndexOf('\n')).split('\n')) {
    const [key, text, revision] = line.split(' ');
    if (key === undefined || text === undefined || revision === undefined) continue;
    if (Number(revision) > (state.get(key)?.revision ?? 0))
      state.set(key, { text: text === '-' ? undefined : text, revision: Number(revision) });
    newest = Math.max(newest, Number(revision));
  }
  return { state, revision: newest };
}

describe('kill -9 at random moments', () => {
  const rounds = soak ? 200 : 20;
  it(`loses no acknowledged write in ${rounds} rounds`, { timeout: rounds * 15_000 }, async () => {
    const seed = Number(process.env['STEER_SEED'] ?? randomInt(secureRandom(), 1_000_000));
    console.log(`kill -9 of the store: STEER_SEED=${seed}`);
    const random = seededRandom(seed);
    const directory = join(root, 'killed');
    for (let round = 0; round < rounds; round++) await killedRound(directory, seed + round, randomInt(random, 400));
  });
});

async function killedRound(directory: string, seed: number, afterMs: number): Promise<void> {
  const expected = (await contents(directory)).entries;
  const child = startChild(join(root, 'acks'), [directory, '8', String(seed), 'Infinity']);
  await child.opened;
  await realClock().sleep(afterMs);
  child.kill();
  const { out, signal, complaints } = await child.ended;
  expect({ signal, complaints }).toEqual({ signal: 'SIGKILL', complaints: '' });
  const { state, revision } = acknowledged(out);
  for (const [key, write] of state) expected.set(key, write);
  const after = await contents(directory);
  expect(after.revision).toBeGreaterThanOrEqual(revision);
  expectAcknowledged(expected, after.entries);
}

/** Each writer has one write under way at most, which may be on disk though it could not say so: one key of each may be newer. */
function expectAcknowledged(expected: Map<string, Written>, found: Map<string, Written>): void {
  const newer = new Map<string, string[]>();
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = expected.get(key) ?? absent;
    const there = found.get(key) ?? { text: undefined, revision: wanted.revision };
    if (wanted.text === there.text && wanted.revision === there.revision) continue;
    if (found.has(key)) expect(there.revision).toBeGreaterThan(wanted.revision);
    const writer = key.split('/')[2] ?? '';
    newer.set(writer, [...(newer.get(writer) ?? []), `${key}: ${JSON.stringify(wanted)}, found ${JSON.stringify(there)}`]);
  }
  for (const keys of newer.values()) expect(keys).toHaveLength(1);
}

async function contents(directory: string): Promise<{ entries: Map<string, Written>; revision: number }> {
  const store = await open(directory);
  const { entries, revision } = await store.list('');
  const read = new Map(entries.map((entry) => [entry.key, { text: brief(textOf(entry)), revision: entry.revision }]));
  for (const entry of entries) {
    expect(entry.value().metadata.resourceVersion).toBe(String(entry.revision));
    expect(entry.revision).toBeLessThanOrEqual(revision);
  }
  await store.close();
  return { entries: read, revision };
}

const strace = hasStrace();
function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: the order of flush and acknowledgement (no strace here)');
    return false;
  }
}

describe.skipIf(!strace)('under strace', () => {
  it('a flush returns between each write to the file and its acknowledgement', { timeout: 60_000 }, async () => {
    const log = join(root, 'strace.log');
    const trace = ['strace', '-f', '-y', '-s', '64', '-o', log, '-e', 'trace=write,writev,pwrite64,pwritev,fsync,fdatasync,msync'];
    const child = startChild(join(root, 'traced.acks'), [join(root, 'traced'), '1', '7', '30'], trace);
    const { out, code, complaints } = await child.ended;
    expect({ code, complaints }).toEqual({ code: 0, complaints: expect.stringMatching(/^readable \d+ at 2\d\n$/) as string });
    const judged = judge(readFileSync(log, 'utf8').split('\n'));
    expect(judged.unflushed).toEqual([]);
    expect(judged.acknowledged).toBe(acknowledged(out).revision);
  });
});

/**
 * Walks the calls in order. Before each line on stdout, since the line before it: data was written to the file, then a flush of that
 * file began and returned, then the page that makes the data count was written by a descriptor that flushes at each write (O_DSYNC).
 */
function judge(lines: readonly string[]): { acknowledged: number; unflushed: string[] } {
  let wrote = false;
  let flushed = false;
  let count = 0;
  const unflushed: string[] = [];
  const flushing = new Set<string>();
  for (const line of lines) {
    const thread = line.split(' ')[0] ?? '';
    const data = line.includes('data.mdb');
    if (/write(64|v)?\(\d+<[^>]*data\.mdb>/.test(line) && !flushed) wrote = true;
    if (/(fsync|fdatasync|msync)\(/.test(line) && data) {
      if (line.includes('<unfinished')) flushing.add(thread);
      else if (/= 0$/.test(line)) flushed = wrote;
    } else if (/<\.\.\. (fsync|fdatasync|msync) resumed>.*= 0$/.test(line) && flushing.delete(thread)) flushed = wrote;
    if (/ write\(1<.*"core\//.test(line)) {
      count++;
      if (!flushed) unflushed.push(line);
      wrote = false;
      flushed = false;
    }
  }
  return { acknowledged: count, unflushed };
}

/** What a disk that failed may leave: all that was acknowledged, and of what was rejected only what was said to be unsure. */
async function expectHonest(directory: string, child: Awaited<Child['ended']>): Promise<void> {
  const { state, revision } = acknowledged(child.out);
  const unsure = new Set(child.complaints.split('\n').flatMap((line) => /^rejected (.*) unsure$/.exec(line)?.[1] ?? []));
  const present = [...state.values()].filter((write) => write.text !== undefined).length;
  expect(child.complaints).toContain(`readable ${present} at ${revision}\n`);
  const after = await contents(directory);
  if (unsure.size === 0) expect(after.revision).toBe(revision);
  for (const key of new Set([...state.keys(), ...after.entries.keys()])) {
    const there = after.entries.get(key);
    if (!unsure.has(`${key} ${there?.text ?? '-'}`)) expect({ key, text: there?.text }).toEqual({ key, text: state.get(key)?.text });
  }
}

const mounts = hasMounts();
function hasMounts(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', root], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: a full disk (no tmpfs can be mounted here)');
    return false;
  }
}

describe.skipIf(!mounts)('a full disk', () => {
  it('rejects writes, keeps reading, and takes writes again when there is room', { timeout: 120_000 }, async () => {
    const directory = join(root, 'full');
    mkdirSync(directory);
    // The mount is seen by the shell and its children alone, so the second process that reads it back runs there too.
    const script = [
      `mount -t tmpfs -o size=5500k tmpfs ${directory}`,
      `head -c 1200000 /dev/zero > ${directory}/ballast`,
      '"$@"',
      `rm ${directory}/ballast && cp -r ${directory} ${directory}.kept`,
    ].join(' && ');
    const child = await startChild(join(root, 'full.acks'), [directory, '4', '3', '1000'], ['unshare', '-rm', 'sh', '-c', script, 'full'])
      .ended;
    expect(child.complaints).toMatch(/^rejected .* sure$/m);
    expect(child.complaints).not.toMatch(/unsure$/m);
    expect(acknowledged(child.out).revision).toBeGreaterThan(10);
    await expectHonest(`${directory}.kept`, child);
    const store = await open(`${directory}.kept`);
    await store.put('core/notes/after', { text: 'room again', metadata: {} }, 0);
    await store.close();
  });
});

describe.skipIf(!strace)('a disk that fails', () => {
  async function withFault(fault: string): Promise<{ directory: string; child: Awaited<Child['ended']> }> {
    const name = `fault-${fault.replaceAll(/[^a-z0-9]/gi, '-')}`;
    const directory = join(root, name);
    const inject = ['strace', '-f', '-o', '/dev/null', '-e', `inject=${fault}`, '-P', join(directory, 'data.mdb')];
    return { directory, child: await startChild(join(root, `${name}.acks`), [directory, '3', '5', '60'], inject).ended };
  }

  it.each(['fdatasync:error=EIO:when=6', 'fdatasync:error=EIO:when=4+3'])(
    'at %s rejects what is not on it',
    { timeout: 60_000 },
    async (fault) => {
      const { directory, child } = await withFault(fault);
      expect(child.complaints).toMatch(/^rejected .* sure$/m);
      await expectHonest(directory, child);
    },
  );

  const moments = Array.from({ length: soak ? 30 : 6 }, (_, index) => 6 + index); // counted in each thread; opening makes five
  it.each(moments)('at write %i has all that was acknowledged when it is opened again', { timeout: 60_000 }, async (moment) => {
    const { directory, child } = await withFault(`pwrite64:error=EIO:when=${moment}`);
    // lmdb may end the process then, see disk.ts; what is said before that must hold.
    expect(`${child.complaints} ${child.signal}`).toMatch(/^rejected |SIG/m);
    if (child.signal === null) return expectHonest(directory, child);
    const { state } = acknowledged(child.out);
    const { entries } = await contents(directory);
    for (const [key, { text }] of state) expect({ key, text: entries.get(key)?.text }).toEqual({ key, text });
  });
});
