import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
const time = '2026-01-01T00:00:00Z';
const custom = '/apis/custom.metrics.k8s.io/v1beta2';
const external = '/apis/external.metrics.k8s.io/v1beta1';
const get = async (path: string) => (await api.request('GET', path)).object as { items?: object[]; message?: string; code?: number };

beforeEach(async () => {
  api = await startApiServer();
  const annotated = (value: string) => ({ 'metrics.steersman.dev/hits': value });
  const make = (path: string, body: object) => api.request('POST', path, { body });
  for (const [name, value] of [
    ['a', '1500m'],
    ['b', '2'],
    ['odd', 'many'],
  ] as const) {
    const metadata = { name, labels: { app: name === 'odd' ? 'odd' : 'web' }, annotations: annotated(value) };
    const spec = { containers: [{ name: 'main', image: 'i' }] };
    await make('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata, spec });
  }
  await make('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', annotations: annotated('7') } });
  await make('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', annotations: annotated('0.5') } });
  const series = (name: string, queue: string, value: string) =>
    make('/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { 'metrics.steersman.dev/external': 'depth', queue } },
      data: { value },
    });
  await series('one', 'orders', '30');
  await series('two', 'mails', '1k');
});
afterEach(() => api.stop());

const value = (kind: string, name: string, amount: string, namespace?: string) => ({
  describedObject: { kind, ...(namespace !== undefined && { namespace }), name, apiVersion: 'v1' },
  metric: { name: 'hits', selector: null },
  timestamp: time,
  value: amount,
});

describe('metrics of objects', () => {
  it('are what their annotations say, of one object or of all that a selector names', async () => {
    const list = await get(`${custom}/namespaces/default/pods/*/hits?labelSelector=app%3Dweb`);
    expect(list).toEqual({
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta2',
      metadata: {},
      items: [value('Pod', 'a', '1500m', 'default'), value('Pod', 'b', '2', 'default')],
    });
    expect((await get(`${custom}/namespaces/default/pods/b/hits`)).items).toEqual([value('Pod', 'b', '2', 'default')]);
    expect((await get(`${custom}/nodes/n1/hits`)).items).toEqual([value('Node', 'n1', '7')]);
    expect((await get(`${custom}/namespaces/shop/metrics/hits`)).items).toEqual([value('Namespace', 'shop', '500m')]);
  });

  test.each([
    ['namespaces/default/pods/a/misses', 404, 'the server could not find the metric misses for pods a'],
    ['namespaces/default/pods/*/hits?labelSelector=app%3Dnone', 404, 'the server could not find the metric hits for pods'],
    ['namespaces/default/pods/a/hits?metricLabelSelector=verb%3DGET', 404, 'the server could not find the metric hits for pods a'],
    ['namespaces/default/boats/a/hits', 404, 'the server could not find the requested resource'],
    ['namespaces/default/pods/odd/hits', 500, 'annotation metrics.steersman.dev/hits of Pod odd: "many" is not a quantity'],
    ['namespaces/default/pods/*/hits?labelSelector=%3D%3D', 400, 'unable to parse labelSelector "==": '],
  ])('%s: %i', async (path, code, message) => {
    const status = await get(`${custom}/${path}`);
    expect([status.code, status.message?.includes(message)]).toEqual([code, true]);
  });
});

describe('external metrics', () => {
  it('have a series for each ConfigMap that is labelled as one', async () => {
    const item = (queue: string, amount: string) => ({ metricName: 'depth', metricLabels: { queue }, timestamp: time, value: amount });
    expect(await get(`${external}/namespaces/default/depth`)).toEqual({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [item('orders', '30'), item('mails', '1k')],
    });
    expect((await get(`${external}/namespaces/default/depth?labelSelector=queue%3Dorders`)).items).toEqual([item('orders', '30')]);
    expect((await get(`${external}/namespaces/default/height`)).items).toEqual([]);
  });

  it('can only be read', async () => {
    expect((await api.request('POST', `${external}/namespaces/default/depth`, { body: {} })).status).toBe(405);
  });
});
