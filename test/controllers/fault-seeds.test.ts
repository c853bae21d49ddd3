import { expect, it, test } from 'vitest';
import { parts } from './parts/index.ts';
import { isCi, isSoak, seedsFor } from '../support/seeds.ts';
import { faultStory } from './parts/story.ts';

const seeds = seedsFor({ soak: 1000, ci: 200, quick: 20 });
/** Where time is short, of one part by turn. */
const partsOf = (seed: number) => (isSoak ? parts : parts.filter((_, index) => index % parts.length === seed % parts.length));

test('every controller keeps its rules under stale reads, missed events and crashes between two writes, seed by seed', async () => {
  const bad: unknown[] = [];
  const sum = { faults: 0, crashes: 0, hours: 0 };
  for (const seed of seeds) {
    try {
      const { broken, faults, crashes, hours } = await faultStory(partsOf(seed), seed);
      if (broken.length > 0) bad.push({ seed, broken });
      sum.faults += faults;
      sum.crashes += crashes;
      sum.hours += hours;
    } catch (error) {
      bad.push({ seed, error });
    }
  }
  process.stdout.write(`${seeds.length} seeds: ${sum.hours.toFixed(1)} simulated hours, ${sum.faults} faults, ${sum.crashes} crashes\n`);
  expect(bad).toEqual([]);
  expect(sum.faults).toBeGreaterThan(10 * seeds.length);
  expect(sum.crashes).toBeGreaterThan(seeds.length / 4);
}, 30_000_000);

/** Enough for each broken copy that there is. */
const mostSeeds = 100;
/** Where time is short, two of each part. */
const shown = isCi ? 2 : Infinity;
const mutants = parts.flatMap((part) =>
  Object.entries(part.mutants)
    .slice(0, shown)
    .map(([wrong, controllers]) => ({ part, wrong, controllers })),
);
it.each(mutants)('$part.name that $wrong is caught', async ({ part, controllers }) => {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    const broken = await faultStory([part], seed, controllers).then(
      (told) => told.broken,
      (error: unknown) => [String(error)],
    );
    if (broken.length > 0) return;
  }
  expect.fail(`${mostSeeds} seeds find nothing wrong`);
});
