import { describe, expect, it } from 'vitest';
import { imageOf } from '../../src/gitops/imports/argo-source.ts';
import { sameAddress, isPinned } from '../../src/gitops/imports/reading.ts';
import { deployment, found, inShort, only } from '../support/found.ts';

const application = (source: string, more = '', name = 'web') =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}, namespace: argocd}\nspec:\n` +
  `  destination: {server: "https://kubernetes.default.svc", namespace: shop}\n${source}${more}`;
const own = (more = '', path = 'web') =>
  `  source:\n    repoURL: https://example.org/us/fleet.git\n    path: ${path}\n    targetRevision: main\n${more}`;

describe('an Argo CD Application', () => {
  it('is a folder, with its namespace and whether it prunes', async () => {
    const files = { 'app.yaml': application(own(), '  syncPolicy: {automated: {prune: true}}\n'), 'web/web.yaml': deployment };
    expect(only(await found(files))).toEqual({
      application: { namespace: 'argocd', name: 'web' },
      form: 'ArgoApplication',
      origin: { path: 'app.yaml', line: 1 },
      path: 'web',
      namespace: 'shop',
      cluster: '',
      render: { directory: { recurse: false } },
      prune: true,
      suspended: false,
      dependsOn: [],
    });
  });
  it('asks kustomize for what it sets', async () => {
    const kustomize =
      '    kustomize:\n      namePrefix: a-\n      namespace: other\n      images: ["nginx=example.org/nginx:1.2", "redis@sha256:0abc"]\n' +
      '      replicas: [{name: web, count: 3}]\n      commonLabels: {team: x}\n      patches: [{target: {kind: Deployment}, patch: "[]"}]\n';
    const { render } = only(await found({ 'app.yaml': application(own(kustomize)), 'web/kustomization.yaml': 'resources: []\n' }));
    expect(render).toEqual({
      kustomize: {
        namePrefix: 'a-',
        namespace: 'other',
        images: [
          { name: 'nginx', newName: 'example.org/nginx', newTag: '1.2' },
          { name: 'redis', digest: 'sha256:0abc' },
        ],
        replicas: [{ name: 'web', count: 3 }],
        commonLabels: { team: 'x' },
        patches: [{ patch: '[]', target: { kind: 'Deployment' } }],
      },
    });
  });
  it('asks helm for its values, from files and in place', async () => {
    const helm =
      '    helm:\n      releaseName: shop\n      valueFiles: [values-prod.yaml, /common.yaml, gone.yaml]\n      valuesObject: {replicas: 2}\n' +
      '      parameters: [{name: image.tag, value: "1", forceString: true}]\n';
    const result = await found({
      'app.yaml': application(own(helm)),
      'web/Chart.yaml': 'name: web\n',
      'web/values-prod.yaml': 'a: 1\n',
      'common.yaml': 'b: 1\n',
    });
    expect(only(result).render).toEqual({
      helm: {
        releaseName: 'shop',
        valueFiles: ['web/values-prod.yaml', 'common.yaml'],
        values: { replicas: 2 },
        parameters: [{ name: 'image.tag', value: '1', forceString: true }],
      },
    });
    expect(result.problems).toEqual([
      { path: 'app.yaml', line: 12, column: 52, message: 'there is no file "gone.yaml" in this repository' },
    ]);
  });
  it.each([
    [
      'of another repository',
      own('', 'nowhere').replace('example.org/us', 'example.org/them'),
      'its source is another repository: https://example.org/them/fleet.git',
    ],
    [
      'of a chart elsewhere',
      '  source: {repoURL: "https://charts.example.org", chart: redis, targetRevision: 1.2.3}\n',
      'its chart redis 1.2.3 is in https://charts.example.org, not in this repository',
    ],
    ['held at a tag', own().replace('main', 'v1.2.3'), 'it is held at v1.2.3, so a merge does not change it until that moves'],
  ])('%s is elsewhere', async (_, source, why) => {
    const files = { 'app.yaml': application(source), 'web/web.yaml': deployment, 'other.yaml': application(own(), '', 'other') };
    expect(inShort(await found(files))).toEqual(['argocd/other: web', `argocd/web: ${why}`]);
  });
  it('brings others along, wherever it takes them from', async () => {
    const result = await found({
      'root.yaml': application(own('', 'apps'), '', 'root'),
      'apps/kustomization.yaml': 'resources: [web.yaml]\nnameSuffix: -prod\n',
      'apps/web.yaml': application(own()),
      'web/web.yaml': deployment,
    });
    expect(inShort(result)).toEqual(['argocd/root: apps', 'argocd/web-prod: web']);
  });
});

describe('an ApplicationSet', () => {
  const set = (generators: string, template: string, go = true) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n  goTemplate: ${go}\n  generators:\n${generators}` +
    `  template:\n    metadata: {name: '${template}'}\n    spec:\n      destination: {server: "https://kubernetes.default.svc", namespace: shop}\n`;
  const source = (path: string) => `      source: {repoURL: "https://example.org/us/fleet", path: '${path}', targetRevision: HEAD}\n`;
  const tree = { 'apps/web/web.yaml': deployment, 'apps/db/web.yaml': deployment, 'apps/old/web.yaml': deployment };
  const directories =
    '    - git: {repoURL: "https://example.org/us/fleet", revision: HEAD, directories: [{path: apps/*}, {path: apps/old, exclude: true}]}\n';

  it.each([
    ['of folders', directories, '{{ .path.basename }}', '{{ .path.path }}'],
    ['of folders, in the flat way', directories, '{{path.basename}}', '{{path}}'],
    ['of a list', '    - list: {elements: [{app: db}, {app: web}]}\n', '{{ .app | lower }}', 'apps/{{ .app }}'],
    [
      'of a matrix, the second in terms of the first',
      '    - matrix:\n        generators:\n          - list: {elements: [{dir: apps}]}\n' +
        '          - git: {repoURL: "https://example.org/us/fleet", directories: [{path: "{{ .dir }}/*"}, {path: "*/old", exclude: true}]}\n',
      '{{ index .path.segments 1 }}',
      '{{ .path.path }}',
    ],
  ])('%s gives one application each', async (_, generators, name, path) => {
    const result = await found({ ...tree, 'set.yaml': set(generators, name, !name.includes('{{path')) + source(path) });
    expect(inShort(result)).toEqual(['argocd/db: apps/db', 'argocd/web: apps/web']);
    expect(result.problems).toEqual([]);
  });
  it('of files reads them', async () => {
    const generators = '    - git: {repoURL: "https://example.org/us/fleet", files: [{path: "envs/**/config.json"}]}\n';
    const result = await found({
      ...tree,
      'envs/prod/config.json': '{"app": {"name": "web"}}',
      'set.yaml': set(generators, '{{ .app.name }}-{{ .path.basename }}') + source('apps/{{ .app.name }}'),
    });
    expect(inShort(result)).toEqual(['argocd/web-prod: apps/web']);
  });
  it.each([
    [
      'clusters',
      '    - clusters: {}\n',
      '{{ .name }}',
      'the applications of this generator are not known: which clusters there are is only known by Argo CD',
    ],
    [
      'a function',
      '    - list: {elements: [{a: b}]}\n',
      '{{ .a | sha256sum }}',
      'the template says {{ .a | sha256sum }}, which is not understood: an application was passed over',
    ],
  ])('says with its place that %s is not understood', async (_, generators, name, message) => {
    const { problems, applications } = await found({ ...tree, 'set.yaml': set(generators, name) + source('apps/web') });
    expect([applications, problems.map((problem) => [problem.path, problem.message])]).toEqual([[], [['set.yaml', message]]]);
  });
});

describe('what Argo CD writes in one text', () => {
  it.each([
    ['nginx:1', { name: 'nginx', newTag: '1' }],
    ['example.org:5000/nginx', { name: 'example.org:5000/nginx' }],
    ['nginx=example.org:5000/nginx:2@sha256:a', { name: 'nginx', newName: 'example.org:5000/nginx', newTag: '2', digest: 'sha256:a' }],
  ])('the image %s', (written, image) => {
    expect(imageOf(written)).toEqual(image);
  });
  it.each([
    'https://example.org/us/Fleet.git',
    'git@example.org:us/fleet',
    'ssh://git@example.org:22/us/fleet.git/',
    'https://user:secret@EXAMPLE.org/us/fleet',
  ])('the address %s', (address) => {
    expect(sameAddress(address)).toBe('example.org/us/fleet');
  });
  it.each([
    ['v1.2.3', true],
    ['refs/tags/x', true],
    ['0123456789012345678901234567890123456789', true],
    ['main', false],
    ['HEAD', false],
    ['release-1.2', false],
    ['1.2', false],
  ])('the revision %s is held: %s', (revision, held) => {
    expect(isPinned(revision)).toBe(held);
  });
});
