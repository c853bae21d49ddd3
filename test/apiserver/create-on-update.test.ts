import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeAll(async () => {
  const authorize = (user: { name: string }, { verb }: { verb: string }) => ({
    allowed: user.name === 'admin' || verb !== 'create',
    reason: '',
  });
  api = await startApiServer({ authorize });
});
afterAll(() => api.stop());

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const lease = (name: string, holderIdentity = 'a') => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec: { holderIdentity },
});

describe('a PUT of what is not there', () => {
  it('makes it, where the kind allows that', async () => {
    const made = await api.request('PUT', `${leases}/one`, { body: lease('one') });
    expect([made.status, (made.object as { metadata: { uid: string } }).metadata.uid.length]).toEqual([201, 36]);
    expect((await api.request('GET', `${leases}/one`)).object).toMatchObject(lease('one'));
  });
  it('makes nothing where the kind does not', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } };
    expect((await api.request('PUT', '/api/v1/namespaces/default/configmaps/none', { body })).object).toMatchObject({ reason: 'NotFound' });
  });
  it('makes nothing for who may change but not make, nor does an apply', async () => {
    const put = await api.request('PUT', `${leases}/two`, { body: lease('two'), user: 'changer' });
    expect(put.object).toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('cannot create resource "leases"') as string,
    });
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const apply = await api.request('PATCH', `${leases}/two`, {
      body: lease('two'),
      user: 'changer',
      headers,
      query: { fieldManager: 'me' },
    });
    expect(apply.object).toMatchObject({ reason: 'Forbidden' });
    expect((await api.request('GET', `${leases}/two`)).status).toBe(404);
  });
});
