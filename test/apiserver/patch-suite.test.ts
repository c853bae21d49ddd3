import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { mostOperations } from '../../src/schema/patch.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

interface Case {
  readonly comment?: string;
  readonly doc: unknown;
  readonly patch: unknown;
  readonly expected?: unknown;
  readonly error?: string;
  readonly disabled?: boolean;
}
/** Cases that the API server answers otherwise, and why. */
const exempt: Readonly<Record<string, string>> = {
  "patch has two 'op' members": 'a member that is named twice is a warning, and the last one counts, as in Kubernetes',
};

let api: TestServer;
beforeAll(async () => {
  api = await startApiServer();
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  };
  await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'papers.demo.example' },
      spec: {
        group: 'demo.example',
        scope: 'Namespaced',
        names: { plural: 'papers', kind: 'Paper' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    },
  });
});
afterAll(() => api.stop());

const papers = '/apis/demo.example/v1/namespaces/default/papers';
const jsonPatch = { 'content-type': 'application/json-patch+json' };
const mergePatch = { 'content-type': 'application/merge-patch+json' };
let count = 0;
async function paper(doc: unknown): Promise<string> {
  const name = `p${++count}`;
  const body = { apiVersion: 'demo.example/v1', kind: 'Paper', metadata: { name }, spec: { doc } };
  expect((await api.request('POST', papers, { body })).status).toBe(201);
  return `${papers}/${name}`;
}
/** The operations as they are about the part of the object that holds the document. */
function below(patch: unknown): unknown {
  const moved = (pointer: unknown): unknown =>
    typeof pointer === 'string' && (pointer === '' || pointer.startsWith('/')) ? `/spec/doc${pointer}` : pointer;
  if (!Array.isArray(patch)) return patch;
  return patch.map((operation: unknown) => {
    if (typeof operation !== 'object' || operation === null) return operation;
    const { path, from, ...rest } = operation as { path?: unknown; from?: unknown };
    return { ...rest, ...('path' in operation && { path: moved(path) }), ...('from' in operation && { from: moved(from) }) };
  });
}
const docOf = (object: unknown): unknown => (object as { spec: { doc?: unknown } }).spec.doc;

describe.skipIf(corpus === undefined)('the public JSON Patch suite, through the API server', () => {
  const cases = (corpus === undefined ? [] : ['tests.json', 'spec_tests.json']).flatMap(
    (name) => JSON.parse(readFileSync(corpusPath('suites/json-patch-tests', name), 'utf8')) as Case[],
  );
  const named = cases
    .filter(({ disabled, patch, error = '' }) => disabled !== true && patch !== undefined && exempt[error] === undefined)
    .map((one) => [one.comment ?? one.error ?? JSON.stringify(one.patch), one] as const);

  it('is there', () => {
    expect(named.length).toBeGreaterThan(100);
  });

  test.each(named)('%s', async (_name, { doc, patch, expected, error }) => {
    const path = await paper(doc);
    const answer = await api.request('PATCH', path, { headers: jsonPatch, body: below(patch) });
    if (error === undefined) {
      expect(answer.status, answer.text).toBe(200);
      if (expected !== undefined) expect(docOf(answer.object)).toEqual(expected);
    } else {
      expect([400, 422]).toContain(answer.status);
      expect(docOf((await api.request('GET', path)).object)).toEqual(doc);
    }
  });
});

describe('a patch', () => {
  it('may have ten thousand operations and no more', async () => {
    const path = await paper({ a: 1 });
    const tests = (many: number) => Array.from({ length: many }, () => ({ op: 'test', path: '/spec/doc/a', value: 1 }));
    expect((await api.request('PATCH', path, { headers: jsonPatch, body: tests(mostOperations) })).status).toBe(200);
    expect((await api.request('PATCH', path, { headers: jsonPatch, body: tests(mostOperations + 1) })).object).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
    });
  });

  it('may not be larger than any body', async () => {
    const path = await paper({ a: 1 });
    const answer = await api.request('PATCH', path, { headers: mergePatch, body: { spec: { doc: 'x'.repeat(3 * 1024 * 1024) } } });
    expect(answer.object).toMatchObject({ code: 413, message: 'Request entity too large: limit is 3145728' });
  });

  it('that tests for another value changes nothing', async () => {
    const path = await paper({ a: 1 });
    const body = [
      { op: 'replace', path: '/spec/doc/a', value: 2 },
      { op: 'test', path: '/spec/doc/a', value: 3 },
    ];
    expect((await api.request('PATCH', path, { headers: jsonPatch, body })).object).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringMatching(/^the server rejected our request due to an error in our request/) as string,
    });
    expect(docOf((await api.request('GET', path)).object)).toEqual({ a: 1 });
  });

  it('of an older version is a Conflict, and without a version is tried again', async () => {
    const path = await paper({ a: 1 });
    const { metadata } = (await api.request('GET', path)).object as { metadata: { resourceVersion: string } };
    await api.request('PATCH', path, { headers: mergePatch, body: { spec: { doc: { a: 2 } } } });
    const old = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { doc: { a: 3 } } };
    expect((await api.request('PATCH', path, { headers: mergePatch, body: old })).object).toMatchObject({ code: 409, reason: 'Conflict' });
    const names = ['k', 'l', 'm', 'n'];
    const patches = names.map((name) => api.request('PATCH', path, { headers: mergePatch, body: { spec: { doc: { [name]: 1 } } } }));
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(docOf((await api.request('GET', path)).object)).toEqual({ a: 2, k: 1, l: 1, m: 1, n: 1 });
  });
});
