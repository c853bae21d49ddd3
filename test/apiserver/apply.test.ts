import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { startApiServer, type TestAnswer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

type Read = KubeObject & { readonly spec: { readonly replicas?: number }; readonly status?: { readonly replicas?: number } };
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const types = { apply: 'application/apply-patch+yaml', merge: 'application/merge-patch+json' };
const of = (answer: TestAnswer): Read => {
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.object as Read;
};
const apply = (path: string, body: object, manager: string, query: Record<string, string | boolean> = {}) =>
  api.request('PATCH', path, { headers: { 'content-type': types.apply }, body, query: { fieldManager: manager, ...query } });
const merge = (path: string, body: object, manager = 'someone') =>
  api.request('PATCH', path, { headers: { 'content-type': types.merge }, body, query: { fieldManager: manager } });
const web = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    ...spec,
  },
});
const head = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
const entries = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, subresource = '', apiVersion }) =>
    [manager, operation, subresource, apiVersion].join(' ').trim(),
  );

describe('server-side apply', () => {
  it('that changes nothing writes nothing, whoever applies', async () => {
    const made = of(await apply(`${deployments}/web`, web(), 'flux'));
    expect(of(await apply(`${deployments}/web`, web(), 'flux')).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    const joined = of(await apply(`${deployments}/web`, head, 'argo'));
    expect(joined.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it('of another kind or version than the path says is refused', async () => {
    const wrong = { ...web(), apiVersion: 'v1', kind: 'Pod' };
    expect((await apply(`${deployments}/web`, wrong, 'flux')).object).toMatchObject({
      code: 400,
      message: 'invalid object type: /v1, Kind=Pod',
    });
  });

  it('with managedFields is refused', async () => {
    expect((await apply(`${deployments}/web`, web({}, { managedFields: [] }), 'flux')).object).toMatchObject({
      code: 400,
      message: 'metadata.managedFields must be nil',
    });
  });

  it('names what it would take, field by field', async () => {
    await apply(`${deployments}/web`, web({ replicas: 1, paused: true }, { labels: { a: 'x' } }), 'flux');
    await merge(`${deployments}/web`, { spec: { replicas: 2 } }, 'kubectl');
    expect((await apply(`${deployments}/web`, web({ replicas: 3, paused: false }, { labels: { a: 'y' } }), 'argo')).object).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: [
        'Apply failed with 3 conflicts: conflicts with "flux":',
        '- .metadata.labels.a',
        '- .spec.paused',
        'conflicts with "kubectl" using apps/v1:',
        '- .spec.replicas',
      ].join('\n'),
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "flux"', field: '.metadata.labels.a' },
          { reason: 'FieldManagerConflict', message: 'conflict with "flux"', field: '.spec.paused' },
          { reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using apps/v1', field: '.spec.replicas' },
        ],
      },
    });
  });
});

describe('managedFields', () => {
  it('start afresh with one empty entry, and stay away until somebody applies', async () => {
    await apply(`${deployments}/web`, web(), 'flux');
    const reset = of(await merge(`${deployments}/web`, { metadata: { managedFields: [{}] } }));
    expect(reset.metadata.managedFields).toBeUndefined();
    expect(of(await merge(`${deployments}/web`, { spec: { replicas: 2 } })).metadata.managedFields).toBeUndefined();
    expect(entries(of(await apply(`${deployments}/web`, head, 'flux')))).toEqual(['before-first-apply Update  apps/v1']);
  });

  it('that are none are not heeded', async () => {
    const made = of(await apply(`${deployments}/web`, web(), 'flux'));
    const odd = of(
      await merge(`${deployments}/web`, { metadata: { managedFields: [{ manager: 'x', operation: 'Spam', apiVersion: 'v1' }] } }),
    );
    expect(odd.metadata.managedFields).toEqual(made.metadata.managedFields);
  });
});

describe('the status', () => {
  const status = `${deployments}/web/status`;

  it('is nobody’s who applies the object, and the spec nobody’s who applies the status', async () => {
    const made = of(await apply(`${deployments}/web`, { ...web({ replicas: 2 }), status: { replicas: 9 } }, 'flux'));
    expect(made.status?.replicas ?? 0).toBe(0);
    const seen = of(await apply(status, { ...head, spec: { replicas: 7 }, status: { replicas: 5 } }, 'agent'));
    expect([seen.spec.replicas, seen.status?.replicas]).toEqual([2, 5]);
    expect(entries(seen)).toEqual(['agent Apply status apps/v1', 'flux Apply  apps/v1']);
    const [own] = seen.metadata.managedFields ?? [];
    expect(own?.fieldsV1).toEqual({ 'f:status': { 'f:replicas': {} } });
  });

  it('conflicts name the subresource', async () => {
    await apply(`${deployments}/web`, web(), 'flux');
    await merge(status, { status: { replicas: 1 } }, 'agent');
    expect((await apply(status, { ...head, status: { replicas: 2 } }, 'other')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "agent" with subresource "status" using apps/v1: .status.replicas',
    });
  });

  it('of what is not there is NotFound', async () => {
    expect((await apply(status, { ...head, status: {} }, 'agent')).object).toMatchObject({ code: 404, reason: 'NotFound' });
  });
});

describe('the scale', () => {
  const path = `${deployments}/web/scale`;
  const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas } });

  it('that is written by any patch gives the replicas to its manager', async () => {
    await apply(`${deployments}/web`, web({ replicas: 1 }), 'flux');
    for (const [type, body] of [
      ['application/merge-patch+json', { spec: { replicas: 2 } }],
      ['application/strategic-merge-patch+json', { spec: { replicas: 3 } }],
      ['application/json-patch+json', [{ op: 'replace', path: '/spec/replicas', value: 4 }]],
    ] as const) {
      expect((await api.request('PATCH', path, { headers: { 'content-type': type }, body, query: { fieldManager: 'hpa' } })).status).toBe(
        200,
      );
    }
    const scaled = of(await api.request('GET', `${deployments}/web`));
    expect(scaled.spec.replicas).toBe(4);
    expect(entries(scaled)).toEqual(['flux Apply  apps/v1', 'hpa Update scale apps/v1']);
    expect((await apply(`${deployments}/web`, web({ replicas: 1 }), 'flux')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
    });
  });

  it('can be applied: with conflicts, by force, and once', async () => {
    await apply(`${deployments}/web`, web({ replicas: 1 }), 'flux');
    expect((await apply(path, scale(3), 'hpa')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "flux": .spec.replicas',
    });
    expect((await apply(path, scale(3), 'hpa', { force: true })).object).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    const scaled = of(await api.request('GET', `${deployments}/web`));
    expect([scaled.spec.replicas, entries(scaled)]).toEqual([3, ['flux Apply  apps/v1', 'hpa Apply scale apps/v1']]);
    await apply(path, scale(3), 'hpa');
    expect(of(await api.request('GET', `${deployments}/web`)).metadata.resourceVersion).toBe(scaled.metadata.resourceVersion);
    await merge(path, { spec: { replicas: 5 } }, 'someone');
    expect((await apply(path, scale(6), 'hpa')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "someone" with subresource "scale" using autoscaling/v1: .spec.replicas',
    });
  });
});

describe('an autoscaler that two versions know', () => {
  const [v1, v2] = ['v1', 'v2'].map((version) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/web`) as [
    string,
    string,
  ];
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const older = (cpu: number) => ({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { scaleTargetRef: target, maxReplicas: 5, targetCPUUtilizationPercentage: cpu },
  });
  const newer = (cpu: number, max = 5) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: target,
      maxReplicas: max,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }],
    },
  });

  it('keeps managers of both, each with the fields of its own', async () => {
    await apply(v2, newer(50), 'flux');
    const joined = of(await apply(v1, older(50), 'argo'));
    expect(entries(joined)).toEqual(['argo Apply  autoscaling/v1', 'flux Apply  autoscaling/v2']);
    expect((await apply(v1, older(70), 'argo')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "flux": .spec.metrics',
    });
    const forced = of(await apply(v1, older(70), 'argo', { force: true }));
    expect(of(await api.request('GET', v2)).spec).toMatchObject({ metrics: newer(70).spec.metrics });
    expect(entries(forced)).toEqual(['argo Apply  autoscaling/v1', 'flux Apply  autoscaling/v2']);
    const back = await apply(v2, newer(60), 'flux');
    expect(back.object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "argo": .spec.targetCPUUtilizationPercentage',
    });
  });

  it('takes from an applier of one version what is updated in the other', async () => {
    await apply(v2, newer(50), 'flux');
    await merge(v1, { spec: { maxReplicas: 9 } }, 'kubectl');
    const updated = of(await api.request('GET', v2));
    expect(entries(updated)).toEqual(['flux Apply  autoscaling/v2', 'kubectl Update  autoscaling/v1']);
    expect((await apply(v2, newer(50, 4), 'flux')).object).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl" using autoscaling/v1: .spec.maxReplicas',
    });
  });
});
