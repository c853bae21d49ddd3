import { describe, expect, it } from 'vitest';
import { deployment, found, inShort, only } from '../support/found.ts';

const source = (kind = 'GitRepository', name = 'flux-system') => `  sourceRef: {kind: ${kind}, name: ${name}}\n`;
const kustomization = (more: string, path = './web') =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  path: ${path}\n  prune: true\n${more}`;
const release = (spec: string) =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec:\n${spec}`;

describe('a Flux Kustomization', () => {
  it('asks for its namespace, variables, patches, images and labels', async () => {
    const more =
      `${source()}  targetNamespace: shop\n  suspend: true\n  namePrefix: a-\n  components: [../part]\n` +
      '  commonMetadata: {labels: {team: x}, annotations: {note: yet}}\n  images: [{name: nginx, newTag: "2"}]\n' +
      '  patches: [{patch: "[]", target: {kind: Deployment, name: web}}]\n' +
      '  postBuild:\n    substitute: {size: "3", region: eu}\n    substituteFrom: [{kind: ConfigMap, name: vars}, {kind: Secret, name: keys, optional: true}]\n';
    const vars = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {size: "1", zone: b}\n';
    const result = await found({ 'cluster/web.yaml': kustomization(more), 'cluster/vars.yaml': vars, 'web/web.yaml': deployment });
    expect(only(result)).toEqual({
      application: { namespace: 'flux-system', name: 'web' },
      form: 'FluxKustomization',
      origin: { path: 'cluster/web.yaml', line: 1 },
      path: 'web',
      namespace: 'shop',
      cluster: '',
      render: {
        kustomize: {
          namePrefix: 'a-',
          commonLabels: { team: 'x' },
          commonAnnotations: { note: 'yet' },
          components: ['../part'],
          patches: [{ patch: '[]', target: { kind: 'Deployment', name: 'web' } }],
          images: [{ name: 'nginx', newTag: '2' }],
        },
        substitute: { size: '3', zone: 'b', region: 'eu' },
        targetNamespace: 'shop',
      },
      prune: true,
      suspended: true,
      dependsOn: [],
    });
    expect(result.problems).toEqual([]);
  });
  it('says which values nobody here knows, with the place', async () => {
    const more = `${source()}  postBuild:\n    substituteFrom:\n      - {kind: Secret, name: keys}\n      - {kind: ConfigMap, name: gone}\n`;
    const { problems } = await found({ 'cluster/web.yaml': kustomization(more), 'web/web.yaml': deployment });
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [10, 'the values of the Secret keys are not known here: where they are used, the text stays ${…}'],
      [11, 'the ConfigMap gone is not in this repository: where its values are used, the text stays ${…}'],
    ]);
  });
  it.each([
    ['of a bucket', source('Bucket', 'b'), '', 'its source is the Bucket b, not this repository'],
    [
      'of another repository',
      source('GitRepository', 'other'),
      'url: "https://example.org/other"',
      'its source is another repository: https://example.org/other',
    ],
    ['of a folder that is not there', source(), undefined, 'there is no folder "./gone" in this repository'],
  ])('%s is elsewhere', async (_, more, spec, why) => {
    const other = `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other, namespace: flux-system}\nspec: {${spec ?? ''}}\n`;
    expect(inShort(await found({ 'cluster/web.yaml': kustomization(more, './gone'), 'cluster/other.yaml': other }))).toEqual([
      `flux-system/web: ${why}`,
    ]);
  });
  it('of an artifact that is made of this repository is found where it was copied from', async () => {
    const generator =
      'apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: all, namespace: flux-system}\nspec:\n' +
      '  sources: [{alias: repo, kind: GitRepository, name: flux-system}]\n' +
      '  artifacts: [{name: apps, copy: [{from: "@repo/apps/base/**", to: "@artifact/base/"}, {from: "@repo/apps/prod/**", to: "@artifact/prod/"}]}]\n';
    const files = { 'cluster/a.yaml': generator, 'apps/prod/web.yaml': deployment };
    expect(inShort(await found({ ...files, 'cluster/web.yaml': kustomization(source('ExternalArtifact', 'apps'), './prod') }))).toEqual([
      'flux-system/web: apps/prod',
    ]);
    expect(inShort(await found({ ...files, 'cluster/web.yaml': kustomization(source('ExternalArtifact', 'apps'), './test') }))).toEqual([
      'flux-system/web: its source is the artifact apps, and nothing says what of this repository is copied to "./test" in it',
    ]);
  });
});

describe('a Flux HelmRelease', () => {
  it('of a chart in this repository asks helm for its values', async () => {
    const spec =
      '  targetNamespace: prod\n  chart: {spec: {chart: ./charts/web, valuesFiles: [charts/web/prod.yaml], sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n' +
      '  install: {crds: Skip}\n  values: {replicas: 2}\n  valuesFrom: [{kind: Secret, name: keys}]\n';
    const result = await found({ 'r.yaml': release(spec), 'charts/web/Chart.yaml': 'name: web\n', 'charts/web/prod.yaml': 'a: 1\n' });
    const { path, namespace, render } = only(result);
    expect({ path, namespace, render }).toEqual({
      path: 'charts/web',
      namespace: 'prod',
      render: {
        helm: { namespace: 'prod', releaseName: 'prod-web', valueFiles: ['charts/web/prod.yaml'], values: { replicas: 2 }, skipCrds: true },
      },
    });
    expect(result.problems.map(({ message }) => message)).toEqual([
      'the values of the Secret keys are not known here, and were passed over',
    ]);
  });
  it.each([
    [
      '  chart: {spec: {chart: redis, version: 1.x, sourceRef: {kind: HelmRepository, name: bitnami}}}\n',
      'its chart redis 1.x is in the HelmRepository bitnami, not in this repository',
    ],
    ['  chartRef: {kind: OCIRepository, name: redis}\n', 'its chart is the OCIRepository redis, not this repository'],
  ])('of a chart elsewhere is shown as such: %s', async (spec, why) => {
    expect(inShort(await found({ 'r.yaml': release(spec) }))).toEqual([`shop/web: ${why}`]);
  });
});

describe('a Steersman Application', () => {
  it('is a folder with its renderer, its namespace and what it depends on', async () => {
    const spec =
      'spec:\n  source: {repo: "https://example.org/fleet", path: web}\n  namespace: shop\n  renderer: {kustomize: {namePrefix: a-}}\n  sync: {prune: false}\n  dependsOn: [db]\n';
    const files = {
      'app.yaml': `apiVersion: steersman.dev/v1\nkind: Application\nmetadata: {name: web}\n${spec}`,
      'web/web.yaml': deployment,
    };
    const { path, namespace, render, prune, dependsOn } = only(await found(files));
    expect({ path, namespace, render, prune, dependsOn }).toEqual({
      path: 'web',
      namespace: 'shop',
      render: { kustomize: { namePrefix: 'a-' } },
      prune: false,
      dependsOn: [{ namespace: 'default', name: 'db' }],
    });
  });
});
