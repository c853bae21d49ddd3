import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Replay } from '../../src/api/replay.ts';
import { tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';
import { root } from '../support/sources.ts';
import { steer } from '../support/steer.ts';

const folder = tempFolder();
let work: WorkRepository;
afterAll(() => {
  folder[Symbol.dispose]();
});

const deployment = (name: string, image: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: ${name}}}\n` +
  `  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: main, image: "example.org/${name}:${image}"}]}\n`;
const claim =
  'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n';

/** A pull request, merged. */
function merge(number: number, files: Readonly<Record<string, string | null>>): void {
  work.git('checkout', '-q', '-b', `change-${number}`);
  work.commit(files, `change ${number}`);
  work.git('checkout', '-q', 'main');
  work.git('merge', '-q', '--no-ff', '-m', `Merge pull request #${number}`, `change-${number}`);
}

beforeAll(() => {
  work = workRepository(join(folder.path, 'repo'));
  work.commit(
    { 'apps/web.yaml': deployment('web', '1'), 'apps/db.yaml': deployment('db', '1'), 'apps/data.yaml': claim, 'README.md': 'a' },
    'begin',
  );
  merge(1, { 'apps/web.yaml': deployment('web', '2') });
  merge(2, { 'apps/db.yaml': deployment('db', '1').replaceAll('app: db', 'app: database') });
  merge(3, { 'apps/data.yaml': null });
  merge(4, { 'README.md': 'b' });
});

describe('steer replay, in a clone where nothing is set up', () => {
  it('tells of each merge what it restarted, what would have been refused and which data went', async () => {
    const { code, stdout, stderr } = await steer(['replay', '-o', 'json'], { cwd: work.path });
    expect([code, stderr]).toEqual([0, '']);
    const replay = JSON.parse(stdout) as Replay;
    const shown = replay.merges.map(({ subject, restarted, refused, lost, coverage }) => ({
      subject,
      restarted: restarted.map(({ workload, worst, desired }) => `${workload.name} ${worst}/${desired}`),
      refused: refused.map(({ ref, origin }) => `${ref?.name ?? ''} ${origin?.path ?? ''}`),
      lost: lost.map(({ ref }) => ref?.name),
      judged: coverage?.judged,
    }));
    expect(shown).toEqual([
      { subject: 'Merge pull request #4', restarted: [], refused: [], lost: [], judged: undefined },
      { subject: 'Merge pull request #3', restarted: [], refused: [], lost: ['data'], judged: 1 },
      { subject: 'Merge pull request #2', restarted: [], refused: ['db apps/db.yaml'], lost: [], judged: 1 },
      { subject: 'Merge pull request #1', restarted: ['web 2/2'], refused: [], lost: [], judged: 1 },
    ]);
    expect(replay).toMatchObject({
      revision: 'main',
      steps: 'merges',
      found: ['1 folder of manifests in apps'],
      unjudged: [],
      short: 'there are no more',
    });
    const schema = JSON.parse(readFileSync(join(root, 'schemas/steersman/replay.json'), 'utf8')) as object;
    expect(new Ajv().compile(schema)(replay)).toBe(true);
  });
  it('prints text, and one page', async () => {
    const text = await steer(['replay', '--last', '2', '--plan-only'], { cwd: work.path });
    expect(text.stdout).toContain('the last 2 merges of main');
    expect(text.stdout).toContain('data     PersistentVolumeClaim default/data: ');
    const page = await steer(['replay', '--last', '1', '--plan-only', '-o', 'html'], { cwd: work.path });
    expect(page.stdout).toMatch(/^<!doctype html>[^]*Merge pull request #4[^]*<\/html>\n$/);
  });
  it('says what to do where the clone is shallow, and where there is no repository', async () => {
    const shallow = join(folder.path, 'shallow');
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${work.path}`, shallow]);
    const cut = await steer(['replay'], { cwd: shallow });
    expect([cut.code, cut.stdout.split('\n')[0]]).toEqual([
      0,
      `${shallow}: the last 0 merges of main; the clone is shallow (git fetch --unshallow brings the rest)`,
    ]);
    const none = await steer(['replay', folder.path], { cwd: work.path });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('is a folder and no Git repository, so it has no history')]);
    const wrong = await steer(['replay', '--last', 'few'], { cwd: work.path });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('--last few: must be a number from 1 to 10000')]);
  });
});
