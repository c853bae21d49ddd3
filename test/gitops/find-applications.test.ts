import { describe, expect, it } from 'vitest';
import { createImportCache } from '../../src/gitops/find-applications.ts';
import { deployment, found, inShort, only } from '../support/found.ts';

const kustomization = (resources: string[], more = '') => `kind: Kustomization\n${more}resources: [${resources.join(', ')}]\n`;
const flux = (name: string, path: string, more = '') =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\n` +
  `spec:\n  path: ${path}\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n${more}`;

describe('folders, where nothing is defined', () => {
  it('are the kustomizations that no other one builds upon, and folders with manifests of their own', async () => {
    const result = await found({
      'base/kustomization.yaml': kustomization(['web.yaml']),
      'base/web.yaml': deployment,
      'overlays/dev/kustomization.yaml': kustomization(['../../base']),
      'overlays/prod/kustomization.yaml': kustomization(['../../base']),
      'parts/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
      'plain/web.yaml': deployment,
      'README.md': 'no manifest',
      'values.yaml': 'replicas: 1\n',
    });
    expect(inShort(result)).toEqual(['default/overlays-dev: overlays/dev', 'default/overlays-prod: overlays/prod', 'default/plain: plain']);
    expect(result.said).toEqual(['3 folders of manifests in overlays/dev, overlays/prod, plain']);
  });
  it('do not swallow the folders below them', async () => {
    const { applications } = await found({ 'a/web.yaml': deployment, 'a/b/web.yaml': deployment });
    expect(applications.map(({ path, render }) => ({ path, render }))).toEqual([
      { path: 'a', render: { directory: { recurse: false } } },
      { path: 'a/b', render: {} },
    ]);
  });
  it('are charts too, but not their templates, their subcharts and libraries', async () => {
    const result = await found({
      'charts/web/Chart.yaml': 'name: web\n',
      'charts/web/templates/web.yaml': deployment,
      'charts/web/charts/db/Chart.yaml': 'name: db\n',
      'charts/lib/Chart.yaml': 'name: lib\ntype: library\n',
    });
    expect(inShort(result)).toEqual(['default/charts-web: charts/web']);
    expect(only(result).render).toEqual({ helm: {} });
  });
  it('are not looked for in folders whose name begins with a dot', async () => {
    expect(await found({ '.github/web.yaml': deployment })).toEqual({ applications: [], said: [], problems: [] });
  });
});

describe('definitions', () => {
  it('are the applications; what none of them asks for is said', async () => {
    const result = await found({
      'clusters/prod/apps.yaml': flux('apps', './apps'),
      'apps/web.yaml': deployment,
      'other/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['flux-system/apps: apps']);
    expect(result.said).toEqual([
      '1 Flux Kustomization in clusters/prod',
      'other holds manifests that no definition asks for; `--path other` plans it',
    ]);
  });
  it('take the namespace that the kustomization on the way gives them', async () => {
    const result = await found({
      'clusters/prod/all.yaml': flux('all', './apps'),
      'apps/kustomization.yaml': kustomization(['media']),
      'apps/media/kustomization.yaml': kustomization(['player/ks.yaml'], 'namespace: media\nnamePrefix: my-\n'),
      'apps/media/player/ks.yaml': flux('player', './apps/media/player/app').replace(', namespace: flux-system', ''),
      'apps/media/player/app/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['flux-system/all: apps', 'media/my-player: apps/media/player/app']);
  });
  it('that no kustomization lists define nothing', async () => {
    const result = await found({
      'clusters/prod/all.yaml': flux('all', './apps'),
      'apps/kustomization.yaml': kustomization(['one.yaml']),
      'apps/one.yaml': flux('one', './one'),
      'apps/two.yaml': flux('two', './two'),
      'one/web.yaml': deployment,
      'two/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['flux-system/all: apps', 'flux-system/one: one']);
    expect(result.said).toContain('"apps/two.yaml" line 1: the Kustomization two is in no kustomization, so nothing applies it');
  });
  it('that are patches of others define nothing', async () => {
    const result = await found({
      'k/kustomization.yaml': `${kustomization(['ks.yaml'])}patches: [{path: patch.yaml}]\n`,
      'k/ks.yaml': flux('one', './one'),
      'k/patch.yaml': flux('one', './elsewhere'),
      'one/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['flux-system/one: one']);
  });
  it('of one name in two clusters are two applications', async () => {
    const result = await found({
      'clusters/prod/apps.yaml': flux('apps', './apps/prod', '  dependsOn: [{name: infra}]\n') + '---\n' + flux('infra', './infra'),
      'clusters/test/apps.yaml': flux('apps', './apps/test') + '---\n' + flux('infra', './infra'),
      'apps/prod/web.yaml': deployment,
      'apps/test/web.yaml': deployment,
      'infra/web.yaml': deployment,
    });
    expect(result.applications.map(({ application, path, cluster, dependsOn }) => [application.name, path, cluster, dependsOn])).toEqual([
      ['apps.prod', 'apps/prod', 'clusters/prod', [{ namespace: 'flux-system', name: 'infra.prod' }]],
      ['apps.test', 'apps/test', 'clusters/test', []],
      ['infra.prod', 'infra', 'clusters/prod', []],
      ['infra.test', 'infra', 'clusters/test', []],
    ]);
  });
  it('that bring themselves along are where it begins', async () => {
    const source =
      'apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\n' +
      'spec: {url: "ssh://git@example.org/us/fleet", ref: {branch: main}}\n---\n';
    const result = await found({
      'clusters/prod/flux-system/kustomization.yaml': kustomization(['gotk-sync.yaml']),
      'clusters/prod/flux-system/gotk-sync.yaml': source + flux('flux-system', './clusters/prod'),
      'clusters/prod/apps.yaml': flux('apps', './apps'),
      'apps/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['flux-system/apps: apps', 'flux-system/flux-system: clusters/prod']);
  });
  it('are narrowed by a path: those written there, and those that render something there', async () => {
    const files = {
      'clusters/prod/apps.yaml': flux('apps', './apps') + '---\n' + flux('infra', './infra'),
      'apps/web/web.yaml': deployment,
      'infra/web.yaml': deployment,
      'other/web.yaml': deployment,
    };
    expect(inShort(await found(files, 'apps/web'))).toEqual(['flux-system/apps: apps']);
    expect(inShort(await found(files, './clusters/'))).toEqual(['flux-system/apps: apps', 'flux-system/infra: infra']);
    expect(inShort(await found(files, 'other'))).toEqual(['default/other: other']);
  });
  it('that cannot be read are said, with the place', async () => {
    const { problems } = await found({ 'app.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, name: b}\n' });
    expect(problems.map(({ path, line }) => [path, line])).toEqual([['app.yaml', 3]]);
  });
  it('read each blob once, whatever commits it is in', async () => {
    const cache = createImportCache();
    await found({ 'a/web.yaml': deployment }, '', { cache });
    const before = cache.size;
    await found({ 'a/web.yaml': deployment, 'b/web.yaml': deployment }, '', { cache });
    expect([before, cache.size]).toEqual([1, 1]);
  });
});
