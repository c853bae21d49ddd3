import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HorizontalPodAutoscaler, Event } from '../../src/api/kinds.generated.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

type Json = Record<string, unknown>;
let api: TestServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api.stop());

const at = (version: string, name = '') => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name && `/${name}`}`;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } };
const v1 = (name: string, more: Json = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 70, ...more },
});
const specOf = (answer: { object: unknown }) => (answer.object as HorizontalPodAutoscaler).spec;
const metadataOf = (answer: { object: unknown }) => (answer.object as HorizontalPodAutoscaler).metadata;

describe('a HorizontalPodAutoscaler', () => {
  it('that is written in v1 is one of v2 too', async () => {
    const made = await api.request('POST', at('v1'), { body: v1('older'), query: { fieldManager: 'kubectl-autoscale' } });
    expect([made.status, (made.object as Json)['apiVersion'], specOf(made)]).toEqual([201, 'autoscaling/v1', v1('older').spec]);
    const newer = await api.request('GET', at('v2', 'older'));
    expect((newer.object as Json)['apiVersion']).toBe('autoscaling/v2');
    expect(specOf(newer)).toEqual({ scaleTargetRef, minReplicas: 2, maxReplicas: 5, metrics: [cpu(70)] });
    expect(metadataOf(newer).managedFields).toMatchObject([
      {
        manager: 'kubectl-autoscale',
        apiVersion: 'autoscaling/v1',
        fieldsV1: { 'f:spec': { 'f:targetCPUUtilizationPercentage': {} } },
      },
    ]);
    expect(metadataOf(newer).resourceVersion).toBe(metadataOf(made).resourceVersion);
  });

  it('carries in annotations of v1 what v1 cannot say, and takes it back from there', async () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics: [memory, cpu(50)], behavior };
    const body = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'newer', annotations: { a: 'b' } },
      spec,
    };
    const stored = await api.request('POST', at('v2'), { body });
    const older = await api.request('GET', at('v1', 'newer'));
    const annotations = metadataOf(older).annotations ?? {};
    expect(Object.keys(annotations)).toEqual(['a', 'autoscaling.alpha.kubernetes.io/metrics', 'autoscaling.alpha.kubernetes.io/behavior']);
    expect(annotations['autoscaling.alpha.kubernetes.io/metrics']).toBe(
      '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
    );
    expect(JSON.parse(annotations['autoscaling.alpha.kubernetes.io/behavior'] ?? '')).toMatchObject({
      ScaleDown: { StabilizationWindowSeconds: 60, SelectPolicy: 'Max', Policies: [{ Type: 'Percent', Value: 100, PeriodSeconds: 15 }] },
    });
    expect(specOf(older)).toEqual({ scaleTargetRef, minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 50 });
    const put = await api.request('PUT', at('v1', 'newer'), { body: older.object });
    expect([put.status, metadataOf(put).resourceVersion]).toEqual([200, metadataOf(stored).resourceVersion]);
    expect(specOf(await api.request('GET', at('v2', 'newer')))).toEqual(specOf(stored));
  });

  it('is patched, applied and refused in the version of the request, and told in it', async () => {
    await api.request('POST', at('v1'), { body: v1('changed') });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patched = await api.request('PATCH', at('v1', 'changed'), { body: { spec: { targetCPUUtilizationPercentage: 60 } }, headers });
    expect(specOf(patched)).toMatchObject({ targetCPUUtilizationPercentage: 60 });
    const apply = { headers: { 'content-type': 'application/apply-patch+yaml' }, query: { fieldManager: 'me', force: true } };
    const applied = await api.request('PATCH', at('v1', 'changed'), {
      ...apply,
      body: v1('changed', { targetCPUUtilizationPercentage: 55 }),
    });
    expect(specOf(applied)).toMatchObject({ targetCPUUtilizationPercentage: 55 });
    expect(metadataOf(applied).managedFields?.map(({ manager, apiVersion }) => [manager, apiVersion])).toContainEqual([
      'me',
      'autoscaling/v1',
    ]);
    expect(specOf(await api.request('GET', at('v2', 'changed'))).metrics).toEqual([cpu(55)]);
    const before = metadataOf(applied).resourceVersion;
    const again = await api.request('PATCH', at('v1', 'changed'), {
      ...apply,
      body: v1('changed', { targetCPUUtilizationPercentage: 55 }),
    });
    expect(metadataOf(again).resourceVersion).toBe(before);
    const refused = await api.request('PATCH', at('v1', 'changed'), { body: { spec: { maxReplicas: 0 } }, headers });
    expect(refused.object).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.maxReplicas' }, { field: 'spec.maxReplicas' }] },
    });
    const unreadable = await api.request('PATCH', at('v1', 'changed'), { body: { spec: { maxReplicas: 'many' } }, headers });
    expect(unreadable.object).toMatchObject({ reason: 'BadRequest' });
  });

  it('is listed, watched, shown as a table and deleted in either version', async () => {
    await api.request('POST', at('v2'), {
      body: { ...v1('both'), apiVersion: 'autoscaling/v2', spec: { scaleTargetRef, maxReplicas: 2 } },
    });
    const list = (await api.request('GET', at('v1'), { query: { fieldSelector: 'metadata.name=both' } })).object as { items: Json[] };
    expect(list.items.map((one) => one['apiVersion'])).toEqual(['autoscaling/v1']);
    const events = await api.watch(at('v1'), { query: { fieldSelector: 'metadata.name=both' } });
    expect((await events.next()).value).toMatchObject({
      type: 'ADDED',
      object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 80 } },
    });
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { rows } = (await api.request('GET', at('v1', 'both'), { headers: accept })).object as { rows: { cells: unknown[] }[] };
    expect(rows[0]?.cells.slice(0, 6)).toEqual(['both', 'Deployment/web', 'cpu: <unknown>/80%', '1', 2, 0]);
    expect((await api.request('DELETE', at('v1', 'both'))).status).toBe(200);
    expect((await events.next()).value).toMatchObject({ type: 'DELETED', object: { apiVersion: 'autoscaling/v1' } });
    expect((await api.request('GET', at('v2', 'both'))).status).toBe(404);
  });
});

describe('an Event', () => {
  const events = '/apis/events.k8s.io/v1/namespaces/default/events';
  const core = '/api/v1/namespaces/default/events';
  const regarding = { kind: 'Pod', namespace: 'default', name: 'web' };
  const newer = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'web.1' },
    regarding,
    reason: 'Started',
    note: 'It runs.',
    type: 'Normal',
    action: 'Starting',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/agent',
    reportingInstance: 'agent-1',
  };

  it('of one group is one of the other too', async () => {
    expect((await api.request('POST', events, { body: newer })).object).toMatchObject(newer);
    expect((await api.request('GET', `${core}/web.1`)).object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: regarding,
      message: 'It runs.',
      reportingComponent: 'example.com/agent',
    } satisfies Partial<Event>);
    const bySelector = (path: string, fieldSelector: string) => api.request('GET', path, { query: { fieldSelector } });
    const list = await bySelector(events, 'regarding.name=web,reportingController=example.com/agent');
    expect((list.object as { items: Json[] }).items.map(({ note }) => note)).toEqual(['It runs.']);
    expect((await bySelector(events, 'involvedObject.name=web')).object).toMatchObject({
      message: 'field label not supported: involvedObject.name',
    });
    expect(((await bySelector(core, 'involvedObject.name=web')).object as { items: Json[] }).items.length).toBe(1);
  });

  it('is asked for more in the newer group', async () => {
    const refused = async (more: Json) => {
      const body = { ...newer, metadata: { name: 'web.2' }, ...more };
      const { details } = (await api.request('POST', events, { body })).object as {
        details: { causes: { field: string; message: string }[] };
      };
      return details.causes.map(({ field, message }) => `${field}: ${message}`);
    };
    expect(await refused({ deprecatedCount: 1, series: { count: 1, lastObservedTime: newer.eventTime } })).toEqual([
      'series.count: Invalid value: "": should be at least 2',
      'count: Invalid value: "": needs to be unset',
    ]);
    const headers = { 'content-type': 'application/merge-patch+json' };
    const change = await api.request('PATCH', `${events}/web.1`, { body: { note: 'It stopped.' }, headers });
    expect(change.object).toMatchObject({
      details: { causes: [{ field: 'message', message: expect.stringContaining('field is immutable') as string }] },
    });
    expect((await api.request('PATCH', `${core}/web.1`, { body: { message: 'It stopped.' }, headers })).status).toBe(200);
  });
});
