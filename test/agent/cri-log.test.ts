import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { criLine, parseCriLine, readCriLog } from '../../src/agent/cri-log.ts';
import type { LogRecord } from '../../src/agent/runtime.ts';
import { realClock } from '../../src/base/clock.ts';

let folder: string;
let path: string;
const clock = realClock();
const never = new AbortController().signal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steer-cri-'));
  path = join(folder, '0.log');
});
afterEach(() => rm(folder, { recursive: true }));

const at = '2026-01-01T00:00:00.000000001Z';
const record = (line: string, stream: LogRecord['stream'] = 'stdout'): LogRecord => ({ time: at, stream, line });
async function all(records: AsyncIterable<LogRecord>): Promise<string[]> {
  const out: string[] = [];
  for await (const { line } of records) out.push(line);
  return out;
}

test.each([
  ['a plain line', `${at} stdout F hello world`, { ...record('hello world'), part: 'F' }],
  ['a part', `${at} stderr P half`, { ...record('half', 'stderr'), part: 'P' }],
  ['an empty line', `${at} stdout F `, { ...record(''), part: 'F' }],
  ['tags behind the first', `${at} stdout F:x y`, { ...record('y'), part: 'F' }],
  ['no CRI line', 'hello', undefined],
])('%s is read', (_name, text, expected) => {
  expect(parseCriLine(text)).toEqual(expected);
});

describe('a log in the CRI layout', () => {
  it('is empty where there is no file', async () => {
    expect(await all(readCriLog(path, { follow: false, signal: never, clock }))).toEqual([]);
  });
  it('begins with what was rotated away, oldest first, and joins parts', async () => {
    await writeFile(`${path}.20260101-000002`, criLine(record('b')));
    await writeFile(`${path}.20260101-000001`, criLine(record('a')));
    await writeFile(path, criLine(record('c'), 'P') + criLine(record('x', 'stderr')) + criLine(record('d')));
    expect(await all(readCriLog(path, { follow: false, signal: never, clock }))).toEqual(['a', 'b', 'x', 'cd']);
  });
  it('is read once where it is rotated away while it is read, and compressed parts too', async () => {
    await writeFile(`${path}.20260101-000001.gz`, gzipSync(criLine(record('zipped'))));
    await writeFile(`${path}.20260101-000002`, criLine(record('old')));
    await writeFile(path, criLine(record('current')));
    const seen: string[] = [];
    for await (const { line } of readCriLog(path, { follow: false, signal: never, clock })) {
      seen.push(line);
      if (line === 'zipped') {
        await rename(path, `${path}.20260101-000003`);
        await writeFile(path, criLine(record('new')));
      }
    }
    expect(seen).toEqual(['zipped', 'old', 'current', 'new']);
  });
  it('is followed over a rotation until its writer has ended', async () => {
    await writeFile(path, criLine(record('1')));
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { line } of readCriLog(path, { follow: true, signal: never, clock, ended, pollMs: 20 })) seen.push(line);
    })();
    await until(() => seen.length === 1);
    await appendFile(path, criLine(record('2')));
    await until(() => seen.length === 2);
    await appendFile(path, criLine(record('3')));
    await rename(path, `${path}.20260101-000003`);
    await writeFile(path, criLine(record('4')));
    await until(() => seen.length === 4);
    await appendFile(path, criLine(record('5')));
    end();
    await reading;
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
  });
  it('is followed from before its file is there, and ends with the signal', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { line } of readCriLog(path, { follow: true, signal: stop.signal, clock, pollMs: 20 })) seen.push(line);
    })();
    await clock.sleep(50);
    await writeFile(path, criLine(record('late')));
    await until(() => seen.length === 1);
    stop.abort(new Error('enough'));
    await reading;
    expect(seen).toEqual(['late']);
  });
});

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 500) throw new Error('it did not come');
    await clock.sleep(10);
  }
}
