import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../src/base/json.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { orderOf } from '../../src/gitops/order.ts';
import { RenderError, type HelmSettings, type RenderResult } from '../../src/gitops/renderer.ts';
import { readManifests } from '../../src/gitops/renderers/manifest-file.ts';
import { renderPath } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { charts } from '../support/charts.ts';
import { openRenderers, scratchFolder, toolFile, toolPath } from '../support/render-tools.ts';

const signal = new AbortController().signal;
const renderers = openRenderers();

async function artifactOf(files: Readonly<Record<string, string>>) {
  const source = new MemorySource(new SimulatedClock());
  source.commit('repo', files);
  return source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
}
async function render(files: Readonly<Record<string, string>>, path: string, helm: HelmSettings = {}): Promise<RenderResult> {
  return renderPath(renderers, await artifactOf(files), { path, name: 'rel', namespace: 'shop', settings: { helm } }, signal);
}
async function problemsOf(rendering: Promise<unknown>): Promise<RenderError['problems']> {
  const error: unknown = await rendering.catch((caught: unknown) => caught);
  if (!(error instanceof RenderError)) throw new Error('it rendered', { cause: error });
  return error.problems;
}
/** What helm itself prints for the same files on disk, without its tests and what only other commands of helm run. */
function byHelm(files: Readonly<Record<string, string>>, args: readonly string[]): unknown[] {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  cpSync(join(folder, 'lib'), join(folder, 'chart/charts/lib'), { recursive: true, force: false });
  const output = execFileSync(toolFile('helm'), ['template', 'rel', 'chart', '-n', 'shop', '--include-crds', '--skip-tests', ...args], {
    cwd: folder,
    env: { PATH: toolPath, HOME: folder },
  });
  return readManifests('helm', output).objects.map((one) => one.object);
}
const nameOf = (object: unknown) => {
  const { kind, metadata } = object as { kind: string; metadata: { name: string } };
  return `${kind} ${metadata.name}`;
};
const sorted = (objects: readonly unknown[]) => [...objects].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
const isDeleteHook = (object: unknown) => isRecord(object) && JSON.stringify(object['metadata']).includes('"helm.sh/hook":"pre-delete"');

describe('a chart with everything that charts use', () => {
  it.each<[string, HelmSettings, readonly string[]]>([
    ['as it stands', {}, []],
    ['with files of values', { valueFiles: ['values/prod.yaml', 'values/eu.yaml'] }, ['-f', 'values/prod.yaml', '-f', 'values/eu.yaml']],
    [
      'with single values',
      {
        parameters: [
          { name: 'tag', value: '7', forceString: true },
          { name: 'hosts', value: '{a,b}' },
        ],
      },
      ['--set-string', 'tag=7', '--set', 'hosts={a,b}'],
    ],
    [
      'for another Kubernetes',
      { kubeVersion: '1.24.0', apiVersions: ['monitoring.coreos.com/v1'] },
      ['--kube-version', '1.24.0', '--api-versions', 'monitoring.coreos.com/v1'],
    ],
  ])('gives what helm template gives: %s', async (_name, settings, args) => {
    const { manifests } = await render(charts, 'chart', settings);
    const expected = byHelm(charts, args).filter((object) => !isDeleteHook(object));
    expect(expected.length).toBeGreaterThan(6);
    expect(sorted(manifests.map((one) => one.object))).toEqual(sorted(expected));
  });

  it('takes values written beside it after files and before single ones', async () => {
    const { manifests } = await render(charts, 'chart', {
      valueFiles: ['values/prod.yaml'],
      values: { replicas: 7, tag: 'inline' },
      parameters: [{ name: 'tag', value: 'a,b' }],
    });
    const web = manifests.find(({ object }) => nameOf(object) === 'Deployment rel-web')?.object as unknown as {
      spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
    };
    expect([web.spec.replicas, web.spec.template.spec.containers[0]?.image]).toEqual([7, 'nginx:a,b']);
  });

  it('tells where each object comes from', async () => {
    const { manifests } = await render(charts, 'chart');
    const origins = Object.fromEntries(manifests.map(({ object, origin }) => [nameOf(object), `${origin.path}:${origin.line}`]));
    expect(origins).toMatchObject({
      'Deployment rel-web': 'chart/templates/web.yaml:2',
      'Service rel-web': 'chart/templates/web.yaml:14',
      'CustomResourceDefinition lamps.example.org': 'chart/crds/lamps.yaml:2',
      'ConfigMap rel-sub': 'chart/charts/sub/templates/settings.yaml:2',
    });
  });

  it('runs its hooks before and after the sync, by their weights', async () => {
    const { manifests, notes } = await render(charts, 'chart');
    const { groups } = orderOf(manifests);
    const hooks = groups.flatMap(({ phase, wave, items }) =>
      items.filter((one) => one.object.kind === 'Job').map((one) => `${phase} ${wave} ${one.object.metadata.name}`),
    );
    expect(hooks).toEqual(['PreSync -5 rel-migrate', 'PostSync 3 rel-announce']);
    expect(notes).toEqual(['chart/templates/hooks.yaml: Job rel-farewell is a pre-delete hook of helm and is left out']);
  });

  it('leaves its definitions out where that is asked', async () => {
    const { manifests } = await render(charts, 'chart', { skipCrds: true });
    expect(manifests.map(({ object }) => object.kind)).not.toContain('CustomResourceDefinition');
  });
});

describe('a chart that cannot be rendered', () => {
  const small = { 'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n' };
  it.each<[string, Record<string, string>, HelmSettings, { path: string; line: number; message: RegExp }]>([
    [
      'names the line of a template',
      { 'web/templates/a.yaml': 'a: 1\nb: {{ required "a port is needed" .Values.port }}\n' },
      {},
      { path: 'web/templates/a.yaml', line: 2, message: /a port is needed/ },
    ],
    [
      'names a value that its schema refuses',
      { 'web/values.schema.json': '{"properties":{"port":{"type":"integer"}}}', 'web/values.yaml': 'port: no\n' },
      {},
      { path: 'web/Chart.yaml', line: 1, message: /port: Invalid type/ },
    ],
    [
      'names a dependency that nobody committed',
      {
        'web/Chart.yaml': `${small['web/Chart.yaml']}dependencies:\n  - name: redis\n    version: 1.x.x\n    repository: https://charts.example.org\n`,
      },
      {},
      {
        path: 'web/Chart.yaml',
        line: 5,
        message: /"redis".* is not in charts\/, and nothing is fetched while rendering: run `helm dependency update`/,
      },
    ],
    [
      'names a file of values that is not there',
      {},
      { valueFiles: ['web/prod.yaml'] },
      { path: 'web/Chart.yaml', line: 1, message: /"web\/prod.yaml" is not in the repository/ },
    ],
    [
      'refuses a release whose name is an option',
      {},
      { releaseName: '--post-renderer=/bin/sh' },
      { path: 'web/Chart.yaml', line: 1, message: /the release's name: "--post-renderer=\/bin\/sh" is not allowed/ },
    ],
    [
      'names the template of what is no manifest',
      { 'web/templates/a.yaml': 'just: this\n' },
      {},
      { path: 'web/templates/a.yaml', line: 1, message: /no apiVersion and no kind/ },
    ],
  ])('%s', async (_name, files, settings, expected) => {
    const [problem] = await problemsOf(render({ ...small, ...files }, 'web', settings));
    expect(problem).toMatchObject({ path: expected.path, line: expected.line, message: expect.stringMatching(expected.message) as string });
  });

  it('says what to install where there is no helm', async () => {
    const without = openRenderers({ environment: { PATH: '/nowhere' } });
    const rendering = renderPath(without, await artifactOf(small), { path: 'web', namespace: 'shop' }, signal);
    expect((await problemsOf(rendering))[0]?.message).toBe(
      'there is no helm on the PATH to render this: install helm (https://helm.sh/docs/intro/install/) and put it on the PATH',
    );
  });
});

it('a chart that asks chance says which objects differ each time', async () => {
  const { notes } = await render(
    {
      'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'web/templates/a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n  key: {{ randAlphaNum 20 }}\n',
      'web/templates/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: steady\n',
    },
    'web',
  );
  expect(notes).toEqual([
    'web/templates/a.yaml:2: Secret key differs each time that it is rendered (the chart asks chance or the clock): give its values, or every plan changes it',
  ]);
});
