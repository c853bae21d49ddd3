import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { randomInt, secureRandom, seededRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { brief, noteCodec, textOf, type Note } from './notes.ts';
import { startChild } from './spawn.ts';

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
    const child = startChild(join(root, 'traced.acks'), [join(root, 'traced'), '1', '7', '25'], trace);
    const { out, code, complaints } = await child.ended;
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    const judged = judge(readFileSync(log, 'utf8').split('\n'));
    expect(judged.unflushed).toEqual([]);
    expect(judged.acknowledged).toBe(25);
    expect(out.split('\n').filter((line) => line.startsWith('core/'))).toHaveLength(25);
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

describe('a disk that takes no more', () => {
  it('rejects the write, keeps reading, and takes writes again', { timeout: 60_000 }, async () => {
    const limited = ['bash', '-c', 'ulimit -f 100; exec "$@"', 'limited'];
    const { out, complaints } = await startChild(join(root, 'full.acks'), [join(root, 'full'), '4', '3', '4000'], limited).ended;
    const { state, revision } = acknowledged(out);
    const present = [...state.values()].filter((write) => write.text !== undefined).length;
    expect(present).toBeGreaterThan(0);
    expect(complaints).toContain(`failed: WriteFailed, unsure false, ${present} readable`);
    const store = await open(join(root, 'full'));
    expect(store.revision()).toBe(revision);
    for (const [key, { text }] of state) {
      const found = await store.get(key);
      expect(found === undefined ? undefined : brief(textOf(found))).toBe(text);
    }
    await store.put('core/notes/after', { text: 'room again', metadata: {} }, 0);
    await store.close();
  });
});
