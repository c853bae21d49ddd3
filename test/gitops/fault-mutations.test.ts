import { expect, test } from 'vitest';
import type { Rates, StoryOptions } from '../support/gitops-faults.ts';
import * as broken from '../support/broken-parts.ts';
import { faultStory } from '../support/fault-story.ts';

const none: Rates = { refuse: 0, lose: 0, cut: 0, lateMs: 0, conflict: 0, source: 0, runtime: 0, deaths: 0 };

/** Each kind of fault, a part that cannot stand it, and the rule by which it is found out. */
const cases: readonly { fault: string; rates: Partial<Rates>; parts: NonNullable<StoryOptions['parts']>; found: RegExp }[] = [
  {
    fault: 'a lost answer',
    rates: { lose: 0.2, lateMs: 3000 },
    parts: { controllers: broken.jobThatDoesNotAskAgain },
    found: /\d times pod of migrate/,
  },
  {
    fault: 'a refused call',
    rates: { refuse: 0.2 },
    parts: { controllers: broken.replicaSetThatBelieves },
    found: /not at the last commit/,
  },
  { fault: 'a conflict', rates: { conflict: 0.3 }, parts: { controllers: broken.jobThatShrugs }, found: /not at the last commit/ },
  { fault: 'a lost watch event', rates: { cut: 0.2 }, parts: { between: broken.resumeFromNow }, found: /not at the last commit/ },
  {
    fault: 'a stale cache',
    rates: { lateMs: 2000 },
    parts: { controllers: broken.replicaSetWithoutExpectations },
    found: /pods of a ReplicaSet/,
  },
  {
    fault: 'a source that fails',
    rates: { source: 0.15 },
    parts: { sources: broken.tornFetch },
    found: /was deleted/,
  },
  { fault: 'a runtime that fails', rates: { runtime: 0.3 }, parts: { runtime: broken.runtimeThatHangs }, found: /not at the last commit/ },
  { fault: 'a crash', rates: { deaths: 4 }, parts: { controllers: broken.jobThatForgets }, found: /\d times pod of migrate/ },
];

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
test.each(cases)('$fault finds out the part that cannot stand it, and harms no other', async ({ rates, parts, found }) => {
  const told: string[] = [];
  for (const seed of seeds) {
    const options = { rates: { ...none, ...rates } };
    const story = await faultStory(seed, { ...options, parts });
    told.push(...story.broken);
    if (!story.broken.some((rule) => found.test(rule))) continue;
    expect((await faultStory(seed, options)).broken).toEqual([]);
    // Without its fault the broken part is not found out: it is the fault that does it.
    expect((await faultStory(seed, { rates: none, parts })).broken).toEqual([]);
    return;
  }
  expect.fail(`no story of ${seeds.length} seeds found it out: ${JSON.stringify(told)}`);
});
