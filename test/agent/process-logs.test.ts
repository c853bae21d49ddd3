import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogWriter } from '../../src/agent/process/log-writer.ts';
import { readCriLog } from '../../src/agent/cri-log.ts';
import { realClock, type Clock } from '../../src/base/clock.ts';

const at = Date.UTC(2026, 10, 21, 3, 4, 5, 678);
const clock: Clock = { ...realClock(), now: () => at };
const time = '2026-11-21T03:04:05.678000000Z';

describe('the log of a container', () => {
  let folder: string;
  let path: string;
  const writer = (limits = { maxBytes: 1e6, maxFiles: 5 }) =>
    new LogWriter(path, {
      clock,
      limits,
      failed: (error) => {
        throw error;
      },
    });
  const text = () => readFileSync(path, 'utf8');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'steer-log-'));
    path = join(folder, 'deep', '0.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has a line for each line, with the moment and the stream', async () => {
    const log = writer();
    log.write('stdout', Buffer.from('one\ntwo\n'));
    log.write('stderr', Buffer.from('\n'));
    await log.close();
    expect(text()).toBe(`${time} stdout F one\n${time} stdout F two\n${time} stderr F \n`);
  });
  it('puts the pieces of a line together, each stream by itself', async () => {
    const log = writer();
    log.write('stdout', Buffer.from('be'));
    log.write('stderr', Buffer.from('other '));
    log.write('stdout', Buffer.from('gun\nrest'));
    log.write('stderr', Buffer.from('line\n'));
    await log.close();
    expect(text()).toBe(`${time} stdout F begun\n${time} stderr F other line\n${time} stdout F rest\n`);
  });
  it('has parts of a line that is longer than 16 KiB, which a reader joins', async () => {
    const log = writer();
    const long = 'x'.repeat(40_000);
    log.write('stdout', Buffer.from(long.slice(0, 20_000)));
    log.write('stdout', Buffer.from(`${long.slice(20_000)}\nnext\n`));
    await log.close();
    const lines = text().trimEnd().split('\n');
    expect(lines.map((line) => [line.split(' ')[2], line.length - time.length - 10])).toEqual([
      ['P', 16384],
      ['P', 16384],
      ['F', 7232],
      ['F', 4],
    ]);
    const read: string[] = [];
    for await (const record of readCriLog(path, { follow: false, signal: new AbortController().signal, clock })) read.push(record.line);
    expect(read).toEqual([long, 'next']);
  });
  it('goes on in the file that is there', async () => {
    for (const word of ['first', 'second']) {
      const log = writer();
      log.write('stdout', Buffer.from(`${word}\n`));
      await log.close();
    }
    expect(text()).toBe(`${time} stdout F first\n${time} stdout F second\n`);
  });
  it('is set aside when it is full, compressed when it is older, and removed when there are too many', async () => {
    const log = writer({ maxBytes: 1000, maxFiles: 4 });
    for (let line = 0; line < 100; line++) log.write('stdout', Buffer.from(`line ${String(line).padStart(3, '0')} ${'.'.repeat(60)}\n`));
    await log.close();
    const names = readdirSync(join(folder, 'deep')).sort();
    expect(names).toHaveLength(4);
    expect(names.map((name) => name.replace(/\d{8}-\d{6}\.678-\d{3}/, '<time>')).sort()).toEqual([
      '0.log',
      '0.log.<time>',
      '0.log.<time>.gz',
      '0.log.<time>.gz',
    ]);
    const older = names.find((name) => name.endsWith('.gz')) as string;
    expect(gunzipSync(readFileSync(join(folder, 'deep', older))).toString('utf8')).toMatch(/^(.* stdout F line \d{3} \.{60}\n){9,11}$/);
    expect(text().endsWith(`line 099 ${'.'.repeat(60)}\n`) || !text()).toBe(true);
  });
  it('loses lines and not the container when its disk is full', async () => {
    const complaints: unknown[] = [];
    const log = new LogWriter('/dev/full', { clock, failed: (error) => complaints.push(error) });
    log.write('stdout', Buffer.from('lost\n'));
    await log.close();
    expect(complaints.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(['ENOSPC']);
    expect(existsSync('/dev/full')).toBe(true);
  });
});
