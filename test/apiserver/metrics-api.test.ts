import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../src/api/http.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
let asked: ApiRequest[];
const time = '2026-01-01T00:00:00Z';
const usage = (nanoCores: number, bytes: number) => ({
  cpu: { time, usageNanoCores: nanoCores, usageCoreNanoSeconds: 5 },
  memory: { time, usageBytes: bytes, workingSetBytes: bytes },
});
const summary = {
  node: { nodeName: 'n1', windowMs: 15_000, ...usage(250_000_000, 1024 * 1024) },
  pods: [
    {
      podRef: { namespace: 'default', name: 'web', uid: 'u' },
      windowMs: 10_000,
      containers: [{ name: 'main', ...usage(1_500_000, 2048) }],
    },
    { podRef: { namespace: 'default', name: 'fresh', uid: 'v' }, windowMs: 10_000, containers: [] },
  ],
};

beforeEach(async () => {
  asked = [];
  api = await startApiServer({
    reachNode: (node) => async (request) => {
      asked.push(request);
      if (node !== 'n1') throw new Error('away');
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ ...summary, path: request.path })),
      };
    },
  });
  for (const name of ['n1', 'away'])
    await api.request('POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { zone: name } } } });
  for (const name of ['web', 'fresh', 'lost']) {
    const spec = { nodeName: name === 'lost' ? 'away' : 'n1', containers: [{ name: 'main', image: 'i' }] };
    const metadata = { name, labels: { app: name } };
    await api.request('POST', '/api/v1/namespaces/default/pods', { body: { apiVersion: 'v1', kind: 'Pod', metadata, spec } });
  }
});
afterEach(() => api.stop());

const metadata = (name: string, more: object) => ({ name, creationTimestamp: time, ...more });
const web = {
  kind: 'PodMetrics',
  apiVersion: 'metrics.k8s.io/v1beta1',
  metadata: metadata('web', { namespace: 'default', labels: { app: 'web' } }),
  timestamp: time,
  window: '10s',
  containers: [{ name: 'main', usage: { cpu: '1500000n', memory: '2Ki' } }],
};
const root = '/apis/metrics.k8s.io/v1beta1';

describe('the resource metrics API', () => {
  it('is found by discovery, to be read only', async () => {
    const { resources } = (await api.request('GET', root)).object as { resources: object[] };
    expect(resources).toEqual([
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ]);
  });
  it('tells what nodes use, and leaves out those that cannot be asked', async () => {
    expect((await api.request('GET', `${root}/nodes`)).object).toMatchObject({
      kind: 'NodeMetricsList',
      items: [
        {
          kind: 'NodeMetrics',
          metadata: metadata('n1', { labels: { zone: 'n1' } }),
          timestamp: time,
          window: '15s',
          usage: { cpu: '250000000n', memory: '1024Ki' },
        },
      ],
    });
  });
  it('tells what the containers of pods use, and says nothing of pods without any', async () => {
    const answer = (await api.request('GET', `${root}/namespaces/default/pods`)).object as { kind: string; items: object[] };
    expect([answer.kind, answer.items]).toEqual(['PodMetricsList', [web]]);
    expect(((await api.request('GET', `${root}/pods`)).object as { items: object[] }).items).toEqual([web]);
  });
  it('tells of one pod, and of those that a selector names', async () => {
    expect((await api.request('GET', `${root}/namespaces/default/pods/web`)).object).toEqual(web);
    const none = await api.request('GET', `${root}/namespaces/default/pods`, { query: { labelSelector: 'app=fresh' } });
    expect((none.object as { items: object[] }).items).toEqual([]);
    expect((await api.request('GET', `${root}/namespaces/default/pods/fresh`)).status).toBe(404);
    expect((await api.request('GET', `${root}/nodes/away`)).status).toBe(404);
  });
  it('can only be read', async () => {
    expect((await api.request('DELETE', `${root}/namespaces/default/pods/web`)).status).toBe(405);
  });
});

describe('the proxy to a node', () => {
  it('passes a GET on with its query and without the headers of the caller', async () => {
    const answer = await api.request('GET', '/api/v1/nodes/n1/proxy/metrics/cadvisor', { query: { a: 'b' } });
    expect(answer.object).toMatchObject({ path: '/metrics/cadvisor' });
    expect(asked).toMatchObject([{ method: 'GET', path: '/metrics/cadvisor', query: 'a=b', headers: {} }]);
  });
  it('is not for nodes that are not there, nor for writing', async () => {
    expect((await api.request('GET', '/api/v1/nodes/none/proxy/stats/summary')).status).toBe(404);
    expect((await api.request('POST', '/api/v1/nodes/n1/proxy/run')).status).toBe(405);
  });
});
