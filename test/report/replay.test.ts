import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { Replay, ReplayedMerge } from '../../src/api/replay.ts';
import { replayHtml } from '../../src/report/replay-html.ts';
import { replayText } from '../../src/report/replay-text.ts';
import { root } from '../support/sources.ts';

const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const quiet: ReplayedMerge = {
  ...{
    commit: 'c'.repeat(40),
    base: 'b'.repeat(40),
    subject: 'only words',
    author: 'Ann <ann@example.org>',
    committedAt: '2026-01-02T03:04:05Z',
  },
  ...{ applications: [], create: 0, update: 0, replace: 0, delete: 0, hidden: 0 },
  ...{ restarted: [], refused: [], lost: [], unseen: [], noted: [], unjudged: [] },
};
const telling: ReplayedMerge = {
  ...quiet,
  ...{
    commit: 'a'.repeat(40),
    subject: 'new <b>image</b> \u001b[31m',
    applications: ['shop'],
    update: 1,
    committedAt: '2026-02-02T03:04:05Z',
  },
  restarted: [{ workload: web, because: ['spec.template.spec.containers[web].image'], worst: 1, desired: 2, tookMs: 24_000 }],
  refused: [
    {
      rule: 'immutable-field',
      ref: { ...web, name: 'db' },
      message: 'is refused: spec.selector is immutable',
      origin: { path: 'db.yaml', line: 7 },
    },
  ],
  lost: [
    { rule: 'deletes-data', ref: { ...web, group: '', kind: 'PersistentVolumeClaim', name: 'data' }, message: 'is deleted', count: 2 },
  ],
  unseen: [{ rule: 'from-afar', message: 'shop changes, and no file in its own folder was touched' }],
  coverage: { changed: 1, judged: 1 },
};
const replay: Replay = {
  ...{ apiVersion: 'steersman.dev/v1', kind: 'Replay', repo: '/work/fleet', revision: 'main', steps: 'merges', judgedBy: 'embedded 1.35' },
  merges: [telling, quiet],
  found: ['1 folder of manifests in shop'],
  notUnderstood: [{ path: 'app.yaml', line: 3, message: 'clusters are not known' }],
  unjudged: [{ message: 'kustomize is not on the PATH', applications: ['default/other'], merges: 2 }],
  standing: [{ fact: { rule: 'selects-nothing', ref: web, message: 'selects nothing' }, merges: 2 }],
  short: 'there are no more',
  tookMs: 1500,
};

describe('a replay', () => {
  it('as text tells the sum, then each merge that did something', () => {
    expect(replayText(replay)).toBe(
      `/work/fleet: the last 2 merges of main, 2026-01-02 to 2026-02-02; there are no more
  1 folder of manifests in shop

  1 of 2 merges restarted 1 workload in all
  the server would have refused something of 1
  1 deleted data
  1 did something that the diff does not show
  1 changed nothing that runs

  not judged at 2 merges: default/other
    kustomize is not on the PATH

  so for longer, and told below only where it is first seen:
    apps/Deployment shop/web: selects nothing (at 2 merges)

aaaaaaa new <b>image</b> \\x1b[31m  2026-02-02 Ann
  shop: 1 update
  refused  apps/Deployment shop/db: is refused: spec.selector is immutable  db.yaml:7
  data     PersistentVolumeClaim shop/data: is deleted (in 2 applications)
  restarts apps/Deployment shop/web (containers[web].image), 1 of 2 available at worst, 24 s
  unseen   shop changes, and no file in its own folder was touched

changed nothing that runs: ccccccc

1 thing in the newest not understood or taken as written; -o html lists them

judged by embedded 1.35, without a cluster, in 2 s; one in whole: steer plan --from bbbbbbbbbbbb --to aaaaaaaaaaaa --forecast
`.replaceAll('apps/Deployment', title()),
    );
  });
  it('claims no more than could be judged', () => {
    const partly = { ...quiet, commit: 'd'.repeat(40), unjudged: ['other'] };
    const idle = {
      ...quiet,
      commit: 'e'.repeat(40),
      unseen: [{ rule: 'no-effect', message: 'its text touches 1 object (version), and none of them changes' }],
    };
    const text = replayText({ ...replay, merges: [partly, idle], unjudged: [], standing: [] });
    expect(text.split('\n').slice(3, 9)).toEqual([
      '  no merge restarted anything',
      '  the server would have refused none',
      '  none deleted data',
      '  none did what its diff does not show',
      '  1 touched objects and changed none of them',
      '  1 could be judged in part only, and may have done more',
    ]);
    const lineAfter = (commit: string) => text.split('\n')[text.split('\n').findIndex((line) => line.startsWith(commit)) + 1];
    expect([lineAfter('ddddddd'), lineAfter('eeeeeee')]).toEqual([
      '  no application changes that could be judged',
      '  no application changes',
    ]);
  });
  it('of a branch without history says so', () => {
    expect(replayText({ ...replay, merges: [], unjudged: [], standing: [], notUnderstood: [] }).split('\n')[0]).toBe(
      '/work/fleet: the last 0 merges of main; there are no more',
    );
  });
  it('as a page needs nothing from elsewhere, and nothing of the repository is markup', () => {
    const page = replayHtml(replay, { version: '1' });
    expect(page).not.toMatch(/<b>image|\u001b|<link|src=|href=/);
    expect(page).toContain('new &#60;b&#62;image&#60;/b&#62;');
    for (const word of [
      'spec.selector is immutable',
      'db.yaml:7',
      'kustomize is not on the PATH',
      'clusters are not known',
      'only words',
      'selects nothing',
    ])
      expect(page).toContain(word);
  });
  it('as JSON is what the published schema says', () => {
    const schema = JSON.parse(readFileSync(join(root, 'schemas/steersman/replay.json'), 'utf8')) as object;
    const check = new Ajv({ allErrors: true }).compile(schema);
    expect([check(JSON.parse(JSON.stringify(replay))), check.errors ?? []]).toEqual([true, []]);
    expect(check({ ...replay, more: 1 })).toBe(false);
  });
});

/** As all reports name the kind. */
function title(): string {
  const line =
    replayText(replay)
      .split('\n')
      .find((one) => one.startsWith('  restarts')) ?? '';
  return line.split(' ').find((word) => word.endsWith('Deployment')) ?? '';
}
