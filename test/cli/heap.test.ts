import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { growingPercent } from '../../src/cli/heap.ts';

const run = promisify(execFile);

/** Bytes of the old space of a process that keeps a quarter of what it makes. */
async function oldSpace(how: 'small' | 'as V8 likes'): Promise<number> {
  const child = join(import.meta.dirname, 'heap-child.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', child, how]);
  const { kept, size } = JSON.parse(stdout) as { kept: number; size: number };
  expect(kept).toBe(600_000);
  return size;
}

it('a heap that is kept small takes far less for the same objects', async () => {
  expect(await oldSpace('small')).toBeLessThan(0.8 * (await oldSpace('as V8 likes')));
});

it('a small heap grows by a fifth, a larger one by as many bytes as a collection of it is worth', () => {
  const MB = 1024 * 1024;
  expect([40, 99, 120, 240, 480, 960, 4000].map((size) => growingPercent(size * MB))).toEqual([20, 20, 100, 100, 50, 25, 20]);
});
