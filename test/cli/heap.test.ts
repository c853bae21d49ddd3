import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { growingPercent } from '../../src/cli/heap.ts';

const run = promisify(execFile);

it('the pages of a heap that loses most of what was made stay near to what lives', async () => {
  const child = join(import.meta.dirname, 'heap-child.ts');
  const { stdout } = await run(process.execPath, ['--expose-gc', '--import', 'tsx', child, 'small']);
  const { kept, size, living } = JSON.parse(stdout) as { kept: number; size: number; living: number };
  expect(kept).toBe(600_000);
  // By itself V8 takes 1.4 to 2.4 times as much.
  expect(size / living).toBeLessThan(1.35);
});

it('a small heap grows by a fifth, a larger one by as many bytes as a collection of it is worth', () => {
  const MB = 1024 * 1024;
  expect([40, 99, 120, 240, 480, 960, 4000].map((size) => growingPercent(size * MB))).toEqual([20, 20, 100, 100, 67, 33, 20]);
});
