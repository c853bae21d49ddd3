import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { ChartCache } from '../../src/gitops/chart-cache.ts';
import { unpacked } from '../../src/gitops/unpacked.ts';
import { runCommand } from '../support/command-line.ts';
import { found, inShort, only } from '../support/found.ts';
import { workRepository } from '../support/git-servers.ts';
import { openRenderers, toolFile, toolPath } from '../support/render-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'steer-charts-'));
const packed = join(folder, 'packed');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const longName = `templates/${'deep-'.repeat(24)}/config.yaml`;
const chart = (version: string): Record<string, string> => ({
  'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
  'values.yaml': 'replicas: 1\n',
  'more.yaml': 'colour: red\n',
  'templates/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }}, labels: { chart: "{{ .Chart.Version }}", colour: {{ .Values.colour | default "none" }} } }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:{{ .Chart.Version }}' }] }
`,
  [longName]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: deep }\n',
});
function lay(path: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
}
beforeAll(() => {
  mkdirSync(packed);
  for (const version of ['1.2.0', '1.10.0', '2.0.0']) {
    lay(join(folder, `source-${version}/web`), chart(version));
    execFileSync(toolFile('helm'), ['package', join(folder, `source-${version}/web`), '-d', packed], { stdio: 'pipe' });
  }
  writeFileSync(join(packed, 'web-extra-9.0.0.tgz'), '');
  writeFileSync(join(packed, 'stable-index.yaml'), 'entries: {}\n');
  lay(join(folder, 'unpacked/web'), chart('3.0.0'));
  lay(join(folder, 'unpacked/web-3.1.0/web'), chart('3.1.0'));
});

describe('a chart cache', () => {
  it.each([
    ['1.2.0', 'packed', '1.2.0'],
    ['1.x', 'packed', '1.10.0'],
    ['>=1.0.0 <2.0.0', 'packed', '1.10.0'],
    ['', 'packed', '2.0.0'],
    ['*', 'unpacked', '3.1.0'],
    ['3.0.0', 'unpacked', '3.0.0'],
    ['4.x', 'packed', undefined],
    ['1.x', 'missing', undefined],
  ])('has for %j in the folder %s the version %j', async (wanted, where, version) => {
    const answer = await new ChartCache(realClock(), [join(folder, where)]).find('web', wanted);
    expect(answer).toEqual(version === undefined ? undefined : { name: 'web', version });
  });
  it('reads what helm has packed, also long names, and what lies unpacked, alike', async () => {
    const cache = new ChartCache(realClock(), [packed, join(folder, 'unpacked')]);
    const texts = async (version: string) => {
      const files = await cache.files({ name: 'web', version });
      return Object.fromEntries(files.map(({ path, content }) => [path, Buffer.from(content).toString('utf8')]));
    };
    expect(Object.keys(await texts('2.0.0')).sort()).toEqual(Object.keys(chart('2.0.0')).sort());
    expect((await texts('2.0.0'))['templates/web.yaml']).toBe(chart('2.0.0')['templates/web.yaml']);
    expect(await texts('3.1.0')).toEqual(chart('3.1.0'));
  });
  it('follows no links and takes no name for a path', async () => {
    const linked = join(folder, 'linked');
    lay(join(linked, 'web'), { 'Chart.yaml': 'name: web\nversion: 1.0.0\n' });
    symlinkSync('/etc/hostname', join(linked, 'web/host'));
    const cache = new ChartCache(realClock(), [linked, packed]);
    expect((await cache.files({ name: 'web', version: '1.0.0' })).map(({ path }) => path)).toEqual(['Chart.yaml']);
    expect(await cache.find('../packed/web', '')).toBeUndefined();
  });
});

describe('a package', () => {
  const header = (name: string, size: number, type = '0') => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write(size.toString(8).padStart(11, '0'), 124);
    block.write(type, 156);
    return block;
  };
  const tar = (...entries: [name: string, text: string, type?: string][]) =>
    gzipSync(
      Buffer.concat([
        ...entries.flatMap(([name, text, type]) => [
          header(name, Buffer.byteLength(text), type),
          Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512)]),
        ]),
        Buffer.alloc(1024),
      ]),
    );
  const limits = { bytes: 1 << 20, files: 3 };
  it('gives no file that leads out of it, and no link', () => {
    const bytes = tar(['web/Chart.yaml', 'a'], ['web/../../x', 'b'], ['/etc/x', 'c'], ['web/link', '', '2'], ['x', 'd']);
    expect(unpacked(bytes, limits).map(({ path }) => path)).toEqual(['Chart.yaml']);
  });
  it.each([
    ['too many files', tar(['w/a', ''], ['w/b', ''], ['w/c', ''], ['w/d', '']), /more than 3 files/],
    ['too much', gzipSync(Buffer.alloc(2 << 20)), /larger than a chart may be/],
    ['what was cut short', gzipSync(Buffer.concat([header('w/a', 5000), Buffer.alloc(512)])), /cut short/],
    ['something else', Buffer.from('hello'), /no gzipped package/],
  ])('of %s is refused', (_, bytes, message) => {
    expect(() => unpacked(bytes, limits)).toThrow(message);
  });
});

const release = (version: string, more = '') => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: shop }
spec:
  chart: { spec: { chart: web, version: '${version}', sourceRef: { kind: HelmRepository, name: stable }${more} } }
  values: { replicas: 3 }
`;
const oci = (tag: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: { name: web, namespace: shop }
spec: { url: 'oci://registry.test/charts/web', ref: { semver: '${tag}' } }
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: shop }
spec: { chartRef: { kind: OCIRepository, name: web } }
`;
const argo = (version: string, more = '') => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: web, namespace: argocd }
spec:
  destination: { namespace: shop }
  sources:
    - { repoURL: 'https://charts.test', chart: web, targetRevision: '${version}', helm: { valueFiles: [more.yaml, $here/values/web.yaml] } }
    - { repoURL: 'https://git.test/fleet', ref: here }
${more}`;

describe('a release of a chart from a registry', () => {
  const charts = new ChartCache(realClock(), [packed]);
  it.each([
    ['of a HelmRepository', release('1.x'), '1.10.0'],
    ['of an OCIRepository', oci('>=2.0.0'), '2.0.0'],
  ])('%s is one of the cache', async (_, file, version) => {
    const result = await found({ 'apps/web.yaml': file }, '', { charts });
    const { path, render } = only(result);
    expect([path, render.helm?.chart]).toEqual(['apps', { name: 'web', version }]);
    expect(result.said).toContain(`of the chart cache: web ${version}`);
  });
  it('is one for each overlay that a cluster lays over it, with the patches of that', async () => {
    const cluster = (name: string) =>
      `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: apps, namespace: flux-system }\nspec: { path: ./apps/${name}, sourceRef: { kind: GitRepository, name: flux-system } }\n`;
    const overlay = (replicas: number) =>
      `resources: [../base]\npatches:\n  - target: { kind: HelmRelease }\n    patch: "- { op: replace, path: /spec/values/replicas, value: ${replicas} }"\n`;
    const files = {
      'clusters/a/apps.yaml': cluster('a'),
      'clusters/b/apps.yaml': cluster('b'),
      'apps/a/kustomization.yaml': overlay(4),
      'apps/b/kustomization.yaml': overlay(5),
      'apps/base/kustomization.yaml': 'resources: [web.yaml]\n',
      'apps/base/web.yaml': release('1.x'),
    };
    const { applications } = await found(files, '', { charts, renderers: openRenderers({ charts }) });
    expect(applications.map(({ application, render }) => [application.name, render.helm?.values])).toEqual([
      ['apps.a', undefined],
      ['apps.b', undefined],
      ['web.a', { replicas: 4 }],
      ['web.b', { replicas: 5 }],
    ]);
  });
  it('that no cache has says where it is looked for', async () => {
    expect(inShort(await found({ 'apps/web.yaml': release('7.x') }, '', { charts }))).toEqual([
      'shop/web: its chart web 7.x is in the HelmRepository stable, not in this repository nor in the chart cache (--chart-cache)',
    ]);
  });
  it('of Argo CD takes files of values of the chart and of this repository', async () => {
    const files = { 'apps/web.yaml': argo('1.2.0'), 'values/web.yaml': 'replicas: 7\n' };
    const { render } = only(await found(files, '', { charts, remotes: ['https://git.test/fleet'] }));
    expect(render.helm).toEqual({
      chart: { name: 'web', version: '1.2.0' },
      valueFiles: ['.chart-cache/web-1.2.0/more.yaml', 'values/web.yaml'],
    });
  });
  it('of Argo CD beside a source of another repository says what is not planned', async () => {
    const file = argo('1.2.0', "    - { repoURL: 'https://git.test/other', path: manifests }\n");
    const { problems } = await found({ 'apps/web.yaml': file, 'values/web.yaml': '' }, '', { charts, remotes: ['https://git.test/fleet'] });
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [9, 'its source is another repository: https://git.test/other: what this source brings is not planned'],
    ]);
  });
});

it('a merge that moves a release to another chart of the cache is planned, without any network', async () => {
  const work = workRepository(join(folder, 'repo'));
  work.commit({ 'apps/web.yaml': release('1.x', ', valuesFiles: [more.yaml]') });
  work.git('checkout', '-q', '-b', 'feature');
  work.commit({ 'apps/web.yaml': release('2.x', ', valuesFiles: [more.yaml]') });
  const plan = (variables: Record<string, string>, ...more: string[]) =>
    runCommand(['plan', 'repo', '--from', 'main', '--to', 'feature', ...more], {
      directory: folder,
      variables: { PATH: toolPath, XDG_CACHE_HOME: join(folder, 'cache'), ...variables },
    });
  const { code, output } = await plan({}, '--chart-cache', 'packed');
  expect(output).toContain('.chart-cache/web-2.0.0/templates/web.yaml:2');
  expect(output).toMatch(/image: web:1\.10\.0 → web:2\.0\.0/);
  expect(output).toContain('Deployment shop/web');
  expect(output).not.toContain('ConfigMap'); // It stays as it is.
  expect(code).toBe(0);
  // What helm has fetched itself is found where helm keeps it; without, nothing is.
  expect((await plan({ HELM_REPOSITORY_CACHE: packed })).output).toMatch(/image: web:1\.10\.0 → web:2\.0\.0/);
  expect((await plan({})).output).toContain(
    'its chart web 2.x is in the HelmRepository stable, not in this repository nor in the chart cache',
  );
  const helmSays = execFileSync(toolFile('helm'), ['env', 'HELM_REPOSITORY_CACHE'], {
    env: { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') },
  });
  const own = helmSays.toString().trim();
  mkdirSync(own, { recursive: true });
  for (const name of ['web-1.10.0.tgz', 'web-2.0.0.tgz']) writeFileSync(join(own, name), readFileSync(join(packed, name)));
  expect((await plan({}, '-o', 'markdown')).output).toContain('.chart-cache/web-2.0.0');
});
