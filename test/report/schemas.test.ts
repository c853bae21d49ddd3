import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { reviewJson } from '../../src/report/review-json.ts';
import { situations } from '../support/reviews.ts';
import { root } from '../support/sources.ts';

const schemaOf = (name: string) => JSON.parse(readFileSync(join(root, `schemas/steersman/${name}.json`), 'utf8')) as object;

describe('the published schema of a review', () => {
  const ajv = new Ajv({ allErrors: true, schemas: ['plan', 'forecast', 'review'].map(schemaOf) });
  const check = ajv.getSchema('https://steersman.dev/schemas/review.json');

  it.each(Object.entries(situations))('takes the situation %s', (_, make) => {
    const { review, forecast } = make();
    expect([check?.(JSON.parse(JSON.stringify(reviewJson(review, forecast)))), check?.errors ?? []]).toEqual([true, []]);
  });
  it('refuses what no review has', () => {
    const { review } = situations['small']?.() ?? {};
    expect([check?.({ ...review, more: 1 }), check?.({ ...review, applications: undefined })]).toEqual([false, false]);
  });
});
