import { setTimeout } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { keepHeapSmall } from '../../src/cli/heap.ts';

// Keeps every fourth of many objects, once all of them have lived for a while, and writes what the old space then takes and what lives, bytes.
const ending = new AbortController();
if (process.argv[2] === 'small') void keepHeapSmall({ sleep: () => setTimeout(50) }, ending.signal);
const kept: unknown[] = [];
for (let round = 0; round < 60; round++) {
  const made = Array.from({ length: 40_000 }, (_, index) => ({ round, index, list: [index] }));
  await setTimeout(20);
  for (let index = 0; index < made.length; index += 4) kept.push(made[index]);
}
ending.abort();
const oldSpace = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space');
const size = oldSpace()?.space_size;
globalThis.gc?.();
process.stdout.write(JSON.stringify({ kept: kept.length, size, living: oldSpace()?.space_used_size }));
