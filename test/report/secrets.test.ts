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
import { planMarkdown } from '../../src/report/markdown.ts';
import { reviewHtml } from '../../src/report/review-html.ts';
import { reviewJson } from '../../src/report/review-json.ts';
import { reviewMarkdown } from '../../src/report/review-markdown.ts';
import { reviewText } from '../../src/report/review-text.ts';
import { planText } from '../../src/report/text.ts';
import { builtInKinds } from '../support/api-server.ts';
import { openRenderers, scratchFolder, toolPath } from '../support/render-tools.ts';
import { review as reviewOf } from '../support/review.ts';
import { sopsFiles, sopsKey } from '../support/sops-file.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const meta = (name: string, more: object = {}) => ({ name, namespace: 'default', ...more });
const secret = (name: string, more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: meta(name), ...more });
const lastApplied = (value: string) => ({
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(secret('annotated', { stringData: { p: value } })) },
});
const pod = (value: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta('web'),
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'PASSWORD', value }] }] },
    },
  },
});

/** Each writes a value where one may stand, in an application of its own: a refused one takes the others with it. */
const places: Readonly<Record<string, (value: string) => object>> = {
  data: (value) => secret('data', { data: { p: base64(value) } }),
  'string-data': (value) => secret('string', { stringData: { p: value } }),
  'no-base64': (value) => secret('invalid', { data: { p: `${value} no base64!` } }),
  'a-list': (value) => secret('list', { data: [value] }),
  'a-text': (value) => secret('text', { stringData: value }),
  deep: (value) => secret('deep', { stringData: { p: { deeper: value } } }),
  'unknown-field': (value) => secret('unknown', { stringdata: { p: value } }),
  'wrong-type': (value) => secret('typed', { type: 'kubernetes.io/tls', stringData: { p: value } }),
  'bad-name': (value) => secret('Bad Name', { stringData: { p: value } }),
  'bad-key': (value) => secret('key', { stringData: { 'no key!': value } }),
  annotated: (value) => ({ ...secret('annotated', { stringData: { p: value } }), metadata: meta('annotated', lastApplied(value)) }),
  immutable: (value) => secret('immutable', { immutable: true, stringData: { p: value } }),
  environment: (value) => pod(value),
  sealed: (value) => ({
    apiVersion: 'vault.example.com/v1',
    kind: 'VaultSecret',
    metadata: meta('vault'),
    spec: { data: { p: value, more: [value] } },
  }),
};
const rules = ['env', 'VaultSecret:spec.data'].map((text) => parseHideRule(text));

/** Every form of what was found, and all that was logged. */
async function everything(values: readonly [string, string]): Promise<string> {
  const written: string[] = [];
  const log = createLog((line) => void written.push(JSON.stringify(line)), 'debug');
  const files = (value: string) =>
    Object.fromEntries(Object.entries(places).map(([name, make]) => [`${name}/a.yaml`, stringify(make(value))]));
  const broken = { 'broken/a.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: broken }\nstringData:\n  p: "${values[1]}\n  x: [` };
  const reviewed = await reviewOf({ ...files(values[0]) }, { ...files(values[1]), ...broken }, { log });
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
    ...plans.flatMap((plan) => [planText(plan), planMarkdown(plan), JSON.stringify(plan)]),
  ];
}
/** The value as it stands, and its base64 wherever in a text it begins. */
function traces(value: string): string[] {
  const encoded = [0, 1, 2].map((shift) => {
    const text = base64(`${'x'.repeat(shift)}${value}`);
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + value.length) * 8) / 6));
  });
  return [value, ...encoded, encodeURIComponent(value), Buffer.from(value).toString('hex')];
}

describe('values of secrets', () => {
  const value = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/);

  it('are in no report, no log and no error, as they are or encoded', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, async (before, after) => {
        const text = await everything([`q${before}`, `z${after}`]);
        const found = [`q${before}`, `z${after}`].flatMap((one) => traces(one)).filter((trace) => text.includes(trace));
        expect(found).toEqual([]);
      }),
      { numRuns: process.env['STEER_SOAK'] === '1' ? 200 : 2 },
    );
  });
  it('are found where they are: the search itself', () => {
    for (const shift of [0, 1, 2, 3]) {
      const text = base64(`${'y'.repeat(shift)}some-secret-value and more`);
      expect(traces('some-secret-value').some((trace) => text.includes(trace))).toBe(true);
    }
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
    expect([...traces('open-sesame'), ...traces('two\nlines\n')].filter((trace) => text.includes(trace))).toEqual([]);
    expect(text).toContain('Secret default/one');
  });
  it('are told to change, and all else of their objects is told', async () => {
    const text = await everything(['first-value-0', 'other-value-1']);
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
      { 'web/a.yaml': stringify(pod('new-password')), 'more/a.yaml': stringify({ ...pod('new-password'), metadata: meta('more') }) },
    );
    const before = JSON.stringify(review);
    const cautions = [{ rule: 'x', severity: 'caution' as const, message: 'PASSWORD is new-password' }];
    const after = hideIn({ ...review, cautions }, undefined, ['env']).review;
    expect([before.includes('new-password'), JSON.stringify(after).includes('-password')]).toEqual([true, false]);
    expect(after.cautions).toEqual([{ ...cautions[0], message: 'PASSWORD is (hidden)' }]);
    expect(after.applications.map(({ plan }) => plan?.planId)).toEqual(review.applications.map(({ plan }) => plan?.planId));
  });
});
