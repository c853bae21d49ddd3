import { expect, it, test } from 'vitest';
import { parts } from './parts/index.ts';
import { faultStory } from './parts/story.ts';

const { STEER_SEEDS, STEER_SOAK, CI } = process.env;
const count = Number(STEER_SEEDS ?? (STEER_SOAK !== undefined ? 1000 : CI !== undefined ? 120 : 20));
const seeds = Array.from({ length: count }, (_, index) => index + 1);
/** Where time is short, of one part by turn. */
const partsOf = (seed: number) => (STEER_SOAK === undefined ? parts.filter((_, index) => index % 16 === seed % 16) : parts);

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
  process.stdout.write(`${count} seeds: ${sum.hours.toFixed(1)} simulated hours, ${sum.faults} faults, ${sum.crashes} crashes\n`);
  expect(bad).toEqual([]);
  expect(sum.faults).toBeGreaterThan(10 * seeds.length);
  expect(sum.crashes).toBeGreaterThan(seeds.length / 4);
}, 1_800_000);

/** Enough for each broken copy that there is. */
const mostSeeds = 100;
/** Where time is short, two of each part. */
const shown = STEER_SOAK === undefined && CI !== undefined ? 2 : Infinity;
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
