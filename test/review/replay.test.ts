import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../src/api/forecast.ts';
import type { PlanStep } from '../../src/api/plan.ts';
import type { ApplicationReview, Caution, Review } from '../../src/api/review.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import type { SourceCommit } from '../../src/gitops/source.ts';
import { createRenderers } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { replayedMerge, type Judged } from '../../src/review/replayed-merge.ts';
import { lookedAt, replay, stepsOf } from '../../src/review/replay.ts';
import { reviewRevisions } from '../../src/review/review.ts';
import { builtInKinds } from '../support/api-server.ts';

const commit = (id: string, ...parents: string[]): SourceCommit => ({
  commit: id,
  parents,
  author: 'A <a@example.org>',
  subject: id,
  committedAt: '2026-01-01T00:00:00Z',
});

describe('the steps of a branch', () => {
  const merged = [commit('d', 'c', 'x'), commit('c', 'b'), commit('b', 'a', 'y'), commit('a')];
  const straight = [commit('c', 'b'), commit('b', 'a'), commit('a')];
  const shallow = [commit('c', 'b'), commit('b', 'a')];

  it.each([
    ['merges, where it has them', { history: merged, last: 2 }, { steps: 'merges', commits: ['d', 'b'] }],
    ['commits, where it has none', { history: straight, last: 1 }, { steps: 'commits', commits: ['c'] }],
    ['commits, where that is asked for', { history: merged, last: 2, by: 'commits' as const }, { steps: 'commits', commits: ['d', 'c'] }],
    ['as many as there are', { history: straight, last: 9 }, { steps: 'commits', commits: ['c', 'b'], short: 'there are no more' }],
    [
      'those whose parent is there, of a clone that was cut off',
      { history: shallow, last: 9 },
      { steps: 'commits', commits: ['c'], short: 'the clone is shallow (git fetch --unshallow brings the rest)' },
    ],
  ])('are %s', (_, asked: { history: readonly SourceCommit[]; last: number; by?: 'commits' }, wanted) => {
    const { commits, ...rest } = stepsOf(asked.history, asked.last, asked.by);
    expect({ ...rest, commits: commits.map((one) => one.commit) }).toEqual(wanted);
  });
  it('need more history than there are merges', () => {
    expect([lookedAt(1), lookedAt(50)]).toEqual([200, 1000]);
  });
});

const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const key = { namespace: 'default', name: 'shop' };
const step = (action: PlanStep['action'], more: Partial<PlanStep> = {}): PlanStep => ({
  ...{ action, ref: web, phase: 'Sync', wave: 0, patch: [], uid: '', digest: '', basis: 'dryRun' },
  ...more,
});
const application = (steps: readonly PlanStep[], more: Partial<ApplicationReview> = {}): ApplicationReview => ({
  ...{ application: key, form: 'Folder', path: 'apps/shop', change: 'changed', hidden: [], moves: [] },
  plan: { steps } as unknown as NonNullable<ApplicationReview['plan']>,
  ...more,
});
const judged = (applications: readonly ApplicationReview[], cautions: readonly Caution[] = [], more: Partial<Judged> = {}): Judged => ({
  review: { applications, cautions } as unknown as Review,
  touched: new Set(['apps/shop/web.yaml']),
  stood: () => new Set(),
  ...more,
});
const caution = (rule: string, more: Partial<Caution> = {}): Caution => ({ rule, severity: 'caution', message: `${rule}!`, ...more });

describe('a merge, replayed', () => {
  const of = (one: Judged) => replayedMerge(commit('b', 'a'), one);

  it('counts what it does to objects', () => {
    const steps = [step('create'), step('configure'), step('configure'), step('prune'), step('unchanged')];
    expect(of(judged([application(steps)]))).toMatchObject({
      applications: ['shop'],
      create: 1,
      update: 2,
      replace: 0,
      delete: 1,
      base: 'a',
      commit: 'b',
    });
  });
  it('calls no object new that stood there in a version which is not served any more', () => {
    expect(of(judged([application([step('create')])], [], { stood: () => new Set(['apps/Deployment shop/web']) }))).toMatchObject({
      create: 0,
      update: 1,
    });
  });
  it('sorts what was found by what a person asks', () => {
    const all = ['deletes-data', 'immutable-field', 'selects-nothing', 'privileged'].map((rule) => caution(rule));
    const { lost, refused, unseen, noted } = of(judged([application([step('configure')])], all));
    expect([lost, refused, unseen, noted].map((facts) => facts.map(({ rule }) => rule))).toEqual([
      ['deletes-data'],
      ['immutable-field'],
      ['selects-nothing'],
      ['privileged'],
    ]);
  });
  it('tells once what is so in several clusters', () => {
    const { lost } = of(judged([], [caution('deletes-data', { ref: web }), caution('deletes-data', { ref: web })]));
    expect(lost).toEqual([{ rule: 'deletes-data', ref: web, message: 'deletes-data!', count: 2 }]);
  });
  it('tells that an application changes whose folder the text does not touch', () => {
    const { unseen } = of(judged([application([step('configure')])], [], { touched: new Set(['base/web.yaml']) }));
    expect(unseen.map(({ message }) => message)).toEqual([
      'shop changes, and no file in its own folder was touched (through base/web.yaml)',
    ]);
  });
  it('tells that a text touches objects that do not change', () => {
    const still = application([], { change: 'unchanged', hidden: [{ rule: 'map order', count: 2 }] });
    expect(of(judged([still])).unseen.map(({ message }) => message)).toEqual([
      'its text touches 2 objects (map order), and none of them changes',
    ]);
  });
  it('takes what does not pass validation as refused, and what cannot be rendered as not judged', () => {
    const failure = (stage: 'render' | 'validate') => ({
      stage,
      message: 'no',
      problems: [{ path: 'a.yaml', line: 2, column: 1, message: 'unknown field' }],
    });
    const { plan: _, ...failed } = application([], { change: 'failed' });
    const merge = of(
      judged([
        { ...failed, failure: failure('validate') },
        { ...failed, application: { ...key, name: 'other' }, failure: failure('render') },
      ]),
    );
    expect([merge.refused, merge.unjudged]).toEqual([
      [{ rule: 'refused', application: key, message: 'unknown field', origin: { path: 'a.yaml', line: 2 } }],
      ['other'],
    ]);
  });
  it('tells what restarts, why, and how few pods were left', () => {
    const forecast = {
      coverage: { changed: 1, judged: 1, notJudged: [] },
      findings: [caution('outage', { ref: web })],
      rollouts: [
        {
          workload: web,
          kind: 'restarts',
          because: [{ what: 'ConfigMap', name: 'conf' }],
          worst: { available: 1, atMs: 0 },
          desired: 2,
          startMs: 0,
          endMs: 9000,
        },
        { workload: { ...web, name: 'new' }, kind: 'starts', because: [], worst: { available: 0, atMs: 0 }, desired: 1, startMs: 0 },
      ],
    } as unknown as Forecast;
    const { restarted, unseen, coverage } = of(judged([application([step('configure')])], [], { forecast }));
    expect(restarted).toEqual([{ workload: web, because: ['ConfigMap conf'], worst: 1, desired: 2, tookMs: 9000 }]);
    expect(unseen.map(({ rule }) => rule)).toEqual(['restarts-by-what-it-reads', 'outage']);
    expect(coverage).toEqual({ changed: 1, judged: 1 });
  });
});

describe('a replay', () => {
  const deployment = (image: string, selector = 'web') =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: ${selector}}}\n` +
    `  template:\n    metadata: {labels: {app: ${selector}}}\n    spec: {containers: [{name: web, image: "example.org/web:${image}"}]}\n`;
  const claim =
    'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n';

  async function of(commits: readonly Readonly<Record<string, string | null>>[], last = 50) {
    const clock = new SimulatedClock();
    const sources = new MemorySource(clock);
    for (const [at, files] of commits.entries()) sources.commit('repo', files, { message: `change ${at}` });
    const { signal } = new AbortController();
    const source = { repo: 'repo', path: '', revision: 'main', intervalMs: 1000 };
    const history = await sources.history(source, lookedAt(last), signal);
    const around = {
      clock,
      random: seededRandom(1),
      log: silentLog,
      version: '0',
      kinds: builtInKinds(),
      sources,
      renderers: createRenderers(),
      signal,
    };
    const said: string[] = [];
    const told = await replay({
      ...{ clock, repo: 'repo', revision: 'main', steps: stepsOf(history, last) },
      review: async (from, revision) => ({
        reviewed: await reviewRevisions({ ...around, source: { ...source, revision }, from, unserved: 'skip' }),
        touched: new Set(['web/web.yaml']),
      }),
      forecast: () => Promise.resolve(undefined),
      progress: (done, { subject }) => void said.push(`${done} ${subject}`),
    });
    return { told, said };
  }

  it('tells of each commit what the server refuses and which data goes', async () => {
    const { told, said } = await of([
      { 'web/web.yaml': deployment('1'), 'web/data.yaml': claim },
      { 'web/web.yaml': deployment('2') },
      { 'web/web.yaml': deployment('2', 'other') },
      { 'web/data.yaml': null },
      { 'web/web.yaml': `# as it was\n${deployment('2', 'other')}` },
    ]);
    const shown = told.merges.map(({ subject, update, refused, lost }) => [
      subject,
      update,
      refused.map(({ rule }) => rule),
      lost.map(({ ref }) => ref?.name),
    ]);
    expect(shown).toEqual([
      ['change 4', 0, [], []],
      ['change 3', 0, [], ['data']],
      ['change 2', 0, ['immutable-field'], []],
      ['change 1', 1, [], []],
    ]);
    expect([told.steps, told.found, said.length]).toEqual(['commits', ['1 folder of manifests in web'], 4]);
  });
  it('tells once what keeps an application from being judged, and does not lay it on later commits', async () => {
    const { told } = await of([
      { 'web/web.yaml': deployment('1'), 'web/other.yaml': claim },
      { 'web/other.yaml': claim.replace('accessModes', 'accesModes') },
      { 'web/web.yaml': deployment('2') },
    ]);
    expect(told.merges.map(({ subject, refused, unjudged }) => [subject, refused.length, unjudged])).toEqual([
      ['change 2', 0, ['web']],
      ['change 1', 1, []],
    ]);
  });
});
