import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { createLog, type LogLine } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { SourceSpec, Sources } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { ReconcileError } from '../../src/reconcile/controller.ts';
import {
  bareRepository,
  hasSshd,
  httpGitServer,
  makeCertificates,
  sshGitServer,
  tempFolder,
  workRepository,
  type WorkRepository,
} from '../support/git-servers.ts';

const signal = new AbortController().signal;
const utf8 = (bytes: readonly Uint8Array[]) => bytes.map((one) => Buffer.from(one).toString());

let folder: ReturnType<typeof tempFolder>;
let sources: Sources;
let log: LogLine[];
let work: WorkRepository;

function open(): Sources {
  return openSources({
    clock: realClock(),
    random: seededRandom(1),
    log: createLog((line) => log.push(line), 'debug'),
    directory: join(folder.path, 'data'),
    environment: process.env,
    freshMs: 0,
  });
}
const spec = (repo: string, rest: Partial<SourceSpec> = {}): SourceSpec => ({ repo, path: '', revision: 'main', intervalMs: 200, ...rest });
async function failure(promise: Promise<unknown>): Promise<{ reason: string; message: string; retry: boolean }> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ReconcileError)) throw new Error(`no ReconcileError but ${String(error)}`);
  return { reason: error.reason, message: error.message, retry: error.retry };
}
async function until(done: () => boolean, limitMs = 5000): Promise<number> {
  const begun = performance.now();
  while (!done()) {
    if (performance.now() - begun > limitMs) throw new Error(`it did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - begun;
}

beforeEach(() => {
  folder = tempFolder();
  log = [];
  sources = open();
  work = workRepository(join(folder.path, 'work'));
});
afterEach(async () => {
  await sources.close();
  folder[Symbol.dispose]();
});

describe('a repository on this machine', () => {
  it('is read in place: files, author and digest of the commit', async () => {
    const id = work.commit({ 'apps/web.yaml': 'kind: A\n', 'apps/sub/x.yml': 'kind: B\n', 'README.md': 'x' }, 'first\n\nmore');
    const artifact = await sources.resolve(spec(work.path, { path: './apps/' }), signal);
    expect(artifact).toMatchObject({ revision: `main@sha1:${id}`, commit: id, author: 'Ada <ada@example.org>', subject: 'first' });
    const files = await artifact.list('apps');
    expect(files).toEqual([
      { path: 'apps/sub/x.yml', digest: work.git('rev-parse', 'HEAD:apps/sub/x.yml'), sizeBytes: 8 },
      { path: 'apps/web.yaml', digest: work.git('rev-parse', 'HEAD:apps/web.yaml'), sizeBytes: 8 },
    ]);
    expect(utf8(await artifact.read(['apps/web.yaml', 'apps/sub/x.yml']))).toEqual(['kind: A\n', 'kind: B\n']);
    expect(await artifact.digest('apps')).toBe(work.git('rev-parse', 'HEAD:apps'));
  });

  it('keeps the digest of a path over a commit that does not touch it', async () => {
    work.commit({ 'a/x.yaml': '1', 'b/x.yaml': '1' });
    const before = await sources.resolve(spec(work.path), signal);
    work.commit({ 'b/x.yaml': '2' });
    const after = await sources.resolve(spec(work.path), signal);
    expect(await after.digest('a')).toBe(await before.digest('a'));
    expect(await after.digest('b')).not.toBe(await before.digest('b'));
    expect(utf8(await before.read(['b/x.yaml']))).toEqual(['1']);
  });

  it('resolves branches, tags, ranges, commits and steps back from them', async () => {
    const one = work.commit({ x: '1' });
    work.git('tag', 'v1.0.0');
    const two = work.commit({ x: '2' });
    work.git('tag', '-a', '-m', 'signed off', 'v1.4.0');
    work.git('branch', 'release/next');
    const three = work.commit({ x: '3' });
    work.git('tag', 'v2.0.0-rc.1');
    const found = async (revision: string) => (await sources.resolve(spec(work.path, { revision }), signal)).revision;
    expect(await found('')).toBe(`main@sha1:${three}`);
    expect(await found('main~1')).toBe(`main~1@sha1:${two}`);
    expect(await found('release/next')).toBe(`release/next@sha1:${two}`);
    expect(await found('v1.4.0')).toBe(`v1.4.0@sha1:${two}`);
    expect(await found('^1.0')).toBe(`v1.4.0@sha1:${two}`);
    expect(await found('<1.4')).toBe(`v1.0.0@sha1:${one}`);
    expect(await found('>=2.0.0-0')).toBe(`v2.0.0-rc.1@sha1:${three}`);
    expect(await found(one)).toBe(`sha1:${one}`);
    expect(await found(one.slice(0, 8))).toBe(`sha1:${one}`);
    expect(await found('refs/heads/main')).toBe(`refs/heads/main@sha1:${three}`);
  });

  it('resolves A...B to the commit at which the two parted', async () => {
    const one = work.commit({ x: '1' });
    work.git('checkout', '-q', '-b', 'feature');
    work.commit({ y: '1' });
    work.git('checkout', '-q', 'main');
    work.commit({ x: '2' });
    for (const revision of ['main...feature', '...feature', 'feature...']) {
      expect((await sources.resolve(spec(work.path, { revision }), signal)).commit).toBe(one);
    }
    work.git('checkout', '-q', '--orphan', 'other');
    work.commit({ z: '1' });
    const none = await failure(sources.resolve(spec(work.path, { revision: 'main...other' }), signal));
    expect([none.reason, none.message]).toEqual(['RevisionNotFound', expect.stringContaining('no commit in common')]);
  });

  it('says what exists near a revision that does not', async () => {
    work.commit({ x: '1' });
    work.git('branch', 'production');
    expect(await failure(sources.resolve(spec(work.path, { revision: 'prodution' }), signal))).toEqual({
      reason: 'RevisionNotFound',
      message: `"${work.path}" has no branch, tag or commit "prodution"; did you mean "production"?`,
      retry: true,
    });
    expect((await failure(sources.resolve(spec(work.path, { revision: '>=9' }), signal))).message).toMatch(
      /no tag in the range ">=9"; it has "main", "production"/,
    );
    expect((await failure((await sources.resolve(spec(work.path), signal)).list('apps'))).reason).toBe('PathNotFound');
  });

  it('says that a repository without commits has none', async () => {
    expect((await failure(sources.resolve(spec(work.path, { revision: '' }), signal))).message).toContain('no commits yet');
  });

  it('finds an old tree again by its commit', async () => {
    const one = work.commit({ x: '1' });
    work.commit({ x: '2' });
    expect(utf8(await (await sources.at(spec(work.path), one, signal)).read(['x']))).toEqual(['1']);
    expect((await failure(sources.at(spec(work.path), 'f'.repeat(40), signal))).reason).toBe('RevisionNotFound');
  });

  it('hears of a commit within 200 ms, without polling', async () => {
    work.commit({ x: '1' });
    let told = 0;
    using watch = sources.watch(spec(work.path, { intervalMs: 3_600_000 }), () => told++);
    await until(() => told > 0);
    expect(watch.how).toBe('watching refs');
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let round = 0; round < 3; round++) {
      told = 0;
      work.commit({ x: `round ${round}` });
      expect(await until(() => told > 0)).toBeLessThan(200);
    }
  });

  it('hears of a new tag, a packed ref and a branch of a worktree', async () => {
    work.commit({ x: '1' });
    const tree = join(folder.path, 'tree');
    work.git('worktree', 'add', '-q', '-b', 'side', tree);
    let told = 0;
    using watch = sources.watch(spec(tree, { revision: '', intervalMs: 3_600_000 }), () => told++);
    await until(() => told > 0);
    expect(watch.how).toBe('watching refs');
    expect((await sources.resolve(spec(tree, { revision: '' }), signal)).revision).toMatch(/^side@/);
    for (const args of [
      ['tag', 'v9'],
      ['pack-refs', '--all'],
      ['-C', tree, 'commit', '-q', '--allow-empty', '-m', 'x'],
      ['branch', 'deep/er/name'],
    ]) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      told = 0;
      work.git(...args);
      await until(() => told > 0, 1000);
    }
    expect((await sources.resolve(spec(tree, { revision: 'v9' }), signal)).revision).toMatch(/^v9@/);
  });

  it('says so when it vanishes, and takes another one at the same path', async () => {
    work.commit({ x: '1' });
    await sources.resolve(spec(work.path), signal);
    renameSync(work.path, `${work.path}.away`);
    expect((await failure(sources.resolve(spec(work.path), signal))).reason).toBe('FetchFailed');
    const other = workRepository(work.path).commit({ y: 'other' });
    expect((await sources.resolve(spec(work.path), signal)).commit).toBe(other);
  });

  it('is watched again when another one took its place', async () => {
    work.commit({ x: '1' });
    let told = 0;
    using watch = sources.watch(spec(work.path, { intervalMs: 3_600_000 }), () => told++);
    await until(() => told > 0);
    await sources.resolve(spec(work.path), signal);
    renameSync(work.path, `${work.path}.away`);
    const other = workRepository(work.path);
    other.commit({ y: '1' });
    await sources.resolve(spec(work.path), signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    told = 0;
    other.commit({ y: '2' });
    await until(() => told > 0, 2000);
    expect(watch.how).toBe('watching refs');
  });

  it('is read on after git was killed', async () => {
    const id = work.commit({ x: '1' });
    const artifact = await sources.resolve(spec(work.path), signal);
    await artifact.list('');
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]).toString();
    const pids = children
      .split('\n')
      .filter((line) => line.includes('cat-file'))
      .map((line) => Number.parseInt(line, 10));
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect((await sources.resolve(spec(work.path), signal)).commit).toBe(id);
    expect(utf8(await artifact.read(['x']))).toEqual(['1']);
  });

  it('cannot be read without git, and says so', async () => {
    work.commit({ x: '1' });
    await sources.close();
    const base = { clock: realClock(), random: seededRandom(1), log: createLog(() => undefined), directory: join(folder.path, 'data') };
    sources = openSources({ ...base, environment: { PATH: '/nowhere' } });
    expect((await failure(sources.resolve(spec(work.path), signal))).message).toContain('git is not installed, or not on the PATH');
  });

  it('is read when it is bare and named by a file URL', async () => {
    const id = work.commit({ x: '1' });
    const bare = bareRepository(join(folder.path, 'bare.git'));
    work.git('push', '-q', bare, 'main');
    expect((await sources.resolve(spec(`file://${bare}`, { revision: '' }), signal)).revision).toBe(`main@sha1:${id}`);
  });

  it('gives a folder to a program that needs one, and takes it away', async () => {
    work.commit({ 'a/b/x.yaml': '1', 'c.yaml': '2' });
    const artifact = await sources.resolve(spec(work.path), signal);
    const { readdirSync, existsSync } = await import('node:fs');
    const dir = await artifact.materialise('a', (at) => {
      expect(readdirSync(at, { recursive: true }).sort()).toEqual(['b', 'b/x.yaml']);
      return Promise.resolve(at);
    });
    expect(existsSync(dir)).toBe(false);
  });
});

describe('a repository behind http', () => {
  it('is mirrored: a push, a new tag, a moved tag and branch, and a removed branch are seen', async () => {
    const bare = bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await httpGitServer(join(folder.path, 'repos'));
    const url = server.url('app');
    const one = work.commit({ 'a/x.yaml': '1' });
    await work.run('push', '-q', url, 'main');
    expect((await sources.resolve(spec(url, { revision: '' }), signal)).revision).toBe(`main@sha1:${one}`);
    const two = work.commit({ 'a/x.yaml': '2' });
    work.git('tag', 'v1.0.0');
    await work.run('push', '-q', url, 'main', 'v1.0.0');
    const artifact = await sources.resolve(spec(url, { revision: '1.x' }), signal);
    expect(artifact.revision).toBe(`v1.0.0@sha1:${two}`);
    expect(utf8(await artifact.read(['a/x.yaml']))).toEqual(['2']);
    await work.run('push', '-q', '--force', url, `${one}:refs/heads/main`, `${one}:refs/tags/v1.0.0`, `${two}:refs/heads/gone`);
    expect((await sources.resolve(spec(url), signal)).commit).toBe(one);
    expect((await sources.resolve(spec(url, { revision: 'v1.0.0' }), signal)).commit).toBe(one);
    await work.run('push', '-q', url, ':gone');
    expect((await failure(sources.resolve(spec(url, { revision: 'gone' }), signal))).reason).toBe('RevisionNotFound');
    expect((await sources.resolve(spec(url, { revision: two }), signal)).commit).toBe(two);
    rmSync(bare, { recursive: true });
  });

  it('reads what it has resolved when the repository has vanished, and says that it vanished', async () => {
    const bare = bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await httpGitServer(join(folder.path, 'repos'));
    const commit = work.commit({ 'a/x.yaml': 'text', 'b/y.yaml': 'other' });
    await work.run('push', '-q', server.url('app'), 'main');
    const artifact = await sources.resolve(spec(server.url('app'), { path: 'a' }), signal);
    rmSync(bare, { recursive: true });
    expect((await artifact.list('a')).map((file) => file.path)).toEqual(['a/x.yaml']);
    expect(utf8(await artifact.read(['a/x.yaml']))).toEqual(['text']);
    const again = await failure(sources.resolve(spec(server.url('app'), { path: 'a' }), signal));
    expect(again).toMatchObject({ reason: 'FetchFailed', retry: true });
    expect(again.message).toContain('there is no repository at this address');
    await sources.close();
    sources = open();
    expect(utf8(await (await sources.at(spec(server.url('app'), { path: 'a' }), commit, signal)).read(['a/x.yaml']))).toEqual(['text']);
  });

  it('says that a token is wrong or missing, and never prints it', async () => {
    bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await httpGitServer(join(folder.path, 'repos'), { password: 'right-token' });
    work.commit({ x: '1' });
    const url = server.url('app');
    await work.run('push', '-q', url.replace('//', '//git:right-token@'), 'main');
    const good = spec(url, { credentials: { token: 'right-token' } });
    expect((await sources.resolve(good, signal)).subject).toBe('change');
    expect((await sources.resolve(spec(url.replace('//', '//git:right-token@')), signal)).subject).toBe('change');
    const wrong = await failure(sources.resolve(spec(url, { credentials: { token: 'wrong-token-9' } }), signal));
    expect(wrong.reason).toBe('AuthenticationFailed');
    const inUrl = await failure(sources.resolve(spec(url.replace('//', '//git:wrong-token-9@')), signal));
    const none = await failure(sources.resolve(spec(url), signal));
    expect(none).toEqual({ reason: 'AuthenticationFailed', message: `"${url}": it asks for credentials, and none are given`, retry: true });
    const said = JSON.stringify([wrong, inUrl, none, log]);
    for (const secret of ['wrong-token-9', 'right-token', Buffer.from('git:wrong-token-9').toString('base64')])
      expect(said).not.toContain(secret);
  });

  it('is polled with the interval, and asked once for many', async () => {
    bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await httpGitServer(join(folder.path, 'repos'));
    work.commit({ x: '1' });
    await work.run('push', '-q', server.url('app'), 'main');
    await sources.resolve(spec(server.url('app')), signal);
    let told = 0;
    using watch = sources.watch(spec(server.url('app')), () => told++);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect({ told, how: watch.how }).toEqual({ told: 0, how: 'polling every 200ms' });
    work.commit({ x: '2' });
    await work.run('push', '-q', server.url('app'), 'main');
    await until(() => told > 0, 3000);
    const before = server.requests.length;
    await Promise.all(Array.from({ length: 20 }, () => sources.resolve(spec(server.url('app')), signal)));
    expect(server.requests.length - before).toBeLessThan(12);
  });

  it('is fetched on after a fetch was killed and left a lock behind', async () => {
    bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await httpGitServer(join(folder.path, 'repos'));
    work.commit({ x: '1' });
    await work.run('push', '-q', server.url('app'), 'main');
    await sources.resolve(spec(server.url('app')), signal);
    const [mirror] = readdirSync(join(folder.path, 'data/mirrors'));
    const lock = join(folder.path, 'data/mirrors', mirror as string, 'refs/heads/main.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    const id = work.commit({ x: '2' });
    await work.run('push', '-q', server.url('app'), 'main');
    expect((await sources.resolve(spec(server.url('app')), signal)).commit).toBe(id);
  });

  it('gives up with the signal and leaves nothing behind', async () => {
    await using server = await httpGitServer(join(folder.path, 'repos'));
    mkdirSync(join(folder.path, 'repos'), { recursive: true });
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(sources.resolve(spec(server.url('app')), stop.signal)).rejects.toThrow('enough');
  });
});

describe('a repository behind https', () => {
  it('is fetched with a client certificate, and refused without one or with a server that nobody vouches for', async () => {
    const bare = bareRepository(join(folder.path, 'repos/app.git'));
    const tls = makeCertificates(join(folder.path, 'tls'));
    await using server = await httpGitServer(join(folder.path, 'repos'), { tls });
    const id = work.commit({ x: '1' });
    work.git('push', '-q', bare, 'main');
    const { caFile } = tls;
    const as = (who: { cert: string; key: string }) => ({ clientCertificateFile: who.cert, clientKeyFile: who.key });
    const url = server.url('app');
    expect((await sources.resolve(spec(url, { credentials: { caFile, ...as(tls.client) } }), signal)).commit).toBe(id);
    expect((await failure(sources.resolve(spec(url, { credentials: { caFile } }), signal))).reason).toMatch(
      /AuthenticationFailed|FetchFailed/,
    );
    const stranger = await failure(sources.resolve(spec(url, { credentials: { caFile, ...as(tls.stranger) } }), signal));
    // Whether the alert or the reset of the connection is seen first is a matter of moments.
    expect(stranger.reason).toMatch(/AuthenticationFailed|FetchFailed/);
    expect(stranger.message).toMatch(
      /": it ended the (encrypted )?connection, as servers (also )?do that want a client certificate, or another one$/,
    );
    const unknown = await failure(sources.resolve(spec(url, { credentials: as(tls.client) }), signal));
    expect(unknown).toMatchObject({
      reason: 'FetchFailed',
      message: `"${url}": its certificate is not signed by an authority that is trusted here`,
    });
  });
});

describe.skipIf(!hasSshd())('a repository behind ssh', () => {
  it('is fetched with its key, and refused when the host key is another one or the key is not let in', async () => {
    bareRepository(join(folder.path, 'repos/app.git'));
    await using server = await sshGitServer(join(folder.path, 'repos'), join(folder.path, 'ssh'));
    const id = work.commit({ x: '1' });
    await work.run('push', '-q', join(folder.path, 'repos/app.git'), 'main');
    const { keyFile: sshKeyFile, knownHostsFile, wrongKnownHostsFile } = server;
    const url = server.url('app');
    expect((await sources.resolve(spec(url, { credentials: { sshKeyFile, knownHostsFile } }), signal)).commit).toBe(id);
    const host = await failure(sources.resolve(spec(url, { credentials: { sshKeyFile, knownHostsFile: wrongKnownHostsFile } }), signal));
    expect(host.reason).toBe('AuthenticationFailed');
    expect(host.message).toContain('its host key is not the one in known_hosts');
    const key = await failure(
      sources.resolve(spec(url, { credentials: { sshKeyFile: join(folder.path, 'ssh/other'), knownHostsFile } }), signal),
    );
    expect(key.message).toBe(`"${url}": it does not accept the ssh key`);
  });
});
