import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const merge = { 'content-type': 'application/merge-patch+json' };
const map = (name: string, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } });
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec },
});
const stored = async (path: string) => (await api.request('GET', path)).object as { metadata: Record<string, unknown> };

describe('a delete', () => {
  it('answers a Status with the uid of what has gone', async () => {
    const made = (await api.request('POST', maps, { body: map('a') })).object as { metadata: { uid: string } };
    expect((await api.request('DELETE', `${maps}/a`)).object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: made.metadata.uid },
      code: 200,
    });
    expect((await api.request('DELETE', `${maps}/a`)).object).toMatchObject({ reason: 'NotFound' });
  });

  it.each([
    ['in the body', { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground' } }],
    ['in the query', { query: { propagationPolicy: 'Foreground' } }],
  ])('in the foreground waits for the finalizer, when asked %s', async (_, request) => {
    await api.request('POST', maps, { body: map('a') });
    const marked = await api.request('DELETE', `${maps}/a`, request);
    expect(marked.status).toBe(200);
    expect(marked.object).toMatchObject({
      kind: 'ConfigMap',
      metadata: { finalizers: ['foregroundDeletion'], deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 },
    });
    await api.request('PATCH', `${maps}/a`, { headers: merge, body: { metadata: { finalizers: null } } });
    expect((await api.request('GET', `${maps}/a`)).status).toBe(404);
  });

  it('that orphans adds that finalizer, and a later background delete takes it away', async () => {
    await api.request('POST', maps, { body: map('a', { finalizers: ['demo.example/hold'] }) });
    await api.request('DELETE', `${maps}/a`, { query: { propagationPolicy: 'Orphan' } });
    expect((await stored(`${maps}/a`)).metadata['finalizers']).toEqual(['demo.example/hold', 'orphan']);
    await api.request('DELETE', `${maps}/a`, { query: { propagationPolicy: 'Background' } });
    expect((await stored(`${maps}/a`)).metadata['finalizers']).toEqual(['demo.example/hold']);
  });

  it('takes no new finalizers afterwards', async () => {
    await api.request('POST', maps, { body: map('a', { finalizers: ['demo.example/hold'] }) });
    await api.request('DELETE', `${maps}/a`);
    const body = { metadata: { finalizers: ['demo.example/hold', 'demo.example/more'] } };
    expect((await api.request('PATCH', `${maps}/a`, { headers: merge, body })).object).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ reason: 'FieldValueForbidden', field: 'metadata.finalizers' }] },
    });
  });

  test.each([
    [{ uid: 'other' }, 'the UID in the precondition (other) does not match the UID in record'],
    [{ resourceVersion: '1' }, 'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record'],
  ])('with the precondition %o that does not hold is a Conflict', async (preconditions, message) => {
    await api.request('POST', maps, { body: map('a') });
    const answer = await api.request('DELETE', `${maps}/a`, { body: { preconditions } });
    expect(answer.object).toMatchObject({ reason: 'Conflict', message: expect.stringContaining(message) });
    expect((await api.request('GET', `${maps}/a`)).status).toBe(200);
  });

  test.each([
    [{ propagationPolicy: 'Never' }, 'propagationPolicy'],
    [{ gracePeriodSeconds: 1.5 }, 'gracePeriodSeconds'],
    [{ dryRun: ['Some'] }, 'dryRun'],
    [{ orphanDependents: true, propagationPolicy: 'Orphan' }, 'propagationPolicy'],
  ])('with the options %o is invalid', async (body, field) => {
    await api.request('POST', maps, { body: map('a') });
    expect((await api.request('DELETE', `${maps}/a`, { body })).object).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field }] },
    });
  });
});

describe('the delete of a pod', () => {
  const bind = (name: string) =>
    api.request('POST', `${pods}/${name}/binding`, {
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'n1' } },
    });

  it('that has no node takes it at once', async () => {
    await api.request('POST', pods, { body: pod('a') });
    expect((await api.request('DELETE', `${pods}/a`)).object).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  it('on a node waits for its agent, which deletes it with grace 0', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    expect((await api.request('DELETE', `${pods}/a`)).object).toMatchObject({
      kind: 'Pod',
      metadata: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
    });
    await api.request('PATCH', `${pods}/a/status`, { headers: merge, body: { status: { phase: 'Running' } } });
    expect((await api.request('GET', `${pods}/a`)).status).toBe(200);
    await api.request('DELETE', `${pods}/a`, { body: { gracePeriodSeconds: 0 } });
    expect((await api.request('GET', `${pods}/a`)).status).toBe(404);
  });

  it('again can only bring the end nearer', async () => {
    await api.request('POST', pods, { body: pod('a', { terminationGracePeriodSeconds: 60 }) });
    await bind('a');
    await api.request('DELETE', `${pods}/a`);
    await api.clock.advance(10_000);
    await api.request('DELETE', `${pods}/a`, { query: { gracePeriodSeconds: 90 } });
    expect((await stored(`${pods}/a`)).metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:01:00Z',
      deletionGracePeriodSeconds: 60,
    });
    await api.request('DELETE', `${pods}/a`, { query: { gracePeriodSeconds: 20 } });
    expect((await stored(`${pods}/a`)).metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:20Z',
      deletionGracePeriodSeconds: 20,
    });
  });

  it('that has ended takes it at once', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    await api.request('PATCH', `${pods}/a/status`, { headers: merge, body: { status: { phase: 'Succeeded' } } });
    expect((await api.request('DELETE', `${pods}/a`)).object).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  it('asked for by an eviction is graceful', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' }, deleteOptions: { gracePeriodSeconds: 5 } };
    expect((await api.request('POST', `${pods}/a/eviction`, { body })).status).toBe(201);
    expect((await stored(`${pods}/a`)).metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
  });
});

it('a collection is deleted by selectors', async () => {
  for (const [name, tier] of Object.entries({ a: 'x', b: 'y', c: 'x' }))
    await api.request('POST', maps, { body: map(name, { labels: { tier } }) });
  const gone = await api.request('DELETE', maps, { query: { labelSelector: 'tier=x' } });
  expect(gone.object).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }, { metadata: { name: 'c' } }] });
  expect((await api.request('GET', maps)).object).toMatchObject({ items: [{ metadata: { name: 'b' } }] });
  expect((await api.request('DELETE', '/api/v1/configmaps')).status).toBe(405);
});

describe('a Namespace', () => {
  it('is held by its own finalizer, takes nothing new and goes when it is finalized', async () => {
    await api.request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } });
    expect((await api.request('DELETE', '/api/v1/namespaces/shop')).object).toMatchObject({
      kind: 'Namespace',
      metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating' },
    });
    expect((await api.request('POST', '/api/v1/namespaces/shop/configmaps', { body: map('a') })).object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
      reason: 'Forbidden',
      details: {
        name: 'a',
        kind: 'configmaps',
        causes: [{ reason: 'NamespaceTerminating', message: 'namespace shop is being terminated', field: 'metadata.namespace' }],
      },
      code: 403,
    });
    const live = (await api.request('GET', '/api/v1/namespaces/shop')).object as object;
    const finalized = await api.request('PUT', '/api/v1/namespaces/shop/finalize', { body: { ...live, spec: { finalizers: [] } } });
    expect(finalized.status).toBe(200);
    expect((await api.request('GET', '/api/v1/namespaces/shop')).status).toBe(404);
  });

  it.each(['default', 'kube-system', 'kube-public'])('called %s stays', async (name) => {
    expect((await api.request('DELETE', `/api/v1/namespaces/${name}`)).object).toMatchObject({
      reason: 'Forbidden',
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });
});
