import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { SourceLimits, SourceSpec, Sources } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { bareRepository, httpGitServer, tempFolder, workRepository, type WorkRepository } from '../support/git-servers.ts';

const signal = new AbortController().signal;
let folder: ReturnType<typeof tempFolder>;
let sources: Sources;
let work: WorkRepository;

function open(limits?: Partial<SourceLimits>): Sources {
  const base = {
    clock: realClock(),
    random: seededRandom(1),
    log: silentLog,
    directory: join(folder.path, 'data'),
    environment: process.env,
    freshMs: 0,
  };
  return openSources(limits === undefined ? base : { ...base, limits });
}
const spec = (rest: Partial<SourceSpec> = {}): SourceSpec => ({ repo: work.path, path: '', revision: 'main', intervalMs: 1000, ...rest });
const list = async (rest: Partial<SourceSpec> = {}) => (await sources.resolve(spec(rest), signal)).list(rest.path ?? '');
const refusal = { name: 'ReconcileError', reason: 'SourceRefused', retry: false };

/** A commit whose tree is written by hand: names that git itself would not make. */
function rawCommit(entries: readonly { mode: string; name: string; text: string }[]): void {
  const store = (type: string, content: Buffer) =>
    execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], { cwd: work.path, input: content }).toString().trim();
  const tree = Buffer.concat(
    entries.map(({ mode, name, text }) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(store('blob', Buffer.from(text)), 'hex')]),
    ),
  );
  const id = store('tree', tree);
  work.git('update-ref', 'refs/heads/main', work.git('commit-tree', '-m', 'x', id));
}

beforeEach(() => {
  folder = tempFolder();
  sources = open();
  work = workRepository(join(folder.path, 'work'));
});
afterEach(async () => {
  await sources.close();
  folder[Symbol.dispose]();
});

it.each(['../outside', '/etc/passwd', 'sub/../../../x'])('a link to %s is refused, with its name', async (target) => {
  rawCommit([
    { mode: '120000', name: 'link.yaml', text: target },
    { mode: '100644', name: 'ok.yaml', text: '1' },
  ]);
  await expect(list()).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining(`"link.yaml" is a symbolic link to "${target}"`) as string,
  });
});

it('a link inside the path is not followed, and a path over a link is refused', async () => {
  work.commit({ 'a/x.yaml': '1' });
  symlinkSync('a', join(work.path, 'l'));
  work.commit({});
  expect((await list()).map(({ path, special }) => [path, special])).toEqual([
    ['a/x.yaml', undefined],
    ['l', 'link'],
  ]);
  await expect(list({ path: 'l' })).rejects.toMatchObject(refusal);
  await expect((await sources.resolve(spec(), signal)).read(['l'])).rejects.toMatchObject(refusal);
});

it.each(['..', '.git', '.', '.GIT'])('a tree with an entry called %s is refused', async (name) => {
  rawCommit([{ mode: '100644', name, text: 'x' }]);
  await expect(list()).rejects.toMatchObject(refusal);
});

it('a submodule is listed as one, and nothing of it is fetched', async () => {
  work.commit({ '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::touch owned\n' });
  work.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},x`);
  work.git('commit', '-q', '-m', 'sub');
  expect((await list()).map(({ path, special }) => [path, special])).toEqual([
    ['.gitmodules', undefined],
    ['x', 'submodule'],
  ]);
});

it('a branch and files with names like options are data', async () => {
  work.commit({ '--output=owned.yaml': 'a: 1', '-n': '2', '$(touch owned)': '3', 'new\nline.yaml': '4' });
  execFileSync(
    'git',
    ['update-ref', 'refs/heads/--upload-pack=touch owned', 'HEAD'].map((arg) => arg.replace(' owned', '_owned')),
    { cwd: work.path },
  );
  expect((await list()).map((file) => file.path)).toEqual(['$(touch owned)', '--output=owned.yaml', '-n', 'new\nline.yaml']);
  const artifact = await sources.resolve(spec(), signal);
  expect((await artifact.read(['--output=owned.yaml', 'new\nline.yaml'])).map(String)).toEqual(['a: 1', '4']);
  await expect(list({ revision: '--upload-pack=touch_owned' })).rejects.toMatchObject(refusal);
  for (const name of ['owned', 'owned.yaml', '_owned']) expect(existsSync(join(work.path, name))).toBe(false);
});

it('a file over the limit is not read, and says how large it is', async () => {
  await sources.close();
  sources = open({ fileBytes: 1000 });
  work.commit({ 'big.yaml': 'x'.repeat(5000), 'small.yaml': '1' });
  const artifact = await sources.resolve(spec(), signal);
  expect((await artifact.list('')).length).toBe(2);
  await expect(artifact.read(['big.yaml'])).rejects.toMatchObject({
    ...refusal,
    message: '"big.yaml" is 4.9 KiB and the limit for a file is 1.0 KiB',
  });
});

it('too many files and too many bytes are refused, with the way out', async () => {
  await sources.close();
  sources = open({ files: 50, totalBytes: 10_000 });
  work.commit(Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`many/f${at}.yaml`, '1'])));
  work.commit({ 'large/a.yaml': 'x'.repeat(9000), 'large/b.yaml': 'x'.repeat(2000) });
  await expect(list({ path: 'many' })).rejects.toThrow(/"many" holds more than 50 files.*with the path/);
  await expect(list({ path: 'large' })).rejects.toThrow(
    /"large" holds 10\.7 KiB of files and the limit is 9\.8 KiB; the largest is "large\/a\.yaml"/,
  );
});

it('100,000 files, and a gigabyte in one, are refused without being read', async () => {
  // One blob under 100,000 names: the trees are small, what they stand for is not.
  const blob = work.git('hash-object', '-w', '--stdin', '--path', 'x');
  const lines = Array.from({ length: 100_000 }, (_, at) => `100644 blob ${blob}\tf${String(at).padStart(6, '0')}.yaml`).join('\n');
  const tree = execFileSync('git', ['mktree'], { cwd: work.path, input: `${lines}\n`, maxBuffer: 1e8 })
    .toString()
    .trim();
  work.git('update-ref', 'refs/heads/main', work.git('commit-tree', '-m', 'x', tree));
  const begun = performance.now();
  await expect(list()).rejects.toThrow(/more than 20,000 files/);
  // The header alone of a loose object that claims a gigabyte: who asks for its size reads no more, and who reads it would fail.
  const big = 'feedc0de'.repeat(5);
  mkdirSync(join(work.path, '.git/objects/fe'), { recursive: true });
  writeFileSync(join(work.path, `.git/objects/fe/${big.slice(2)}`), deflateSync(Buffer.from(`blob ${2 ** 30}\0${'x'.repeat(5000)}`)));
  const second = execFileSync('git', ['mktree'], { cwd: work.path, input: `100644 blob ${big}\thuge.yaml\n` })
    .toString()
    .trim();
  work.git('update-ref', 'refs/heads/main', work.git('commit-tree', '-m', 'x', second));
  const before = process.memoryUsage().rss;
  await expect(list()).rejects.toThrow(/1024\.0 MiB of files and the limit is 100\.0 MiB; the largest is "huge\.yaml"/);
  await expect((await sources.resolve(spec(), signal)).read(['huge.yaml'])).rejects.toMatchObject(refusal);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  expect(performance.now() - begun).toBeLessThan(60_000);
});

it('a remote that sends more than the limit is cut off', async () => {
  await sources.close();
  sources = open({ totalBytes: 3 * 2 ** 20 });
  bareRepository(join(folder.path, 'repos/app.git'));
  await using server = await httpGitServer(join(folder.path, 'repos'));
  const noise = seededRandom(5).bytes(12 * 2 ** 20);
  writeFileSync(join(work.path, 'noise.yaml'), noise);
  work.commit({ 'ok/x.yaml': '1' });
  await work.run('push', '-q', server.url('app'), 'main');
  await expect(sources.resolve(spec({ repo: server.url('app') }), signal).then((artifact) => artifact.list(''))).rejects.toMatchObject({
    reason: 'SourceRefused',
  });
  expect((await list({ repo: server.url('app'), path: 'ok' })).map((file) => file.path)).toEqual(['ok/x.yaml']);
});

it('what a terminal would obey is printed as text', async () => {
  work.commit({ '\u001b[31mred/x.yaml': '1' }, 'subject \u001b]0;owned\u0007');
  const artifact = await sources.resolve(spec(), signal);
  expect(artifact.subject).toBe('subject \\u001b]0;owned\\u0007');
  const error: unknown = await artifact.list('\u001b[2J').catch((thrown: unknown) => thrown);
  expect((error as Error).message).not.toMatch(/\u001b/);
});

it('a repository does not run its own configuration or hooks', async () => {
  work.commit({ x: '1' });
  work.git('config', 'core.fsmonitor', `touch ${join(folder.path, 'owned')}`);
  work.git('config', 'core.sshCommand', `touch ${join(folder.path, 'owned')}`);
  work.git('config', 'core.pager', `touch ${join(folder.path, 'owned')}`);
  await list();
  await expect(list({ revision: 'nope' })).rejects.toMatchObject({ reason: 'RevisionNotFound' });
  expect(existsSync(join(folder.path, 'owned'))).toBe(false);
});
