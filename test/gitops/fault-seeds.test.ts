import { expect, test } from 'vitest';
import { faultStory } from '../support/fault-story.ts';
import { seedsFor } from '../support/seeds.ts';

const seeds = seedsFor({ soak: 1000, ci: 200, quick: 40 });
test('five minutes of deliveries under faults and crashes end at the last commit and keep every rule, seed by seed', async () => {
  const bad: unknown[] = [];
  const sum = { faults: 0, crashes: 0, hours: 0 };
  for (const seed of seeds) {
    try {
      const { broken, faults, crashes, hours } = await faultStory(seed);
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
