import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Deployment, type Pod } from '../../src/api/kinds.generated.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { connect } from '../../src/client/connect.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
let client: Cluster;
beforeAll(async () => {
  api = await startApiServer();
  client = connect(api.transport(), { clock: api.clock, random: api.random, userAgent: 'test/1' });
});
afterAll(() => api.stop());

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const types = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};
let count = 0;
async function deployment(): Promise<{ path: string; key: { namespace: string; name: string } }> {
  const name = `web-${++count}`;
  const body = { metadata: { name }, spec: { selector: { matchLabels: { app: 'web' } }, template } };
  expect((await api.request('POST', '/apis/apps/v1/namespaces/default/deployments', { body })).status).toBe(201);
  return { path: `/apis/apps/v1/namespaces/default/deployments/${name}`, key: { namespace: 'default', name } };
}

describe('a write of the status', () => {
  it('leaves what is wanted as it is, by every kind of write', async () => {
    const { path, key } = await deployment();
    const before = await client.get(Deployment, key);
    const changed = { spec: { replicas: 7 }, metadata: { labels: { a: 'b' }, annotations: { told: 'yes' } } };
    const bodies = [
      [types.merge, { ...changed, status: { replicas: 1 } }],
      [types.strategic, { ...changed, status: { readyReplicas: 1 } }],
      [types.json, [{ op: 'add', path: '/spec/replicas', value: 7 }, { op: 'add', path: '/status/availableReplicas', value: 1 }]], // prettier-ignore
    ] as const;
    for (const [type, body] of bodies) {
      expect((await api.request('PATCH', `${path}/status`, { headers: { 'content-type': type }, body })).status).toBe(200);
    }
    const live = await client.get(Deployment, key);
    await client.update(Deployment, { ...live, spec: { ...live.spec, replicas: 7 }, status: { ...live.status, updatedReplicas: 1 } }, { subresource: 'status' }); // prettier-ignore
    const after = await client.get(Deployment, key);
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(1);
    expect(after.metadata.annotations).toEqual({ told: 'yes' });
    expect(after.status).toEqual({ replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 });
  });

  it('keeps one copy of what is wanted, however often it is written', async () => {
    const { path, key } = await deployment();
    const before = await client.get(Deployment, key);
    await api.request('PATCH', `${path}/status`, { headers: { 'content-type': types.merge }, body: { status: { replicas: 1 } } });
    const after = await client.get(Deployment, key);
    expect(after.status?.replicas).toBe(1);
    expect(after.spec).toBe(before.spec);
  });

  it('is refused for what is wrong in it, and then nothing is changed', async () => {
    const { path, key } = await deployment();
    const before = await client.get(Deployment, key);
    const patch = (status: object) =>
      api.request('PATCH', `${path}/status`, { headers: { 'content-type': types.merge }, body: { status } });
    expect((await patch({ replicas: -1 })).object).toMatchObject({ code: 422, reason: 'Invalid' });
    expect((await patch({ replicas: 'many' })).object).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(await client.get(Deployment, key)).toBe(before);
  });
});

test.each(['', '/status'])('a patch that names __proto__ is told of an unknown field, and gives the object nothing%s', async (part) => {
  const { path, key } = await deployment();
  const body = '{"__proto__": {"spec": {"replicas": 9}, "data": {"x": "y"}}, "metadata": {"annotations": {"a": "b"}}}';
  for (const type of [types.merge, types.strategic]) {
    const headers = { 'content-type': type };
    const answer = await api.request('PATCH', `${path}${part}?fieldValidation=Strict`, { headers, body });
    expect(answer.object).toMatchObject({ reason: 'Invalid', message: expect.stringContaining('unknown field "__proto__"') as string });
    expect((await api.request('PATCH', path + part, { headers, body })).status).toBe(200);
    const after = (await client.get(Deployment, key)) as unknown as Pod & { data?: unknown };
    expect(after.data).toBeUndefined();
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
    expect(after.spec).toMatchObject({ replicas: 1 });
  }
});
