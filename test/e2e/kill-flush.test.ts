import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { hasProgram, tempFolder, workRepository } from '../support/git-servers.ts';
import { startUp } from '../support/steer-up.ts';

const strace = hasStrace();
function hasStrace(): boolean {
  const found = hasProgram('strace');
  if (!found) console.log('skipped: the flush before the answer of a whole steer up (no strace here)');
  return found;
}
const writes = 10;

describe.skipIf(!strace)('steer up under strace', () => {
  it('has flushed each write when the client hears of it', { timeout: 120_000 }, async () => {
    using folder = tempFolder('steer-flush-');
    const repository = workRepository(join(folder.path, 'repository'));
    repository.commit({});
    const log = join(folder.path, 'strace.log');
    const under = ['strace', '-f', '-y', '-ttt', '-T', '-o', log, '-e', 'trace=pwrite64,writev,pwritev,fdatasync,fsync,msync'];
    const up = await startUp(repository.path, { folder: folder.path, under });
    const windows: { from: number; to: number }[] = [];
    {
      await using cluster = await up.connect();
      await cluster.list(ConfigMap); // The connection is open.
      for (let index = 0; index < writes; index++) {
        const from = Date.now() / 1000;
        await cluster.create(ConfigMap, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `flushed-${index}`, namespace: 'default' },
        });
        windows.push({ from, to: Date.now() / 1000 });
      }
    }
    execFileSync('pkill', ['-INT', '-P', String(up.running.child.pid)]);
    await up.running.finished;
    const flushes = flushesOf(readFileSync(log, 'utf8').split('\n'));
    expect(windows.filter(({ from, to }) => !flushes.some((flush) => flush.from >= from - 0.001 && flush.to <= to + 0.001))).toEqual([]);
  });
});

/** Flushes of the data file that succeeded, in seconds, each with the time at which data was last written before it. */
function flushesOf(lines: readonly string[]): readonly { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  const flushing = new Set<string>();
  let from: number | undefined;
  for (const line of lines) {
    const [, thread = '', seconds = '', call = ''] = /^(\d+) +([\d.]+) (.*)$/.exec(line) ?? [];
    // A line bears the time of its beginning; of a call that was interrupted, the line that resumes it is written at its end.
    const done = (took: number): void => {
      if (from !== undefined) out.push({ from, to: Number(seconds) + took });
      from = undefined;
    };
    if (/^p?write(64|v)\(\d+<[^>]*data\.mdb>/.test(call)) from = Number(seconds);
    if (/^(fdatasync|fsync|msync)\(/.test(call) && call.includes('data.mdb')) {
      if (call.includes('<unfinished')) flushing.add(thread);
      else if (/= 0( <[\d.]+>)?$/.test(call)) done(Number(/<([\d.]+)>$/.exec(call)?.[1] ?? 0));
    } else if (/^<\.\.\. (fdatasync|fsync|msync) resumed>.*= 0/.test(call) && flushing.delete(thread)) done(0);
  }
  return out;
}
