import { generateIdentity, identityToRecipient } from 'age-encryption';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { RenderError, type RenderSettings } from '../../src/gitops/renderer.ts';
import { renderPath, type RenderWish } from '../../src/gitops/renderers/index.ts';
import { dataKeyOf, isSops, opened, type SopsDocument } from '../../src/gitops/rendering/sops.ts';
import { parseYaml } from '../../src/gitops/yaml.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';
import { openRenderers, scratchFolder, toolPath } from '../support/render-tools.ts';
import { sopsDocuments, sopsFiles, sopsKey } from '../support/sops-file.ts';
import { sealWithSops } from '../support/sops-seal.ts';

const signal = new AbortController().signal;
let identity: string;
let recipient: string;
const sealed = (documents: readonly Record<string, unknown>[], fields?: RegExp, sealedOnly?: boolean) =>
  sealWithSops(documents, { recipient, ...(fields === undefined ? {} : { fields }), ...(sealedOnly === undefined ? {} : { sealedOnly }) });

const secret = (name: string, password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData: { password, 'long.key': 'a\nb' },
});

async function render(
  files: Readonly<Record<string, string>>,
  path: string,
  options: { keys?: string; settings?: RenderSettings; wish?: Partial<RenderWish> } = {},
) {
  const source = new MemorySource(new SimulatedClock());
  source.commit('repo', files);
  const artifact = await source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
  const renderers = openRenderers({
    environment: { PATH: toolPath, ...(options.keys === undefined ? {} : { SOPS_AGE_KEY: options.keys }) },
  });
  return renderPath(renderers, artifact, { path, namespace: 'default', settings: options.settings, ...options.wish }, signal);
}
async function messageOf(rendering: Promise<unknown>): Promise<string> {
  const error: unknown = await rendering.catch((caught: unknown) => caught);
  if (!(error instanceof RenderError)) throw new Error('it rendered', { cause: error });
  return error.message;
}

beforeAll(async () => {
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
});

describe('Secrets that SOPS has encrypted', () => {
  it.each([
    ['plain manifests', (text: string) => ({ 'a/s.yaml': text })],
    [
      'a kustomization',
      (text: string) => ({ 'a/kustomization.yaml': 'resources: [s.yaml]\nnamePrefix: p-\ncommonLabels: {by: us}\n', 'a/s.yaml': text }),
    ],
  ])('are opened with the key of whoever asks: in %s', async (_name, filesOf) => {
    const files = filesOf(await sealed([secret('one', 'open-sesame'), secret('two', 'friend')]));
    const { manifests } = await render(files, 'a', { keys: identity });
    expect(manifests.map(({ object }) => object)).toMatchObject([
      { kind: 'Secret', stringData: { password: 'open-sesame', 'long.key': 'a\nb' } },
      { kind: 'Secret', stringData: { password: 'friend' } },
    ]);
    expect(manifests.some(({ object }) => 'sops' in object)).toBe(false);
  });

  it('have a MAC over their encrypted values alone where they say so', async () => {
    const files = { 'a/s.yaml': await sealed([secret('one', 'open-sesame')], /^stringData$/, true) };
    expect((await render(files, 'a', { keys: identity })).manifests[0]?.object).toMatchObject({ stringData: { password: 'open-sesame' } });
  });

  it('are taken from a file of keys', async () => {
    const file = join(scratchFolder(), 'keys.txt');
    writeFileSync(file, `# created: today\n# public key: ${recipient}\n${identity}\n`);
    const source = new MemorySource(new SimulatedClock());
    source.commit('repo', { 'a/s.yaml': await sealed([secret('one', 'open-sesame')]) });
    const artifact = await source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
    const renderers = openRenderers({ environment: { PATH: toolPath, SOPS_AGE_KEY_FILE: file } });
    const { manifests } = await renderPath(renderers, artifact, { path: 'a', namespace: 'default' }, signal);
    expect(manifests[0]?.object).toMatchObject({ stringData: { password: 'open-sesame' } });
  });

  it('are refused without a key where they would be applied, and compared as they stand in Git where not', async () => {
    const files = { 'a/s.yaml': await sealed([secret('one', 'open-sesame')]) };
    const why = `Secret one: it is encrypted with SOPS for ${recipient}, and no key was given: set SOPS_AGE_KEY_FILE to the file of the key`;
    expect(await messageOf(render(files, 'a'))).toBe(`a/s.yaml:1:1: ${why}`);
    const { manifests, notes } = await render(files, 'a', { wish: { sealed: 'keep' } });
    expect(manifests[0]?.object).toMatchObject({ kind: 'Secret', stringData: { password: expect.stringMatching(/^ENC\[/) as string } });
    expect('sops' in (manifests[0]?.object ?? {})).toBe(false);
    expect(notes).toEqual([`a/s.yaml:1: Secret one is compared as it is encrypted: ${why.slice('Secret one: '.length)}`]);
  });

  it('are not made by generators, which take encrypted files as they are', async () => {
    const file = await sealed([{ password: 'open-sesame' }], /./);
    const files = { 'a/kustomization.yaml': 'secretGenerator:\n  - name: s\n    files: [secrets.json]\n', 'a/secrets.json': file };
    expect(await messageOf(render(files, 'a', { keys: identity }))).toMatch(
      /^a\/kustomization\.yaml:2:1: Secret s-\w+: it is made of a file that SOPS has encrypted/,
    );
  });

  it('say so where the file of keys cannot be read', async () => {
    const source = new MemorySource(new SimulatedClock());
    source.commit('repo', { 'a/s.yaml': await sealed([secret('one', 'open-sesame')]) });
    const artifact = await source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
    const renderers = openRenderers({ environment: { PATH: toolPath, SOPS_AGE_KEY_FILE: '/nowhere/keys.txt' } });
    const rendering = renderPath(renderers, artifact, { path: 'a', namespace: 'default' }, signal);
    expect(await messageOf(rendering)).toContain('SOPS_AGE_KEY_FILE names /nowhere/keys.txt, which cannot be opened');
  });

  it('are base64 where a server wants it, also while they are encrypted', async () => {
    const one = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' }, data: { password: 'b3Blbg==' } };
    const { manifests } = await render({ 'a/s.yaml': await sealed([one]) }, 'a', { wish: { sealed: 'keep' } });
    const { data } = manifests[0]?.object as unknown as { data: { password: string } };
    expect(Buffer.from(data.password, 'base64').toString()).toMatch(/^ENC\[AES256_GCM/);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['a value that was changed', (text) => text.replace(/data:[^,]{4}/, 'data:AAAA'), /cannot be decrypted: it was changed, or moved/],
    ['a value that was moved', (text) => text.replace('"password"', '"other"'), /stringData\.other cannot be decrypted/],
    ['a clear value that was changed', (text) => text.replace('"name":"one"', '"name":"uno"'), /its MAC is not that of its values/],
    ['a value that was taken out', (text) => text.replace(/,"long\.key":"[^"]*"/, ''), /its MAC is not that of its values/],
  ])('are refused with %s', async (_name, change, expected) => {
    const text = await sealed([secret('one', 'open-sesame')]);
    const message = await messageOf(render({ 'a/s.yaml': change(text) }, 'a', { keys: identity }));
    expect(message).toMatch(expected);
    expect(message).not.toContain('open-sesame');
  });

  it('are refused with the key of somebody else', async () => {
    const files = { 'a/s.yaml': await sealed([secret('one', 'open-sesame')]) };
    expect(await messageOf(render(files, 'a', { keys: await generateIdentity() }))).toContain(
      'none of the keys that were given is one of these',
    );
  });

  it('are the only kind in which values are opened', async () => {
    const files = {
      'a/c.yaml': await sealed([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { password: 'open-sesame' } }]),
    };
    expect(await messageOf(render(files, 'a', { keys: identity }))).toContain('values are decrypted in Secrets alone');
  });
});

describe('a file of values that SOPS has encrypted', () => {
  const chart = {
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/templates/s.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  password: {{ .Values.auth.password }}\n  user: {{ .Values.auth.user }}\n',
    'web/values.yaml': 'auth: {user: nobody}\n',
  };
  const settings: RenderSettings = { helm: { valueFiles: ['prod.yaml', 'secrets.yaml'], values: { auth: { user: 'last' } } } };

  it('is told to helm without being written', async () => {
    const files = {
      ...chart,
      'prod.yaml': 'auth: {user: prod}\n',
      'secrets.yaml': await sealed([{ auth: { password: 'open-sesame' } }], /./),
    };
    const { manifests } = await render(files, 'web', { keys: identity, settings });
    expect(manifests[0]?.object).toMatchObject({ stringData: { password: 'open-sesame', user: 'last' } });
  });

  it('may not turn up outside of Secrets', async () => {
    const files = {
      ...chart,
      'web/templates/c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  url: https://me:{{ .Values.auth.password }}@example.org\n',
      'prod.yaml': '',
      'secrets.yaml': await sealed([{ auth: { password: 'open-sesame' } }], /./),
    };
    const message = await messageOf(render(files, 'web', { keys: identity, settings }));
    expect(message).toBe(
      'web/templates/c.yaml:2:1: ConfigMap c would hold a value that SOPS has encrypted, and is no Secret: plans would show it',
    );
  });
});

it.each(sopsFiles)('opens what sops itself wrote $name', async ({ text }) => {
  const found = parseYaml(text)
    .documents.map(({ value }) => value)
    .filter(isSops);
  expect(opened(found, await dataKeyOf(found[0] as SopsDocument, [sopsKey]))).toEqual(sopsDocuments);
});
