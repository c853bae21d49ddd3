import { expect, test } from 'vitest';
import { faultStory } from '../support/fault-story.ts';

const { STEER_SEEDS, STEER_SOAK, CI } = process.env;
const count = Number(STEER_SEEDS ?? (STEER_SOAK !== undefined ? 1000 : CI !== undefined ? 200 : 40));
const seeds = Array.from({ length: count }, (_, index) => index + 1);
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
  process.stdout.write(`${count} seeds: ${sum.hours.toFixed(1)} simulated hours, ${sum.faults} faults, ${sum.crashes} crashes\n`);
  expect(bad).toEqual([]);
  expect(sum.faults).toBeGreaterThan(10 * seeds.length);
  expect(sum.crashes).toBeGreaterThan(seeds.length / 4);
}, 1_800_000);
