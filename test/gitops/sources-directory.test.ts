import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { SourceSpec, Sources } from '../../src/gitops/source.ts';
import { openSources } from '../../src/gitops/sources/index.ts';
import { tempFolder, workRepository } from '../support/git-servers.ts';

const signal = new AbortController().signal;
let folder: ReturnType<typeof tempFolder>;
let sources: Sources;
let root: string;

const spec = (path = ''): SourceSpec => ({ repo: root, path, revision: '', intervalMs: 200 });
/** As if it had been written long ago. */
function write(files: Readonly<Record<string, string>>, ageMs = 10_000): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
    const at = (Date.now() - ageMs) / 1000;
    utimesSync(join(root, name), at, at);
  }
}
const text = async (promise: Promise<readonly Uint8Array[]>) => (await promise).map((one) => Buffer.from(one).toString());

beforeEach(() => {
  folder = tempFolder();
  root = join(folder.path, 'manifests');
  mkdirSync(root);
  sources = openSources({
    clock: realClock(),
    random: seededRandom(1),
    log: silentLog,
    directory: join(folder.path, 'data'),
    environment: process.env,
  });
});
afterEach(async () => {
  await sources.close();
  folder[Symbol.dispose]();
});

it('a folder is read with digests over content alone', async () => {
  write({ 'a/x.yaml': '1', 'b.yaml': '2', '.git-like/y.yaml': '3' });
  const one = await sources.resolve(spec(), signal);
  expect(one.revision).toBe(`folder@sha256:${one.commit}`);
  expect((await one.list('')).map((file) => file.path)).toEqual(['a/x.yaml', 'b.yaml']);
  expect(await text(one.read(['b.yaml', 'a/x.yaml']))).toEqual(['2', '1']);
  write({ 'b.yaml': 'other' });
  const two = await sources.resolve(spec(), signal);
  expect(await two.digest('a')).toBe(await one.digest('a'));
  expect(two.commit).not.toBe(one.commit);
  expect(await text(one.read(['b.yaml']))).toEqual(['2']);
  expect(await text((await sources.at(spec(), one.commit, signal)).read(['b.yaml']))).toEqual(['2']);
});

it('a file that changed just now is waited for, and it is said for how long all stood still', async () => {
  write({ 'x.yaml': 'half' });
  writeFileSync(join(root, 'x.yaml'), 'whole');
  const begun = performance.now();
  const artifact = await sources.resolve(spec(), signal);
  expect(performance.now() - begun).toBeGreaterThan(150);
  expect(artifact.stillMs).toBeGreaterThanOrEqual(200);
  expect(artifact.stillMs).toBeLessThan(2000);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await sources.resolve(spec(), signal)).stillMs).toBeGreaterThanOrEqual(2000);
});

it('a removed file counts as a change of the folder', async () => {
  write({ 'x.yaml': '1', 'y.yaml': '2' });
  rmSync(join(root, 'y.yaml'));
  expect((await sources.resolve(spec(), signal)).stillMs).toBeLessThan(2000);
});

it('a saved file is told of when it has settled', async () => {
  write({ 'x.yaml': '1' });
  let told = 0;
  using watch = sources.watch(spec(), () => told++);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(watch.how).toBe('watching the folder');
  told = 0;
  writeFileSync(join(root, 'x.yaml'), '2');
  await new Promise((resolve) => setTimeout(resolve, 100));
  writeFileSync(join(root, 'x.yaml'), '3');
  expect(told).toBe(0);
  await expect.poll(() => told, { timeout: 3000 }).toBeGreaterThan(0);
  expect(await text((await sources.resolve(spec(), signal)).read(['x.yaml']))).toEqual(['3']);
});

it.each([
  ['a link out of the folder', () => symlinkSync('/etc/passwd', join(root, 'x.yaml')), '', /symbolic link to "\/etc\/passwd"/],
  ['a path over a link', () => symlinkSync('/etc', join(root, 'etc')), 'etc', /leads over a symbolic link/],
  ['a path upwards', () => undefined, '../data', /leaves the repository/],
  ['a path that is not there', () => undefined, 'nowhere', /there is nothing at "nowhere"/],
])('%s is refused', async (_name, prepare, path, why) => {
  write({ 'ok.yaml': '1' });
  prepare();
  await expect(sources.resolve(spec(path), signal)).rejects.toThrow(why);
});

it('a link inside the folder is listed as one and never read', async () => {
  write({ 'a.yaml': '1' });
  symlinkSync('a.yaml', join(root, 'b.yaml'));
  const artifact = await sources.resolve(spec(), signal);
  expect((await artifact.list('')).map(({ path, special }) => [path, special])).toEqual([
    ['a.yaml', undefined],
    ['b.yaml', 'link'],
  ]);
});

it('a folder that is gone says so, and one that becomes a repository is kept by Git', async () => {
  write({ 'a.yaml': '1' });
  await sources.resolve(spec(), signal);
  const id = workRepository(root).commit({});
  expect((await sources.resolve(spec(), signal)).commit).toBe(id);
  rmSync(root, { recursive: true });
  await expect(sources.resolve(spec(), signal)).rejects.toThrow(/there is no repository/);
});

it('a path with a kustomization is read with what lies beside it', async () => {
  write({ 'base/web.yaml': '1', 'apps/web/kustomization.yaml': 'resources: [../../base]', 'plain/a.yaml': '2' });
  expect((await (await sources.resolve(spec('apps/web'), signal)).list('base')).map((file) => file.path)).toEqual(['base/web.yaml']);
  await expect((await sources.resolve(spec('plain'), signal)).list('base')).rejects.toThrow('there is nothing at "base"');
});
