import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const labels = { letter: name, kind: 'aeiou'.includes(name) ? 'vowel' : 'consonant' };
    await api.request('POST', maps, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } } });
  }
});
afterEach(() => api.stop());

const maps = '/api/v1/namespaces/default/configmaps';
interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}
async function list(query: Record<string, string | number>, path = maps): Promise<List & { names: string }> {
  const { object } = await api.request('GET', path, { query });
  const found = object as List;
  return { ...found, names: (found.items ?? []).map(({ metadata }) => metadata.name).join('') };
}

describe('a list', () => {
  test.each([
    [{}, 'abcde'],
    [{ labelSelector: 'kind=vowel' }, 'ae'],
    [{ labelSelector: 'letter in (a,c),kind!=vowel' }, 'c'],
    [{ labelSelector: '!kind' }, ''],
    [{ fieldSelector: 'metadata.name=b' }, 'b'],
    [{ fieldSelector: 'metadata.name!=b' }, 'acde'],
    [{ fieldSelector: 'metadata.name=b,metadata.namespace=default' }, 'b'],
    [{ fieldSelector: 'metadata.name=b', labelSelector: 'kind=vowel' }, ''],
    [{ resourceVersion: 0 }, 'abcde'],
    [{ resourceVersion: 1, resourceVersionMatch: 'NotOlderThan' }, 'abcde'],
  ])('with %o is %s', async (query, names) => {
    expect((await list(query)).names).toBe(names);
  });

  it('at a revision is what was there', async () => {
    const then = (await list({})).metadata.resourceVersion;
    await api.request('DELETE', `${maps}/c`);
    expect((await list({ resourceVersion: then, resourceVersionMatch: 'Exact' })).names).toBe('abcde');
    expect((await list({ resourceVersion: then })).names).toBe('abde');
  });

  it('comes in pages, all of one revision', async () => {
    const first = await list({ limit: 2 });
    expect([first.names, first.metadata.remainingItemCount]).toEqual(['ab', 3]);
    await api.request('DELETE', `${maps}/c`);
    const second = await list({ limit: 2, continue: first.metadata.continue ?? '' });
    expect([second.names, second.metadata.remainingItemCount, second.metadata.resourceVersion]).toEqual([
      'cd',
      1,
      first.metadata.resourceVersion,
    ]);
    const last = await list({ limit: 2, continue: second.metadata.continue ?? '' });
    expect([last.names, last.metadata.continue]).toEqual(['e', undefined]);
  });

  it('in pages counts only what is selected', async () => {
    const first = await list({ limit: 1, labelSelector: 'kind=vowel' });
    expect([first.names, first.metadata.remainingItemCount]).toEqual(['a', undefined]);
    const second = await list({ limit: 1, labelSelector: 'kind=vowel', continue: first.metadata.continue ?? '' });
    expect([second.names, second.metadata.continue]).toEqual(['e', undefined]);
  });

  it('whose continue is too old is Expired with a fresh token', async () => {
    const first = await list({ limit: 2 });
    await api.request('DELETE', `${maps}/c`);
    await api.store.compact(api.store.revision());
    const expired = await api.request('GET', maps, { query: { limit: 2, continue: first.metadata.continue ?? '' } });
    expect(expired.object).toMatchObject({ reason: 'Expired', code: 410, metadata: { continue: expect.any(String) } });
    const token = (expired.object as List).metadata.continue ?? '';
    expect((await list({ limit: 2, continue: token })).names).toBe('de');
  });

  test.each([
    [{ labelSelector: '=' }, 400, 'BadRequest'],
    [{ fieldSelector: 'spec.colour=red' }, 400, 'BadRequest'],
    [{ limit: 'x' }, 400, 'BadRequest'],
    [{ continue: 'x' }, 400, 'BadRequest'],
    [{ resourceVersion: 'x' }, 422, 'Invalid'],
    [{ resourceVersion: 999_999 }, 504, 'Timeout'],
    [{ resourceVersionMatch: 'Exact' }, 422, 'Invalid'],
    [{ resourceVersionMatch: 'Nearly', resourceVersion: 1 }, 422, 'Invalid'],
    [{ resourceVersionMatch: 'Exact', resourceVersion: 0 }, 422, 'Invalid'],
    [{ sendInitialEvents: 'true' }, 422, 'Invalid'],
  ])('with %o is refused', async (query, code, reason) => {
    const answer = await api.request('GET', maps, { query });
    expect(answer.object).toMatchObject({ code, reason });
  });

  it('across namespaces is ordered by namespace and name', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'z' } };
    await api.request('POST', '/api/v1/namespaces/kube-system/configmaps', { body });
    expect((await list({}, '/api/v1/configmaps')).names).toBe('abcdez');
  });

  it('that is long comes in chunks which are one document', async () => {
    const pad = 'x'.repeat(200_000);
    for (const name of ['p', 'q', 'r', 's']) {
      await api.request('POST', maps, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { pad } } });
    }
    const answer = await api.server.handle({ method: 'GET', path: maps, query: '', headers: { authorization: 'Bearer admin' } });
    expect(answer.body).not.toBeInstanceOf(Uint8Array);
    expect((await list({})).names).toBe('abcdepqrs');
  });

  it('in process gives the same as bytes', async () => {
    const { object } = await api.transport()({ method: 'GET', path: maps, query: '', headers: {} });
    expect(object).toEqual((await api.request('GET', maps)).object);
  });
});

describe('a form', () => {
  const accept = (type: string) => ({ headers: { accept: type } });
  it('of a list may be a Table', async () => {
    const { object } = await api.request('GET', maps, { ...accept('application/json;as=Table;v=v1;g=meta.k8s.io'), query: { limit: 1 } });
    expect(object).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String), continue: expect.any(String), remainingItemCount: 4 },
      columnDefinitions: [
        { name: 'Name', type: 'string', format: 'name', priority: 0 },
        { name: 'Data', type: 'string' },
        { name: 'Age', type: 'string' },
      ],
      rows: [{ cells: ['a', expect.anything(), '0s'], object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } }],
    });
  });

  it.each([
    ['None', undefined],
    ['Object', 'ConfigMap'],
    ['Metadata', 'PartialObjectMetadata'],
  ])('of a Table row with includeObject=%s holds %s', async (includeObject, kind) => {
    const request = { ...accept('application/json;as=Table;v=v1;g=meta.k8s.io'), query: { includeObject } };
    const { rows } = (await api.request('GET', `${maps}/a`, request)).object as { rows: { object?: { kind: string } }[] };
    expect(rows.map(({ object }) => object?.kind)).toEqual([kind]);
  });

  it('may be metadata alone', async () => {
    const one = await api.request('GET', `${maps}/a`, accept('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'));
    expect(Object.keys(one.object as object)).toEqual(['kind', 'apiVersion', 'metadata']);
    const all = await api.request('GET', maps, accept('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'));
    expect(all.object).toMatchObject({ kind: 'PartialObjectMetadataList', items: { length: 5 } });
  });

  it('may be YAML', async () => {
    const answer = await api.request('GET', `${maps}/a`, accept('application/yaml'));
    expect(answer.headers['content-type']).toBe('application/yaml');
    expect(answer.text).toMatch(/^kind: ConfigMap\napiVersion: v1\nmetadata:\n {2}name: a\n/);
  });

  it('that is not there is NotAcceptable', async () => {
    const answer = await api.request('GET', maps, accept('application/vnd.kubernetes.protobuf'));
    expect(answer.object).toMatchObject({ code: 406, reason: 'NotAcceptable' });
  });
});
