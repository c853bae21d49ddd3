import { describe, expect, it } from 'vitest';
import { findApplications } from '../../src/gitops/find-applications.ts';
import type { Found } from '../../src/gitops/found.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { found, inShort } from '../support/found.ts';
import { artifactOfFolder, openRenderers } from '../support/render-tools.ts';

const renderers = openRenderers();
const rendered = (files: Readonly<Record<string, string>>): Promise<Found> => found(files, '', { renderers });
const optionsOf = ({ applications }: Found) => Object.fromEntries(applications.map((one) => [one.application.name, one.render]));

const source = '  sourceRef: { kind: GitRepository, name: flux-system }\n';
const kustomization = (name: string, path: string, more = '') =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${name}, namespace: flux-system }\nspec:\n  path: ${path}\n  prune: true\n${source}${more}`;
const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { a: b }\n';
const patchOf = (spec: string) =>
  `  patches:\n    - target: { group: kustomize.toolkit.fluxcd.io, kind: Kustomization }\n      patch: |\n        apiVersion: kustomize.toolkit.fluxcd.io/v1\n        kind: Kustomization\n        metadata: { name: _ }\n        spec: ${spec}\n`;

describe('definitions are read as they come out of what brings them', () => {
  it('with what a parent lays over all of its children', async () => {
    const result = await rendered({
      'cluster/root.yaml': kustomization(
        'root',
        './apps',
        patchOf('{ prune: false, targetNamespace: shop, postBuild: { substitute: { a: "1" } } }'),
      ),
      'apps/kustomization.yaml': 'resources: [web.yaml, db.yaml]\n',
      'apps/web.yaml': kustomization('web', './web'),
      'apps/db.yaml': kustomization('db', './db'),
      'web/a.yaml': config,
      'db/a.yaml': config,
    });
    expect(inShort(result)).toEqual(['flux-system/db: db', 'flux-system/root: apps', 'flux-system/web: web']);
    expect(result.applications.map(({ prune, namespace }) => [prune, namespace])).toEqual([
      [false, 'shop'],
      [true, 'default'],
      [false, 'shop'],
    ]);
    const [web] = result.applications.filter(({ application }) => application.name === 'web');
    expect([web?.render, web?.origin]).toEqual([
      { targetNamespace: 'shop', substitute: { a: '1' } },
      { path: 'apps/web.yaml', line: 1 },
    ]);
  });
  it('with the patches and components of an overlay that no definition asks for', async () => {
    const release = `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: web, namespace: shop }\nspec:\n  chart: { spec: { chart: charts/web, sourceRef: { kind: GitRepository, name: flux-system, namespace: flux-system } } }\n  values: { replicas: 1 }\n`;
    const result = await rendered({
      'base/kustomization.yaml': 'resources: [web.yaml]\n',
      'base/web.yaml': release,
      'prod/kustomization.yaml':
        'resources: [../base]\ncomponents: [../part]\npatches:\n  - target: { kind: HelmRelease }\n    patch: "- { op: replace, path: /spec/values/replicas, value: 5 }"\n',
      'part/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - target: { kind: HelmRelease }\n    patch: "- { op: add, path: /spec/values/part, value: true }"\n',
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    });
    expect(optionsOf(result)['web']?.helm?.values).toEqual({ replicas: 5, part: true });
  });
  it('with variables of the parent in their paths, and without those that a patch deletes', async () => {
    const result = await rendered({
      'cluster/root.yaml': kustomization('root', './apps', '  postBuild: { substitute: { place: prod } }\n'),
      'apps/web.yaml': kustomization('web', './web/${place}'),
      'web/prod/a.yaml': config,
      'tops/kustomization.yaml': 'resources: [../more]\n',
    });
    expect(inShort(result)).toEqual(['flux-system/root: apps', 'flux-system/web: web/prod']);
    const without = await rendered({
      'cluster/root.yaml': kustomization(
        'root',
        './apps',
        '  patches:\n    - patch: |\n        apiVersion: kustomize.toolkit.fluxcd.io/v1\n        kind: Kustomization\n        metadata: { name: web, namespace: flux-system }\n        $patch: delete\n',
      ),
      'apps/web.yaml': kustomization('web', './web'),
      'web/a.yaml': config,
    });
    expect(inShort(without)).toEqual(['flux-system/root: apps']);
  });
  it('also those that a chart makes: an application of applications', async () => {
    const app = (name: string, path: string, more = '') =>
      `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: ${name}, namespace: argocd }\nspec:\n  source: { repoURL: https://git.test/fleet, path: ${path}${more} }\n  destination: { namespace: shop }\n`;
    const result = await rendered({
      'root.yaml': app('root', 'apps', ', helm: { valuesObject: { teams: [red, blue] } }'),
      'apps/Chart.yaml': 'apiVersion: v2\nname: apps\nversion: 1.0.0\n',
      'apps/templates/apps.yaml': `{{- range .Values.teams }}\n---\n${app('{{ . }}', 'teams/{{ . }}')}{{- end }}\n`,
      'teams/red/a.yaml': config,
      'teams/blue/a.yaml': config,
    });
    expect(inShort(result)).toEqual(['argocd/blue: teams/blue', 'argocd/red: teams/red', 'argocd/root: apps']);
  });
  it('as they stand in the files where the parent cannot be rendered', async () => {
    const result = await rendered({
      'cluster/root.yaml': kustomization('root', './apps', patchOf('{ prune: false }')),
      'apps/kustomization.yaml': 'resources: [web.yaml, gone.yaml]\n',
      'apps/web.yaml': kustomization('web', './web'),
      'web/a.yaml': config,
    });
    expect(inShort(result)).toEqual(['flux-system/root: apps', 'flux-system/web: web']);
  });
});

it.skipIf(corpus === undefined)(
  'a living cluster: what its root lays over all children is in each of them, and over their releases',
  async () => {
    const artifact = await artifactOfFolder(corpusPath('gitops/onedr0p-home-ops'));
    const { applications } = await findApplications(artifact, '', new AbortController().signal, { renderers });
    const children = applications.filter(({ form, application }) => form === 'FluxKustomization' && application.name !== 'cluster-apps');
    expect(children.length).toBeGreaterThan(60);
    // The root gives every child a patch for its releases.
    expect(children.filter(({ render }) => !/RemediateOnFailure/.test(JSON.stringify(render.kustomize?.patches ?? [])))).toEqual([]);
  },
);
