import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { RenderError, type RenderSettings } from '../../src/gitops/renderer.ts';
import { readManifests } from '../../src/gitops/renderers/manifest-file.ts';
import { createRenderers, fingerprintOf, renderPath } from '../../src/gitops/renderers/index.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { openRenderers, scratchFolder, toolFile, toolPath } from '../support/render-tools.ts';

const signal = new AbortController().signal;
const renderers = openRenderers();
type Files = Readonly<Record<string, string>>;

async function artifactOf(files: Files) {
  const source = new MemorySource(new SimulatedClock());
  source.commit('repo', files);
  return source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
}
async function render(files: Files, path: string, settings: RenderSettings = {}, using = renderers) {
  return renderPath(using, await artifactOf(files), { path, namespace: 'default', settings }, signal);
}
async function problemsOf(rendering: Promise<unknown>): Promise<RenderError['problems']> {
  const error: unknown = await rendering.catch((caught: unknown) => caught);
  if (!(error instanceof RenderError)) throw new Error('it rendered', { cause: error });
  return error.problems;
}
function byKustomize(files: Files, path: string): unknown[] {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const output = execFileSync(toolFile('kustomize'), ['build', path], { cwd: folder, env: { PATH: toolPath, HOME: folder } });
  return readManifests('kustomize', output).objects.map((one) => one.object);
}

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.25
          envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: key}}]
`;
const base: Files = {
  'base/kustomization.yaml': `resources: [web.yaml]
configMapGenerator:
  - name: settings
    files: [settings.ini]
secretGenerator:
  - name: key
    envs: [key.env]
`,
  'base/web.yaml': web,
  'base/settings.ini': 'mode=calm\n',
  'base/key.env': 'PASSWORD=open-sesame\n',
};
/** \`count\` overlays that differ in namespace and replicas. */
function overlays(count: number, more = ''): Files {
  const files: Record<string, string> = { ...base };
  for (let at = 0; at < count; at++) {
    files[`apps/a${at}/kustomization.yaml`] = `resources: [../../base]
namespace: team-${at % 7}
namePrefix: a${at}-
replicas: [{name: web, count: ${at + 2}}]
${more}`;
  }
  return files;
}

/** A folder with a kustomize that notes its calls. */
function countedTool(): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'kustomize'), `#!/bin/sh\necho "$1 $2" >> ${folder}/calls\nexec ${toolFile('kustomize')} "$@"\n`);
  chmodSync(join(folder, 'kustomize'), 0o755);
  return folder;
}
function callsOf(folder: string): string[] {
  const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n');
  return calls.filter((line) => line.startsWith('build'));
}

describe('builds that wait for each other', () => {
  it.each([
    ['that cannot see each other', overlays(20)],
    [
      'one of which binds a role',
      {
        ...overlays(6),
        'apps/a3/role.yaml':
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: sa, namespace: team-1}]\n',
        'apps/a3/kustomization.yaml': 'resources: [../../base, role.yaml]\nnamespace: team-3\n',
        'apps/a1/kustomization.yaml': 'resources: [sa.yaml]\nnamespace: team-1\nnamePrefix: x-\n',
        'apps/a1/sa.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n',
      },
    ],
    ['that define objects of the cluster', overlays(6, 'components: [../../part]\n')],
  ])('give what each gives alone: %s', async (_name, files) => {
    const all = {
      ...files,
      'part/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [class.yaml]\n',
      'part/class.yaml': 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 10\n',
    };
    const paths = Object.keys(files)
      .filter((path) => path.startsWith('apps/') && path.endsWith('kustomization.yaml'))
      .map((path) => dirname(path));
    const artifact = await artifactOf(all);
    const slow = openRenderers({ parallel: 1 });
    const rendered = await Promise.all(paths.map((path) => renderPath(slow, artifact, { path, namespace: 'default' }, signal)));
    const some = paths.filter((_, at) => at < 5 || at === paths.length - 1);
    for (const path of some) {
      expect(
        rendered[paths.indexOf(path)]?.manifests.map((one) => one.object),
        path,
      ).toEqual(byKustomize(all, path));
    }
  });

  it('share few runs of the program', async () => {
    const folder = countedTool();
    const counted = openRenderers({ parallel: 1, environment: { PATH: folder } });
    const artifact = await artifactOf(overlays(28));
    const paths = Array.from({ length: 28 }, (_, at) => `apps/a${at}`);
    await Promise.all(paths.map((path) => renderPath(counted, artifact, { path, namespace: 'default' }, signal)));
    // The first comes alone, the others by seven: there are seven namespaces.
    const calls = callsOf(folder);
    expect(calls.filter((call) => call === 'build shared').length).toBeGreaterThan(2);
    expect(calls.length).toBeLessThan(12);
  });

  it('hear each of its own failure', async () => {
    const files = {
      ...overlays(3),
      'apps/a1/kustomization.yaml':
        'resources: [../../base]\nnamespace: team-1\npatches: [{patch: "- {op: remove, path: /spec/nothing}", target: {kind: Deployment}}]\n',
    };
    const artifact = await artifactOf(files);
    const slow = openRenderers({ parallel: 1 });
    const ends = await Promise.allSettled(
      ['apps/a0', 'apps/a1', 'apps/a2'].map((path) => renderPath(slow, artifact, { path, namespace: 'default' }, signal)),
    );
    expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('what a build is told', () => {
  it('tells of each object the file and line that it comes from, also of what a generator made', async () => {
    const { manifests } = await render(overlays(1), 'apps/a0');
    expect(
      manifests.map(({ object, origin, position }) => [object.kind, `${origin.path}:${origin.line}`, position(['spec', 'replicas']).line]),
    ).toEqual([
      ['ConfigMap', 'base/kustomization.yaml:3', 3],
      ['Secret', 'base/kustomization.yaml:6', 6],
      ['Deployment', 'base/web.yaml:1', 6],
    ]);
  });

  it('lays settings over the folder, inside of it', async () => {
    const { manifests } = await render(overlays(1), 'apps/a0', {
      targetNamespace: 'shop',
      kustomize: {
        images: [{ name: 'nginx', newTag: '9' }],
        namePrefix: 'p-',
        commonLabels: { by: 'us' },
        patches: [{ patch: '- {op: replace, path: /spec/replicas, value: 8}', target: { kind: 'Deployment', name: 'web' } }],
      },
    });
    const deployment = manifests.find(({ object }) => object.kind === 'Deployment')?.object as unknown as {
      metadata: unknown;
      spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
    };
    expect(deployment.metadata).toEqual({ name: 'p-web', namespace: 'shop', labels: { by: 'us' } });
    expect(deployment.spec.template.spec.containers[0]?.image).toBe('nginx:9');
  });

  it('takes the manifests of a folder that has no kustomization', async () => {
    const files = {
      'apps/web.yaml': web,
      'apps/notes.txt': 'no manifest',
      'apps/part/kustomization.yaml': 'resources: [a.yaml]\n',
      'apps/part/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    };
    const { manifests } = await render(files, 'apps', { targetNamespace: 'shop' });
    expect(manifests.map(({ object }) => `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`).sort()).toEqual([
      'ConfigMap shop/a',
      'Deployment shop/web',
    ]);
  });

  it('puts variables in as Flux does', async () => {
    const files = {
      'a/kustomization.yaml': 'resources: [m.yaml]\n',
      'a/m.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name:=web}-settings\ndata:\n  host: ${host}.example.org\n  keep: $${host}\n  port: "${port}"\n  other: ${unheard}\n',
    };
    const { manifests, notes } = await render(files, 'a', { substitute: { host: 'shop', port: '80' } });
    expect(manifests.map(({ object }) => object)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web-settings' },
        data: { host: 'shop.example.org', keep: '${host}', port: 80, other: '${unheard}' },
      },
    ]);
    expect(notes).toEqual(['"unheard": no value is known here, so ${…} stays as it is written']);
  });
});

describe('charts that a kustomization inflates', () => {
  const files = {
    'a/kustomization.yaml': 'namePrefix: p-\nhelmCharts:\n  - name: web\n    releaseName: rel\n    valuesInline: {mode: calm}\n',
    'a/charts/web/values.yaml': 'mode: wild\n',
    'a/charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'a/charts/web/templates/c.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  mode: {{ .Values.mode }}\n',
  };
  it('are rendered where they lie in the tree', async () => {
    const { manifests } = await render(files, 'a');
    expect(manifests.map(({ object }) => object)).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'p-rel' }, data: { mode: 'calm' } },
    ]);
  });
  it.each<[string, string, string]>([
    [
      'are not fetched',
      'helmCharts:\n  - name: redis\n    repo: https://charts.example.org\n    version: 1.0.0\n',
      'the chart "redis" is not at "charts/redis-1.0.0/redis", and nothing is fetched while rendering',
    ],
    [
      'give helm no options',
      'helmCharts:\n  - name: web\n    releaseName: --post-renderer=/bin/sh\n',
      '"--post-renderer=/bin/sh" looks like an option of helm',
    ],
    [
      'stand beside no plugins',
      'generators: [g.yaml]\nhelmCharts:\n  - name: web\n',
      'helmCharts beside generators, transformers or validators are not rendered',
    ],
  ])('%s', async (_name, text, expected) => {
    const problems = await problemsOf(render({ ...files, 'a/kustomization.yaml': text, 'a/g.yaml': web }, 'a'));
    expect(problems.map(({ message }) => message).join('\n')).toContain(expected);
  });
});

describe('a tree that is not what it should be', () => {
  it.each<[string, Files, string]>([
    [
      'names what is missing',
      { 'a/kustomization.yaml': 'resources:\n  - web.yaml\n' },
      'a/kustomization.yaml:2:5: "web.yaml" is not in the repository',
    ],
    [
      'fetches nothing',
      { 'a/kustomization.yaml': 'resources:\n  - https://github.com/o/r//base?ref=v1\n' },
      'a/kustomization.yaml:2:5: "https://github.com/o/r//base?ref=v1" is remote, and nothing is fetched while rendering: copy it into the repository and name the copy',
    ],
    [
      'does not leave the repository',
      { 'a/kustomization.yaml': 'resources: [../../../etc]\n' },
      'a/kustomization.yaml:1:13: "../../../etc" leaves the repository',
    ],
    [
      'reads no file of another folder',
      { 'a/kustomization.yaml': 'resources: [../b.yaml]\n', 'b.yaml': web },
      `a/kustomization.yaml:1:13: "../b.yaml" lies outside of the kustomization's folder, where kustomize reads no files: name a folder with a kustomization`,
    ],
    [
      'names a folder without a kustomization',
      { 'a/kustomization.yaml': 'components: [../b]\n', 'b/x.yaml': web },
      'a/kustomization.yaml:1:14: the folder "../b" has no kustomization.yaml',
    ],
    [
      'names a mistake in a base',
      { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources:\n  - a\n - b\n' },
      'b/kustomization.yaml:3:1: ',
    ],
  ])('%s', async (_name, files, expected) => {
    const [problem] = await problemsOf(render(files, 'a'));
    expect(`${problem?.path ?? ''}:${problem?.line ?? 0}:${problem?.column ?? 0}: ${problem?.message ?? ''}`).toContain(expected);
  });

  it('runs no plugin that the repository brings', async () => {
    const files = {
      'a/kustomization.yaml': 'generators: [plugin.yaml]\n',
      'a/plugin.yaml':
        'apiVersion: v1\nkind: Run\nmetadata:\n  name: run\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n',
      'a/run.sh': '#!/bin/sh\ntouch /tmp/steer-was-here\n',
    };
    const [problem] = await problemsOf(render(files, 'a'));
    expect(problem?.message).toMatch(/plugin|external|exec/);
  });

  it('never says a value of a Secret in an error', async () => {
    const files = {
      'a/kustomization.yaml':
        'resources: [s.yaml]\npatches: [{target: {kind: Secret}, patch: "- {op: test, path: /data/password, value: other}"}]\n',
      'a/s.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: open-sesame-17}\ndata: {password: b3Blbi1zZXNhbWU=}\n',
    };
    const problems = await problemsOf(render(files, 'a'));
    expect(JSON.stringify(problems)).not.toMatch(/open-sesame-17|b3Blbi1zZXNhbWU/);
  });

  it('prints no object that kustomize prints when it fails', async () => {
    const secret = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\nstringData: {password: open-sesame-17}\n`;
    const files = {
      'a/kustomization.yaml': 'resources: [s.yaml]\npatches: [{target: {kind: Secret}, patch: "just text"}]\n',
      'a/s.yaml': secret('s'),
      'b/kustomization.yaml': 'resources: [s.yaml, t.yaml]\n',
      'b/s.yaml': secret('open-sesame-17'),
      'b/t.yaml': secret('open-sesame-17'),
    };
    const problems = [...(await problemsOf(render(files, 'a'))), ...(await problemsOf(render(files, 'b')))];
    expect(problems.map(({ message }) => message.includes('open-sesame'))).toEqual([false, false]);
    expect(problems[1]?.message).toContain('***');
  });

  it('is no silence where no programs may run', async () => {
    const [problem] = await problemsOf(render(base, 'base', { targetNamespace: 'shop' }, createRenderers()));
    expect(problem?.message).toBe('the application asks for kustomize, and no programs may run here');
  });

  it('takes kubectl where there is no kustomize, and says when it is too old', async () => {
    const own = openRenderers({ environment: { PATH: dirname(toolFile('kubectl')) } });
    const { manifests } = await render(overlays(1), 'apps/a0', {}, own);
    expect(manifests.map(({ object }) => object.metadata.name)).toContain('a0-web');
    const old = scratchFolder();
    writeFileSync(join(old, 'kubectl'), '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.20.2"}}\'\n');
    chmodSync(join(old, 'kubectl'), 0o755);
    const [problem] = await problemsOf(render(overlays(1), 'apps/a0', {}, openRenderers({ environment: { PATH: old } })));
    expect(problem?.message).toContain(
      `${join(old, 'kubectl')} is of an unknown version (kustomize), and 5.0 or newer is needed: install kustomize`,
    );
  });

  it('says what to install where there is neither kustomize nor kubectl', async () => {
    const [problem] = await problemsOf(render(base, 'base', {}, openRenderers({ environment: { PATH: '/nowhere' } })));
    expect(problem).toEqual({
      path: 'base/kustomization.yaml',
      line: 1,
      column: 1,
      message:
        'there is neither kustomize nor kubectl on the PATH to render this: install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl, and put it on the PATH',
    });
  });
});

describe('what was rendered before', () => {
  const folder = scratchFolder();
  const tool = countedTool();
  const kept = () => openRenderers({ directory: folder, environment: { PATH: tool } });
  const builds = () => callsOf(tool).length;
  const files = () => readdirSync(join(folder, 'kept')).map((name) => join(folder, 'kept', name));

  it('is not rendered again by another process, and only its readers can open it', async () => {
    const first = await render(overlays(1), 'apps/a0', {}, kept());
    expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
    expect(readFileSync(files()[0] as string, 'latin1')).not.toMatch(/open-sesame|b3Blbi1|Deployment/);
    const again = await render(overlays(1), 'apps/a0', {}, kept());
    expect(builds()).toBe(1);
    expect(again.manifests.map((one) => [one.object, one.origin, one.blob, one.position(['spec'])])).toEqual(
      first.manifests.map((one) => [one.object, one.origin, one.blob, one.position(['spec'])]),
    );
  });

  it('is rendered again where the file was cut short', async () => {
    await render(overlays(1), 'apps/a0', {}, kept());
    for (const file of files()) writeFileSync(file, readFileSync(file).subarray(0, 100));
    expect((await render(overlays(1), 'apps/a0', {}, kept())).manifests).toHaveLength(3);
    expect(statSync(files()[0] as string).size).toBeGreaterThan(500);
  });

  it('is the same object for a commit elsewhere, and another for one that it reads', async () => {
    const own = kept();
    const [one, elsewhere, inBase] = [
      overlays(2),
      { ...overlays(2), 'README.md': 'new' },
      { ...overlays(2), 'base/settings.ini': 'mode=wild\n' },
    ];
    const [a, b, c] = [
      await render(one, 'apps/a0', {}, own),
      await render(elsewhere, 'apps/a0', {}, own),
      await render(inBase, 'apps/a0', {}, own),
    ];
    expect([b === a, c === a]).toEqual([true, false]);
    const prints = await Promise.all(
      [one, elsewhere, inBase].map(async (tree) => fingerprintOf(own, await artifactOf(tree), { path: 'apps/a0', namespace: 'x' })),
    );
    expect([prints[1] === prints[0], prints[2] === prints[0]]).toEqual([true, false]);
  });
});
