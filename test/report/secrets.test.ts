import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import type { Forecast } from '../../src/api/forecast.ts';
import type { Review } from '../../src/api/review.ts';
import { hideIn, parseHideRule } from '../../src/report/hide.ts';
import { failureMarkdown } from '../../src/report/failure-markdown.ts';
import { planMarkdown } from '../../src/report/markdown.ts';
import { reviewHtml } from '../../src/report/review-html.ts';
import { reviewJson } from '../../src/report/review-json.ts';
import { reviewMarkdown } from '../../src/report/review-markdown.ts';
import { reviewText } from '../../src/report/review-text.ts';
import { standingOf } from '../../src/report/standing.ts';
import { planText } from '../../src/report/text.ts';
import { builtInKinds } from '../support/api-server.ts';
import { openRenderers, scratchFolder, toolPath } from '../support/render-tools.ts';
import { review as reviewOf, type Files } from '../support/review.ts';
import { hideWords, pod, secretFiles } from '../support/secret-places.ts';
import { around, piecesIn, secretChanges, type Change } from '../support/secret-values.ts';
import { sopsFiles, sopsKey } from '../support/sops-file.ts';

const mark = { repo: 'shop/deploy', pull: '7', instance: 'default' };
const rules = hideWords.map((text) => parseHideRule(text));

/** Every form of what was found, and all that was logged. */
async function everything(changes: readonly Change[]): Promise<string> {
  const written: string[] = [];
  const log = createLog((line) => void written.push(JSON.stringify(line)), 'debug');
  const sides = [0, 1].map((side) => secretFiles(changes.map((change) => change[side] as string)));
  const reviewed = await reviewOf(sides[0] as Files, sides[1] as Files, { log });
  const applications = reviewed.applications.map(({ application, found, base, head }) => {
    return {
      application,
      namespace: found.namespace,
      base: base.items.map(({ manifest }) => manifest),
      head: head.items.map(({ manifest }) => manifest),
    };
  });
  const told = await forecast({
    applications,
    surroundings: reviewed.definitions,
    startMs: 0,
    random: seededRandom(1),
    log,
    kinds: builtInKinds(),
    horizonMs: 60_000,
  });
  const { review, forecast: shown } = hideIn(reviewed.review, told, rules);
  return [...written, ...forms(review, shown)].join('\n');
}
function forms(review: Review, told: Forecast | undefined): string[] {
  const plans = review.applications.flatMap(({ plan }) => plan ?? []);
  return [
    reviewText(review, told),
    ...reviewMarkdown(review, told, { version: '0.0.0' }),
    reviewHtml(review, told, { version: '0.0.0' }),
    JSON.stringify(reviewJson(review, told)),
    JSON.stringify(standingOf(review, told)),
    ...review.applications.flatMap(({ failure }) => (failure === undefined ? [] : [failureMarkdown(failure.message, { mark })])),
    ...plans.flatMap((plan) => [planText(plan), planMarkdown(plan), JSON.stringify(plan)]),
  ];
}
describe('values of secrets', () => {
  it('are in no report, no log and no error, as they are or encoded', async () => {
    await fc.assert(
      fc.asyncProperty(secretChanges(20), async (changes) => {
        const text = await everything(changes);
        const found = piecesIn(text, changes.flat());
        expect(found.map((one) => around(text, one))).toEqual([]);
      }),
      { numRuns: process.env['STEER_SOAK'] === '1' ? 200 : 1, endOnFailure: true },
    );
  });
  it('are found where they are: the search itself', () => {
    const [[value] = ['', '']] = fc.sample(secretChanges(1), { numRuns: 1, seed: 7 })[0] as Change[];
    const written = [
      value,
      JSON.stringify({ a: JSON.stringify({ b: value }) }),
      encodeURIComponent(value),
      Buffer.from(value).toString('hex'),
    ];
    const encoded = [0, 1, 2, 3].map((shift) => Buffer.from(`${'y'.repeat(shift)}${value} and more`));
    for (const text of [...written, ...encoded.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('base64url')])])
      expect(piecesIn(`before ${text} after`, [value]).length).toBeGreaterThan(20);
    // Cut short, too; and what is not there is not found.
    expect(piecesIn(`before ${value.slice(0, 13)}… after`, [value]).length).toBeGreaterThan(0);
    expect(piecesIn('before and after', [value])).toEqual([]);
  });
  it('that SOPS has encrypted are opened for the plan and in nothing that it says, nor on the disk', async () => {
    const directory = scratchFolder();
    const renderers = openRenderers({ environment: { PATH: toolPath, SOPS_AGE_KEY: sopsKey }, directory });
    const written: string[] = [];
    const log = createLog((line) => void written.push(JSON.stringify(line)), 'debug');
    const [file = ''] = sopsFiles.map(({ text }) => text);
    const [one = '', two = ''] = file.split(/^---$/m);
    // Alone, a document's seal does not fit; its error must not tell what it has opened.
    const { review } = await reviewOf(
      { 'both/a.yaml': 'a: 1' },
      { 'both/a.yaml': file, 'one/a.yaml': one, 'two/a.yaml': two },
      { renderers, log },
    );
    expect(review.applications.map(({ application, change }) => [application.name, change])).toEqual([
      ['both', 'failed'],
      ['one', expect.any(String)],
      ['two', 'failed'],
    ]);
    const kept = (readdirSync(directory, { recursive: true }) as string[])
      .map((name) => join(directory, name))
      .filter((name) => statSync(name).isFile());
    const text = [...written, ...forms(review, undefined), ...kept.map((name) => readFileSync(name, 'latin1'))].join('\n');
    expect(piecesIn(text, ['open-sesame', 'two\nlines\n'])).toEqual([]);
    expect(text).toContain('Secret default/one');
  });
  it('are told to change, and all else of their objects is told', async () => {
    const text = await everything([['first-value-0', 'other-value-1']]);
    for (const line of [
      'data.p: (hidden) → (hidden, changed)',
      'env[PASSWORD].value: (hidden) → (hidden, changed)',
      'spec.data',
      'Secret default/string',
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe('what is hidden on request', () => {
  it.each(['', 'ENV', 'Secret', 'Secret:', ':spec', 'Kind:a/b', 'k!nd:spec'])('is not named by %j', (text) => {
    expect(() => parseHideRule(text)).toThrow(/nothing that can be hidden/);
  });
  it('is a variable by variable, in lists and in whole objects, and in sentences', async () => {
    const { review } = await reviewOf(
      { 'web/a.yaml': stringify(pod('old-password')) },
      {
        'web/a.yaml': stringify(pod('new-password')),
        'more/a.yaml': stringify({ ...pod('new-password'), metadata: { name: 'more', namespace: 'default' } }),
      },
    );
    const before = JSON.stringify(review);
    const cautions = [{ rule: 'x', severity: 'caution' as const, message: 'PASSWORD is new-password' }];
    const after = hideIn({ ...review, cautions }, undefined, ['env']).review;
    expect([before.includes('new-password'), JSON.stringify(after).includes('-password')]).toEqual([true, false]);
    expect(after.cautions).toEqual([{ ...cautions[0], message: 'PASSWORD is (hidden)' }]);
    expect(after.applications.map(({ plan }) => plan?.planId)).toEqual(review.applications.map(({ plan }) => plan?.planId));
  });
});
