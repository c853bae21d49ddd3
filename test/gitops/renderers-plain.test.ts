import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { problemText, RenderError, type RenderResult } from '../../src/gitops/renderer.ts';
import { createRenderers, rendererFor } from '../../src/gitops/renderers/index.ts';
import { createPlainRenderer } from '../../src/gitops/renderers/plain.ts';
import type { Artifact } from '../../src/gitops/source.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { corpus, corpusPath } from '../support/corpus.ts';

const signal = new AbortController().signal;
const config = (name: string, rest = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${rest}`;

async function artifactOf(files: Readonly<Record<string, string>>, source = new MemorySource(new SimulatedClock())): Promise<Artifact> {
  source.commit('r', files);
  return source.resolve({ repo: 'r', path: '', revision: '', intervalMs: 1000 }, signal);
}
async function render(files: Readonly<Record<string, string>>, path = ''): Promise<RenderResult> {
  return createPlainRenderer().render(await artifactOf(files), path, signal);
}
async function problems(files: Readonly<Record<string, string>>): Promise<string[]> {
  const error: unknown = await render(files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RenderError)) throw new Error(`no RenderError but ${String(error)}`);
  return error.problems.map(problemText);
}
const shown = (result: RenderResult) =>
  result.manifests.map(({ object, origin }) => `${object.kind} ${object.metadata.name} ${origin.path}:${origin.line}`);

describe('the plain renderer', () => {
  it.each([
    ['the folder alone', { recurse: false }, ['one']],
    ['what a pattern takes', { include: '{one,b/*}.yaml' }, ['two', 'one']],
    ['what no pattern leaves out', { exclude: 'b/*' }, ['one']],
  ])('reads %s where it is asked to', async (_, directory, names) => {
    const artifact = await artifactOf({ 'a/one.yaml': config('one'), 'a/b/two.yaml': config('two') });
    const { manifests } = await createPlainRenderer().render(artifact, 'a', signal, { directory });
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(names);
  });
  it('reads documents, lists and JSON, with the line of each', async () => {
    const result = await render(
      {
        'a/all.yaml': `# first\n${config('one')}---\n---\n# nothing\n---\n${config('two')}`,
        'a/list.yml': `apiVersion: v1\nkind: List\nitems:\n- ${config('three').replaceAll('\n', '\n  ')}\n- ${config('four').replaceAll('\n', '\n  ')}\n`,
        'a/x.json': '\n{\n\t"apiVersion": "v1",\n\t"kind": "ConfigMap",\n\t"metadata": {"name": "five"}\n}\n',
        'a/typed.yaml': `apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: six}\n`,
        'b/other.yaml': config('other'),
        'a/.hidden.yaml': 'no: manifest',
        'a/.ci/x.yaml': 'no: manifest',
        'a/README.md': 'text',
        'a/package.json': '{"name": "x"}',
      },
      'a',
    );
    expect(shown(result)).toEqual([
      'ConfigMap one a/all.yaml:2',
      'ConfigMap two a/all.yaml:10',
      'ConfigMap three a/list.yml:4',
      'ConfigMap four a/list.yml:9',
      'ConfigMap six a/typed.yaml:4',
      'ConfigMap five a/x.json:2',
    ]);
    expect(result.manifests[4]?.object).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'six' } });
    expect(result.manifests[3]?.position(['metadata', 'name'])).toEqual({ line: 12, column: 11 });
    expect(result.notes).toEqual(['"a/package.json" is no manifest and is left out']);
    expect(result.read.map(({ path }) => path)).toEqual(['a/all.yaml', 'a/list.yml', 'a/package.json', 'a/typed.yaml', 'a/x.json']);
  });

  it('leaves out kustomizations and Helm charts, and says so', async () => {
    const result = await render({
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'flux.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\n',
      'named.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
      'a.yaml': config('a'),
      'charts/web/Chart.yaml': 'name: web\n',
      'charts/web/values.yaml': 'x: 1\n',
      'charts/web/templates/x.yaml': 'a: {{ .Values.x }}\n',
    });
    expect(shown(result)).toEqual(['ConfigMap a a.yaml:1', 'Kustomization k flux.yaml:1']);
    expect(result.notes).toEqual([
      '"charts/web" is a Helm chart and is left out: name it with a path of its own',
      '"kustomization.yaml" is a kustomization and is left out: name its folder with a path of its own',
      '"named.yaml" is a kustomization and is left out: name its folder with a path of its own',
    ]);
  });

  it('names all that is wrong in all files at once', async () => {
    const found = await problems({
      'a.yaml': `${config('a')}---\nhello: world\n---\n- 1\n`,
      'b.yaml': 'a: {{ .Values.x }}\n',
      'c.yaml': 'kind: ConfigMap\napiVersion: 1\nmetadata: {name: x}\n',
      'd.yaml': 'a: 1\na: 2\n',
      'e.yaml': 'just text',
      'f.json': '{"apiVersion": "v1",}x',
      'g.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: name\n',
      'h.json': '{"apiVersion": "v1", "apiVersion": "v2", "kind": "ConfigMap"}',
    });
    const advice = 'If this is no manifest, move it out of the path or name the folder of the manifests with the path';
    expect(found).toEqual([
      `a.yaml:6:1: this has no apiVersion and no kind, so it is no Kubernetes object. ${advice}`,
      `a.yaml:8:1: this is a list, not a Kubernetes object. ${advice}`,
      'b.yaml:1:4: this is a template ({{ }}), not a manifest: name the folder of its chart with the path, or render it and commit the result',
      'c.yaml:2:13: apiVersion must be text, not 1',
      'd.yaml:2:1: the key "a" is written twice',
      `e.yaml:1:1: this is plain text, not a Kubernetes object. ${advice}`,
      expect.stringMatching(/^f\.json:1:\d+: /),
      'g.yaml:3:11: metadata must be a map',
      'h.json:1:22: the key "apiVersion" is written twice',
    ]);
  });

  it('reads nothing out of files that hold nothing', async () => {
    expect(await render({ 'a.yaml': '', 'b.yaml': '# only\n---\n# comments\n', 'c.json': ' \n' })).toMatchObject({
      manifests: [],
      notes: [],
    });
  });

  it('freezes what it answers, since later renders share it', async () => {
    const result = await render({ 'a.yaml': config('a', 'data: {k: v}\n') });
    expect(Object.isFrozen(result.manifests[0]?.object.metadata)).toBe(true);
  });

  it('is found for any path, and asked nothing twice', async () => {
    const artifact = await artifactOf({ 'a.yaml': config('a') });
    const renderers = createRenderers();
    const renderer = await rendererFor(renderers, artifact, '');
    expect(renderer.name).toBe('plain');
    expect(await renderer.render(artifact, '', signal)).toBe(await renderer.render(artifact, '', signal));
  });

  it('parses only what has changed, and shares the rest', async () => {
    const source = new MemorySource(new SimulatedClock());
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}.yaml`, config(`c${at}`)]));
    const renderer = createPlainRenderer();
    const before = await renderer.render(await artifactOf(files, source), '', signal);
    const asked: string[][] = [];
    const artifact = await artifactOf({ 'f7.yaml': config('changed') }, source);
    const counting = { ...artifact, read: (paths: readonly string[]) => (asked.push([...paths]), artifact.read(paths)) };
    const after = await renderer.render(counting, '', signal);
    expect(asked).toEqual([['f7.yaml']]);
    const same = after.manifests.filter((manifest, at) => manifest.object === before.manifests[at]?.object);
    expect(same).toHaveLength(299);
  });
});

test.each<[string, Uint8Array, string]>([
  ['bytes that are no UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0x3a, 0xff, 0xfe]), 'x.yaml:2:3: this is not UTF-8 text'],
  ['UTF-16', Buffer.from('\ufeffapiVersion: v1\n', 'utf16le'), 'x.yaml:1:1: this is not UTF-8 text'],
  ['a null byte', Buffer.from('a: 1\nb: \0\n'), 'x.yaml:2:4: control character U+0000, which YAML does not allow'],
])('%s are refused with their place', async (_name, bytes, expected) => {
  const artifact = await artifactOf({ 'x.yaml': 'x' });
  const poisoned = { ...artifact, read: () => Promise.resolve([bytes]) };
  await expect(createPlainRenderer().render(poisoned, '', signal)).rejects.toThrow(expected);
});

describe.skipIf(corpus === undefined)('real trees', () => {
  test.each(['gitops/microservices-demo/release', 'gitops/kubernetes-examples', 'gitops/podinfo', 'gitops/flux2-kustomize-helm-example'])(
    '%s is read, or every problem has its place',
    async (folder) => {
      const root = corpusPath(folder);
      const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const files = Object.fromEntries(
        names.map((entry) => {
          const path = `${entry.parentPath}/${entry.name}`;
          return [path.slice(root.length + 1), readFileSync(path, 'utf8')];
        }),
      );
      const result = await render(files).catch((error: unknown) => error);
      if (result instanceof RenderError)
        for (const problem of result.problems)
          expect(problem).toMatchObject({ line: expect.any(Number) as number, message: expect.stringMatching(/\w/) as string });
      else expect((result as RenderResult).manifests.length).toBeGreaterThan(0);
    },
  );
});
