import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { startApiServer, type TestAnswer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
  await api.request('POST', pods, { body: web });
});
afterEach(() => api.stop());

const pods = '/api/v1/namespaces/default/pods';
const types = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};
const amounts = (cpu: string, memory = '100Mi') => ({ requests: { cpu, memory } });
const web = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'web', image: 'web:1', resources: amounts('100m') },
      { name: 'more', image: 'more:1' },
    ],
  },
};
const patch = (part: string, type: keyof typeof types, body: object, query: Record<string, string | boolean> = {}) =>
  api.request('PATCH', `${pods}/web/${part}`, {
    headers: { 'content-type': types[type] },
    body,
    query: { fieldManager: 'jane', ...query },
  });
const of = (answer: TestAnswer): Pod & KubeObject => {
  expect(answer.status, answer.text).toBe(200);
  return answer.object as Pod & KubeObject;
};
const stored = async () => of(await api.request('GET', `${pods}/web`));
const entriesOf = (pod: KubeObject, subresource: string) =>
  (pod.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === subresource)
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }));

const debug = { name: 'debug', image: 'busybox', targetContainerName: 'web' };

describe('ephemeral containers', () => {
  it('are added by each kind of patch, and counted by the generation', async () => {
    await patch('ephemeralcontainers', 'strategic', { spec: { ephemeralContainers: [debug] } });
    await patch('ephemeralcontainers', 'json', [{ op: 'add', path: '/spec/ephemeralContainers/-', value: { ...debug, name: 'second' } }]);
    const third = { spec: { ephemeralContainers: [...((await stored()).spec.ephemeralContainers ?? []), { ...debug, name: 'third' }] } };
    await patch('ephemeralcontainers', 'merge', third);
    const head = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } };
    const fourth = { ...head, spec: { ephemeralContainers: [{ ...debug, name: 'fourth' }] } };
    const pod = of(await patch('ephemeralcontainers', 'apply', fourth));
    expect(pod.spec.ephemeralContainers?.map(({ name }) => name)).toEqual(['debug', 'second', 'third', 'fourth']);
    expect(pod.metadata.generation).toBe(5);
    expect(entriesOf(pod, 'ephemeralcontainers').map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
      'jane Apply',
      'jane Update',
    ]);
  });

  it('are all that a PUT changes', async () => {
    const before = await stored();
    const [first] = before.spec.containers;
    const sent = {
      ...before,
      metadata: { ...before.metadata, labels: { other: 'x' }, finalizers: ['a.example/b'] },
      spec: { ...before.spec, containers: [{ ...first, image: 'web:2' }], ephemeralContainers: [debug] },
      status: { phase: 'Failed' },
    };
    const after = of(await api.request('PUT', `${pods}/web/ephemeralcontainers`, { body: sent }));
    const whole = {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'Always',
    };
    expect(after.spec).toEqual({ ...before.spec, ephemeralContainers: [{ ...debug, ...whole }] });
    expect(after.metadata.labels).toEqual({ app: 'web' });
    expect(after.metadata.finalizers).toBeUndefined();
    expect(after.status).toEqual(before.status);
  });

  test.each([
    ['removed', [], 'existing ephemeral containers "debug" may not be removed'],
    ['changed', [{ ...debug, image: 'other' }], 'existing ephemeral containers "debug" may not be changed'],
  ])('may not be %s', async (_, ephemeralContainers, message) => {
    await patch('ephemeralcontainers', 'strategic', { spec: { ephemeralContainers: [debug] } });
    const answer = await patch('ephemeralcontainers', 'merge', { spec: { ephemeralContainers } });
    expect(answer.object).toMatchObject({ code: 422, message: expect.stringContaining(message) });
  });

  it('of a wrong type are no pod', async () => {
    const answer = await patch('ephemeralcontainers', 'merge', { spec: 'none' });
    expect(answer.object).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('a resize', () => {
  const resized = (cpu: string) => ({ spec: { containers: [{ name: 'web', resources: { requests: { cpu } } }] } });

  it('changes what containers may take, and nothing else', async () => {
    const before = await stored();
    const body = { ...resized('200m'), metadata: { labels: { app: 'other' } } };
    const after = of(await patch('resize', 'strategic', body));
    const [first, ...others] = before.spec.containers;
    expect(after.spec).toEqual({ ...before.spec, containers: [{ ...first, resources: amounts('200m') }, ...others] });
    expect(after.metadata.labels).toEqual({ app: 'web' });
    expect(after.metadata.generation).toBe(2);
    expect(entriesOf(after, 'resize')).toEqual([
      {
        manager: 'jane',
        operation: 'Update',
        fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:resources': { 'f:requests': { 'f:cpu': {} } } } } } },
      },
    ]);
  });

  it('that is applied owns the amounts, not the container', async () => {
    const applied = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', labels: { app: 'web' } }, ...resized('300m') };
    const { object } = await patch('resize', 'apply', applied);
    expect(object).toMatchObject({ code: 409, reason: 'Conflict' });
    const after = of(await patch('resize', 'apply', applied, { force: true }));
    expect(after.spec.containers[0]?.resources).toEqual(amounts('300m'));
    const requests = { 'f:requests': { 'f:cpu': {} } };
    expect(entriesOf(after, 'resize')).toEqual([
      {
        manager: 'jane',
        operation: 'Apply',
        fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:resources': requests } } } },
      },
    ]);
  });

  it('that changes nothing writes nothing', async () => {
    const before = await stored();
    const after = of(await patch('resize', 'merge', { metadata: { labels: { app: 'other' } }, spec: { nodeName: 'n1' } }));
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('stays within the bounds of its namespace', async () => {
    const limits = [{ type: 'Container', max: { cpu: '500m' } }];
    const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'bounds' }, spec: { limits } };
    expect((await api.request('POST', '/api/v1/namespaces/default/limitranges', { body: range })).status).toBe(201);
    const { object } = await patch('resize', 'strategic', { spec: { containers: [{ name: 'web', resources: { limits: { cpu: '1' } } }] } });
    expect(object).toMatchObject({
      code: 403,
      message: expect.stringContaining('maximum cpu usage per Container is 500m, but limit is 1'),
    });
  });

  it('of what are no containers is told as that', async () => {
    const answer = await patch('resize', 'merge', { spec: { containers: ['web', null] } });
    expect(answer.object).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it('of a pod that is not there is not found', async () => {
    const answer = await api.request('PATCH', `${pods}/none/resize`, { headers: { 'content-type': types.merge }, body: {} });
    expect(answer.object).toMatchObject({ code: 404, message: 'pods "none" not found' });
  });
});

it('parts of a pod are found by discovery, and in the OpenAPI document', async () => {
  const { resources } = (await api.request('GET', '/api/v1')).object as { resources: { name: string }[] };
  const { paths } = (await api.request('GET', '/openapi/v3/api/v1')).object as { paths: Record<string, object> };
  for (const [part, suffix] of [
    ['ephemeralcontainers', 'Ephemeralcontainers'],
    ['resize', 'Resize'],
  ] as const) {
    expect(resources).toContainEqual({
      name: `pods/${part}`,
      singularName: '',
      namespaced: true,
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
    });
    expect(paths[`/api/v1/namespaces/{namespace}/pods/{name}/${part}`]).toMatchObject({
      get: { operationId: `readCoreV1NamespacedPod${suffix}`, description: `read ${part} of the specified Pod` },
      patch: { operationId: `patchCoreV1NamespacedPod${suffix}` },
      put: { operationId: `replaceCoreV1NamespacedPod${suffix}` },
    });
  }
});

it('who edits a namespace may neither resize pods nor look into them, as upstream', async () => {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'jane' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  };
  const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
  expect((await api.request('POST', bindings, { body: binding })).status).toBe(201);
  for (const part of ['ephemeralcontainers', 'resize']) {
    const answer = await api.request('PATCH', `${pods}/web/${part}`, { headers: { 'content-type': types.merge }, body: {}, user: 'jane' });
    expect(answer.object).toMatchObject({ code: 403, message: expect.stringContaining(`cannot patch resource "pods/${part}"`) });
  }
});
