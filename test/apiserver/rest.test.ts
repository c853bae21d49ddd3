import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

const configMap = (name: string, data: Record<string, string> = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const maps = '/api/v1/namespaces/default/configmaps';

describe('an object', () => {
  it('is made with the metadata that the server decides', async () => {
    const made = await api.request('POST', maps, {
      body: { ...configMap('a', { k: 'v' }), metadata: { name: 'a', labels: { x: 'y' }, uid: 'mine' } },
    });
    expect(made.status).toBe(201);
    expect(made.object).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'a',
        namespace: 'default',
        uid: expect.stringMatching(/^[0-9a-f]{8}-/),
        resourceVersion: String(api.store.revision()),
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { x: 'y' },
        managedFields: [
          {
            manager: 'test',
            operation: 'Update',
            apiVersion: 'v1',
            time: '2026-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { '.': {}, 'f:k': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } },
          },
        ],
      },
      data: { k: 'v' },
    });
    expect((await api.request('GET', `${maps}/a`)).object).toEqual(made.object);
  });
  it('is listed, watched, patched, applied and deleted', async () => {
    await api.request('POST', maps, { body: configMap('a', { k: 'v' }) });
    const list = await api.request('GET', maps);
    expect(list.object).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] });
    const events = await api.watch(maps, {
      query: { resourceVersion: (list.object as { metadata: { resourceVersion: string } }).metadata.resourceVersion },
    });
    const next = async () => ((await events.next()).value ?? {}) as { type: string; object: { data?: object } };
    const merged = await api.request('PATCH', `${maps}/a`, {
      body: { data: { k: null, l: 'w' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(merged.object).toMatchObject({ data: { l: 'w' } });
    expect(await next()).toMatchObject({ type: 'MODIFIED', object: { data: { l: 'w' } } });
    const applied = await api.request('PATCH', `${maps}/b`, {
      query: { fieldManager: 'flux' },
      body: configMap('b', { k: 'v' }),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(applied.status).toBe(201);
    expect(await next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    const gone = await api.request('DELETE', `${maps}/a`);
    expect(gone.object).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps' } });
    expect(await next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'a' } } });
    expect((await api.request('GET', `${maps}/a`)).object).toMatchObject({ reason: 'NotFound', code: 404 });
  });
});
