import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../src/api/http.ts';
import { badRequest } from '../../src/api/status.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
let asked: ApiRequest[];
let agent: (request: ApiRequest) => ApiResponse;
beforeEach(async () => {
  asked = [];
  agent = () => ({ status: 200, headers: {}, body: lines() });
  api = await startApiServer({
    reachNode: (node) => async (request) => {
      asked.push({ ...request, path: `${node}:${request.path}` });
      return agent(request);
    },
  });
});
afterEach(() => api.stop());

async function* lines(): AsyncGenerator<Uint8Array> {
  for (const line of ['one\n', 'two\n']) yield new TextEncoder().encode(line);
}
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const merge = { 'content-type': 'application/merge-patch+json' };
const pod = (name: string, containers = ['web']) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: containers.map((container) => ({ name: container, image: 'web:1' })) },
});
const binding = (node: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata,
  target: { kind: 'Node', name: node },
});
const bind = (name: string, node = 'n1') => api.request('POST', `${pods}/${name}/binding`, { body: binding(node) });

describe('a binding', () => {
  it('gives a pod its node and says that it is scheduled', async () => {
    await api.request('POST', pods, { body: pod('a') });
    expect(await bind('a')).toMatchObject({ status: 201, object: { kind: 'Status', status: 'Success' } });
    expect((await api.request('GET', `${pods}/a`)).object).toMatchObject({
      metadata: { generation: 1 },
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    });
  });

  it('happens once', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    expect((await bind('a', 'n2')).object).toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining('pod a is already assigned to node "n1"'),
    });
  });

  it('may be posted on its own', async () => {
    await api.request('POST', pods, { body: pod('a') });
    const answer = await api.request('POST', '/api/v1/namespaces/default/bindings', { body: binding('n1', { name: 'a' }) });
    expect(answer.status).toBe(201);
    expect((await api.request('GET', `${pods}/a`)).object).toMatchObject({ spec: { nodeName: 'n1' } });
  });

  test.each([
    ['without a node', binding(''), 'Invalid'],
    ['to something else', { ...binding('n1'), target: { kind: 'Pod', name: 'b' } }, 'Invalid'],
    ['of another pod', binding('n1', { uid: 'other' }), 'Conflict'],
  ])('%s is refused', async (_, body, reason) => {
    await api.request('POST', pods, { body: pod('a') });
    expect((await api.request('POST', `${pods}/a/binding`, { body })).object).toMatchObject({ reason });
  });

  it('in a dry run binds nothing', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await api.request('POST', `${pods}/a/binding`, { body: binding('n1'), query: { dryRun: 'All' } });
    expect((await api.request('GET', `${pods}/a`)).object).not.toHaveProperty('spec.nodeName');
  });
});

describe('a log', () => {
  it('is asked of the node and passed on', async () => {
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    const answer = await api.request('GET', `${pods}/a/log`, { query: { follow: true, tailLines: 5, container: 'web' } });
    expect(answer).toMatchObject({ status: 200, text: 'one\ntwo\n', headers: { 'content-type': 'text/plain' } });
    expect(asked).toMatchObject([{ method: 'GET', path: 'n1:/containerLogs/default/a/web', query: 'follow=true&tailLines=5' }]);
  });

  it('of a pod without a node is empty', async () => {
    await api.request('POST', pods, { body: pod('a') });
    expect(await api.request('GET', `${pods}/a/log`)).toMatchObject({ status: 200, text: '' });
    expect(asked).toEqual([]);
  });

  test.each([
    ['', 'a container name must be specified for pod a, choose one of: [web side]'],
    ['none', 'container none is not valid for pod a'],
  ])('of the container %j of two is refused', async (container, message) => {
    await api.request('POST', pods, { body: pod('a', ['web', 'side']) });
    await bind('a');
    expect((await api.request('GET', `${pods}/a/log`, { query: { container } })).object).toMatchObject({ reason: 'BadRequest', message });
  });

  test.each([
    ['tailLines=-1', 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['limitBytes=0', 'limitBytes: Invalid value: 0: must be greater than 0'],
    ['stream=Other', 'stream: Unsupported value: "Other": supported values: "All", "Stdout", "Stderr"'],
    ['stream=Stderr&tailLines=1', 'Forbidden: `tailLines` and specific `stream` are mutually exclusive for now'],
    ['sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z', 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified'],
  ])('asked for with %s is refused', async (query, text) => {
    await api.request('POST', pods, { body: pod('a') });
    const answer = (await api.request('GET', `${pods}/a/log`, { query })).object as { reason: string; message: string };
    expect([answer.reason, answer.message]).toEqual(['Invalid', expect.stringContaining(text)]);
  });

  it('that the node refuses is refused in its words', async () => {
    agent = () => errorAnswer(badRequest('previous terminated container "web" in pod "a" not found'), false);
    await api.request('POST', pods, { body: pod('a') });
    await bind('a');
    expect((await api.request('GET', `${pods}/a/log`)).object).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: 'previous terminated container "web" in pod "a" not found',
    });
  });
});

describe('a scale', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] },
      template: { metadata: { labels: { app: 'web', tier: 'a' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  };
  const replicas = async () => ((await api.request('GET', `${deployments}/web`)).object as { spec: { replicas: number } }).spec.replicas;
  beforeEach(() => api.request('POST', deployments, { body: deployment }));

  it('is the same for every kind', async () => {
    const made = (await api.request('GET', `${deployments}/web`)).object as { metadata: Record<string, unknown> };
    const { name, namespace, uid, resourceVersion, creationTimestamp } = made.metadata;
    expect((await api.request('GET', `${deployments}/web/scale`)).object).toEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web,tier in (a,b)' },
    });
  });

  it('is replaced and patched, and its manager is written down', async () => {
    const live = (await api.request('GET', `${deployments}/web/scale`)).object as object;
    await api.request('PUT', `${deployments}/web/scale`, { body: { ...live, spec: { replicas: 5 } } });
    expect(await replicas()).toBe(5);
    await api.request('PATCH', `${deployments}/web/scale`, {
      headers: merge,
      query: { fieldManager: 'hpa' },
      body: { spec: { replicas: 7 } },
    });
    expect(await replicas()).toBe(7);
    const { metadata } = (await api.request('GET', `${deployments}/web`)).object as {
      metadata: { generation: number; managedFields: unknown[] };
    };
    expect(metadata.generation).toBe(3);
    expect(metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'hpa', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
    );
  });

  it('below zero or of an old version is refused', async () => {
    const live = (await api.request('GET', `${deployments}/web/scale`)).object as { metadata: object };
    const old = { ...live, metadata: { ...live.metadata, resourceVersion: '1' } };
    expect((await api.request('PUT', `${deployments}/web/scale`, { body: old })).object).toMatchObject({ reason: 'Conflict' });
    expect(
      (await api.request('PATCH', `${deployments}/web/scale`, { headers: merge, body: { spec: { replicas: -1 } } })).object,
    ).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.replicas' }] },
    });
  });

  it('of a kind that has none is not there', async () => {
    expect((await api.request('GET', '/api/v1/namespaces/default/configmaps/a/scale')).status).toBe(404);
  });
});
