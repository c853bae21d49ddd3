import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createImportCache, findApplications } from '../../src/gitops/find-applications.ts';
import { Kept } from '../../src/gitops/rendering/kept.ts';
import type { Artifact } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { TreeMemory } from '../../src/gitops/tree-memory.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';

const clock = realClock();
const signal = new AbortController().signal;
const secret = 'c3VyZWx5LW5vYm9keS1rbm93cw';
const files = {
  'a/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: one}\n',
  'b/kustomization.yaml': 'resources: [secret.yaml]\nnamespace: shop\n',
  'b/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: ${secret}\n`,
  'apps/b.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: b, namespace: argocd}\nspec:\n  project: default\n  source: {repoURL: 'https://git.example/x.git', path: b, helm: {values: "password: ${secret}"}}\n  destination: {namespace: shop}\n`,
};

/** One process: finds the applications of the head, and answers which files it read. */
async function look(repo: string, kept: string): Promise<{ read: string[]; found: string[]; listed: number }> {
  const contents = createImportCache();
  const memory = new TreeMemory(new Kept({ clock, directory: kept }), contents);
  const around = { clock, random: seededRandom(1), log: silentLog, environment: process.env };
  const sources = openSources({ ...around, directory: join(kept, '..', 'git'), memoryOf: (folder) => memory.of(folder) });
  const read: string[] = [];
  try {
    const artifact = await sources.resolve({ repo, path: '', revision: 'HEAD', intervalMs: 30_000 }, signal);
    const told: Artifact = { ...artifact, read: (paths) => (read.push(...paths), artifact.read(paths)) };
    const { applications } = await findApplications(told, '', signal, { cache: contents });
    return {
      read,
      found: applications.map(({ application, path }) => `${application.name} ${path}`),
      listed: (await told.list('')).length,
    };
  } finally {
    await sources.close();
    await memory.save();
  }
}
const only = (kept: string): string => join(kept, readdirSync(kept)[0] as string);

describe('what is remembered of a repository', () => {
  it('is what another process found, so that only what is new is read, and what defines applications', async () => {
    using folder = tempFolder();
    const [repo, kept] = [workRepository(join(folder.path, 'repo')), join(folder.path, 'kept')];
    repo.commit(files);
    const first = await look(repo.path, kept);
    expect(first).toEqual({ read: Object.keys(files).sort((a, b) => (a < b ? -1 : 1)), found: ['b b'], listed: 4 });
    expect(await look(repo.path, kept)).toEqual({ ...first, read: ['apps/b.yaml'] });
    repo.commit({ 'a/more.yaml': files['a/web.yaml'].replace('web', 'more'), 'b/kustomization.yaml': null });
    expect(await look(repo.path, kept)).toEqual({ read: ['a/more.yaml', 'apps/b.yaml'], found: ['b b'], listed: 4 });
  });

  it('holds no value of an object, and only its user can read it', async () => {
    using folder = tempFolder();
    const [repo, kept] = [workRepository(join(folder.path, 'repo')), join(folder.path, 'kept')];
    repo.commit(files);
    await look(repo.path, kept);
    const text = JSON.stringify(await new Kept({ clock, directory: kept }).read(JSON.stringify(['trees 2', join(repo.path, '.git')])));
    expect(text).toContain('"Secret"');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('password');
    expect(statSync(only(kept)).mode & 0o777).toBe(0o600);
    expect(statSync(kept).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['altered', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 60), Buffer.from('x'), bytes.subarray(61)])],
  ])('is none where its file is %s, and is written anew', async (_how, broken) => {
    using folder = tempFolder();
    const [repo, kept] = [workRepository(join(folder.path, 'repo')), join(folder.path, 'kept')];
    repo.commit(files);
    const first = await look(repo.path, kept);
    writeFileSync(only(kept), broken(readFileSync(only(kept))));
    expect(await look(repo.path, kept)).toEqual(first);
    expect(await look(repo.path, kept)).toEqual({ ...first, read: ['apps/b.yaml'] });
  });
});
