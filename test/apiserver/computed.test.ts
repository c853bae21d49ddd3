import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api.stop());

const status = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: 'etcd-0' } };

describe('kinds that are never stored', () => {
  it('a ComponentStatus tells that the store answers', async () => {
    const conditions = [{ type: 'Healthy', status: 'True', message: 'ok' }];
    expect((await api.request('GET', '/api/v1/componentstatuses')).object).toEqual({
      kind: 'ComponentStatusList',
      apiVersion: 'v1',
      metadata: {},
      items: [{ ...status, conditions }],
    });
    expect((await api.request('GET', '/api/v1/componentstatuses/etcd-0')).object).toEqual({ ...status, conditions });
    expect((await api.request('GET', '/api/v1/componentstatuses/etcd-1')).object).toMatchObject({ reason: 'NotFound' });
  });

  it('have no verbs but their own', async () => {
    expect((await api.request('POST', '/api/v1/componentstatuses', { body: status })).object).toMatchObject({
      reason: 'MethodNotAllowed',
    });
    expect((await api.request('GET', '/api/v1/namespaces/default/bindings')).object).toMatchObject({ reason: 'MethodNotAllowed' });
    const { resources } = (await api.request('GET', '/api/v1')).object as { resources: { name: string; verbs: string[] }[] };
    const verbsOf = (name: string) => resources.find((one) => one.name === name)?.verbs;
    expect([verbsOf('componentstatuses'), verbsOf('bindings')]).toEqual([['get', 'list'], ['create']]);
  });
});

describe('what is deprecated', () => {
  it('is told with every answer, in the words of Kubernetes', async () => {
    const warning = async (path: string) => (await api.request('GET', path)).headers['warning'];
    expect(await warning('/api/v1/componentstatuses')).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
    expect(await warning('/api/v1/endpoints')).toBe('299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"');
    expect(await warning('/api/v1/pods')).toBeUndefined();
  });
});
