import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { startApiServer, type TestAnswer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

interface Any {
  metadata: { resourceVersion: string; generation?: number; name: string; uid: string; managedFields?: unknown[]; labels?: object };
  spec: Record<string, unknown>;
  data: Record<string, string>;
  status?: object;
}
const maps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const map = (name: string, data: Record<string, string> = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
});
const withEnvironment = (value: string) => {
  const object = deployment('web');
  Object.assign(object.spec.template.spec.containers[0] as object, { env: [{ name: 'A', value }] });
  return object;
};
const merge = { 'content-type': 'application/merge-patch+json' };
const apply = { 'content-type': 'application/apply-patch+yaml' };
const json = { 'content-type': 'application/json-patch+json' };
const of = (answer: TestAnswer) => answer.object as Any;

describe('a create', () => {
  it('with a name that is taken is AlreadyExists', async () => {
    await api.request('POST', maps, { body: map('a') });
    expect((await api.request('POST', maps, { body: map('a') })).object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "a" already exists',
      reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' },
      code: 409,
    });
  });

  it('with generateName gets five characters behind at most 58', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x'.repeat(70) } };
    const made = of(await api.request('POST', maps, { body }));
    expect(made.metadata.name).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test.each([
    ['without a name', maps, { apiVersion: 'v1', kind: 'ConfigMap' }, 'Invalid', 422],
    ['with a resourceVersion', maps, { ...map('a'), metadata: { name: 'a', resourceVersion: '1' } }, 'BadRequest', 400],
    ['of another namespace', maps, { ...map('a'), metadata: { name: 'a', namespace: 'shop' } }, 'BadRequest', 400],
    ['of another kind', maps, { ...map('a'), kind: 'Secret' }, 'BadRequest', 400],
    ['of another version', maps, { ...map('a'), apiVersion: 'v2' }, 'BadRequest', 400],
    ['in no namespace', '/api/v1/configmaps', map('a'), 'MethodNotAllowed', 405],
    ['in a namespace that is not there', '/api/v1/namespaces/none/configmaps', map('a'), 'NotFound', 404],
    ['with a name in the path', `${maps}/a`, map('a'), 'MethodNotAllowed', 405],
    ['that is no JSON', maps, '{', 'BadRequest', 400],
    ['of a list', maps, [], 'BadRequest', 400],
    ['beyond 1.5 MB', deployments, withEnvironment('x'.repeat(1_600_000)), 'RequestEntityTooLarge', 413],
    ['with a body beyond 3 MB', maps, map('a', { k: 'x'.repeat(3_200_000) }), 'RequestEntityTooLarge', 413],
  ])('%s is refused', async (...[, path, body, reason, code]) => {
    const answer = await api.request('POST', path, { body });
    expect(answer.object).toMatchObject({ kind: 'Status', status: 'Failure', reason, code });
    expect(answer.status).toBe(code);
  });

  it.each([
    ['pods', { spec: 'x' }, 'string into Go struct field Pod.spec of type v1.PodSpec'],
    ['pods', { spec: { containers: 'x' } }, 'string into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [
      'pods',
      { spec: { containers: [{ name: 'a', image: 'b', resources: 5 }] } },
      'number into Go struct field Container.spec.containers.resources of type v1.ResourceRequirements',
    ],
    ['services', { spec: [] }, 'array into Go struct field Service.spec of type v1.ServiceSpec'],
    ['services', { spec: { ports: [5] } }, 'number into Go struct field ServiceSpec.spec.ports of type v1.ServicePort'],
    ['configmaps', { data: 5 }, 'number into Go struct field ConfigMap.data of type map[string]string'],
    [
      'configmaps',
      { metadata: { name: 'a', labels: 5 } },
      'number into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    ['configmaps', { metadata: { name: 5 } }, 'number into Go struct field ObjectMeta.metadata.name of type string'],
    [
      'configmaps',
      { metadata: { name: 'a', finalizers: 'x' } },
      'string into Go struct field ObjectMeta.metadata.finalizers of type []string',
    ],
  ])('of %s with %o cannot be read: %s', async (plural, more, what) => {
    const kind = { pods: 'Pod', services: 'Service', configmaps: 'ConfigMap' }[plural] as string;
    const body = { apiVersion: 'v1', kind, metadata: { name: 'a' }, ...more };
    const answer = await api.request('POST', `/api/v1/namespaces/default/${plural}`, { body });
    const message = `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${what}`;
    expect(answer.object).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });

  it('of an invalid object names each field', async () => {
    const body = deployment('web', -1);
    Object.assign(body.spec, { minReadySeconds: -1 });
    expect((await api.request('POST', deployments, { body })).object).toMatchObject({
      reason: 'Invalid',
      details: { name: 'web', group: 'apps', kind: 'Deployment', causes: [{ field: 'spec.replicas' }, { field: 'spec.minReadySeconds' }] },
    });
  });

  it('drops the status that is sent, and defaults the rest', async () => {
    const made = of(await api.request('POST', deployments, { body: { ...deployment('web'), status: { replicas: 9 } } }));
    expect(made.status).toBeUndefined();
    expect(made.metadata.generation).toBe(1);
    expect(made.spec).toMatchObject({ revisionHistoryLimit: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } } });
  });

  it.each([
    ['Strict', 400],
    ['Warn', 201],
    ['Ignore', 201],
  ])('with fieldValidation=%s of unknown and duplicate fields answers %i', async (fieldValidation, status) => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","colour":1},"data":{"k":"1","k":"2"}}';
    const answer = await api.request('POST', maps, { body, query: { fieldValidation } });
    expect(answer.status).toBe(status);
    const warning = '299 - "unknown field \\"metadata.colour\\"", 299 - "duplicate field \\"data.k\\""';
    expect(answer.headers['warning']).toBe(fieldValidation === 'Warn' ? warning : undefined);
    if (status === 400) {
      const text = 'strict decoding error: unknown field "metadata.colour", duplicate field "data.k"';
      expect(answer.object).toMatchObject({ message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: ${text}` });
    }
  });

  it('takes YAML', async () => {
    const headers = { 'content-type': 'application/yaml' };
    const made = await api.request('POST', maps, { headers, body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n' });
    expect(of(made).data).toEqual({ k: 'v' });
  });

  it.each(['application/cbor', 'text/plain'])('in %s is answered with what is taken', async (type) => {
    const answer = await api.request('POST', maps, { headers: { 'content-type': type }, body: 'k8s\0' });
    expect(answer.object).toMatchObject({
      reason: 'UnsupportedMediaType',
      code: 415,
      message: expect.stringContaining('application/json'),
    });
  });
});

describe('an update', () => {
  it('replaces, and raises the generation only with the spec', async () => {
    const made = of(await api.request('POST', deployments, { body: deployment('web') }));
    const labelled = of(
      await api.request('PUT', `${deployments}/web`, { body: { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } } }),
    );
    expect(labelled.metadata.generation).toBe(1);
    const scaled = of(await api.request('PUT', `${deployments}/web`, { body: { ...labelled, spec: { ...labelled.spec, replicas: 3 } } }));
    expect(scaled.metadata.generation).toBe(2);
  });

  it('that changes nothing writes nothing', async () => {
    const made = of(await api.request('POST', deployments, { body: deployment('web') }));
    const before = api.store.revision();
    const again = await api.request('PUT', `${deployments}/web`, { body: made });
    expect(again.object).toEqual(made);
    expect(api.store.revision()).toBe(before);
  });

  it('with an old resourceVersion is a Conflict', async () => {
    const made = of(await api.request('POST', maps, { body: map('a') }));
    await api.request('PUT', `${maps}/a`, { body: { ...made, data: { k: '1' } } });
    expect((await api.request('PUT', `${maps}/a`, { body: { ...made, data: { k: '2' } } })).object).toMatchObject({
      reason: 'Conflict',
      code: 409,
      message: expect.stringContaining('the object has been modified'),
    });
  });

  it('without a resourceVersion overwrites', async () => {
    await api.request('POST', maps, { body: map('a') });
    expect(of(await api.request('PUT', `${maps}/a`, { body: map('a', { k: '2' }) })).data).toEqual({ k: '2' });
  });

  it('with another uid is a Conflict', async () => {
    await api.request('POST', maps, { body: map('a') });
    const body = { ...map('a'), metadata: { name: 'a', uid: 'other' } };
    expect((await api.request('PUT', `${maps}/a`, { body })).object).toMatchObject({ reason: 'Conflict' });
  });

  it('of another name than the path says is refused', async () => {
    await api.request('POST', maps, { body: map('a') });
    expect((await api.request('PUT', `${maps}/a`, { body: map('b') })).object).toMatchObject({ reason: 'BadRequest' });
  });

  it('of what is not there is NotFound', async () => {
    expect((await api.request('PUT', `${maps}/a`, { body: map('a') })).object).toMatchObject({ reason: 'NotFound', code: 404 });
  });

  it('of status leaves the spec, of the object leaves the status', async () => {
    const made = of(await api.request('POST', deployments, { body: deployment('web') }));
    const observed = await api.request('PUT', `${deployments}/web/status`, {
      body: { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 1, observedGeneration: 1 } },
    });
    expect(of(observed)).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 1 } });
    const written = await api.request('PUT', `${deployments}/web`, { body: { ...of(observed), status: {} } });
    expect(of(written).status).toMatchObject({ replicas: 1 });
  });
});

describe('a patch', () => {
  it('merges', async () => {
    await api.request('POST', maps, { body: map('a', { k: '1', l: '1' }) });
    const patched = await api.request('PATCH', `${maps}/a`, { headers: merge, body: { data: { k: null, m: '2' } } });
    expect(of(patched).data).toEqual({ l: '1', m: '2' });
  });

  it('by operations applies all or none', async () => {
    await api.request('POST', maps, { body: map('a', { k: '1' }) });
    const good = [
      { op: 'test', path: '/data/k', value: '1' },
      { op: 'add', path: '/data/l', value: '2' },
    ];
    expect(of(await api.request('PATCH', `${maps}/a`, { headers: json, body: good })).data).toEqual({ k: '1', l: '2' });
    const bad = [
      { op: 'remove', path: '/data/k' },
      { op: 'test', path: '/data/l', value: '9' },
    ];
    expect((await api.request('PATCH', `${maps}/a`, { headers: json, body: bad })).object).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(of(await api.request('GET', `${maps}/a`)).data).toEqual({ k: '1', l: '2' });
  });

  it('with a resourceVersion that is old is a Conflict', async () => {
    await api.request('POST', maps, { body: map('a') });
    const body = { metadata: { resourceVersion: '1' }, data: { k: '1' } };
    expect((await api.request('PATCH', `${maps}/a`, { headers: merge, body })).object).toMatchObject({ reason: 'Conflict' });
  });

  it('that races with another writer is tried again', async () => {
    await api.request('POST', maps, { body: map('a') });
    const keys = ['k', 'l', 'm', 'n'];
    const answers = await Promise.all(
      keys.map((key) => api.request('PATCH', `${maps}/a`, { headers: merge, body: { data: { [key]: '1' } } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(of(await api.request('GET', `${maps}/a`)).data).toEqual({ k: '1', l: '1', m: '1', n: '1' });
  });

  it('of the strategic kind merges lists by their keys', async () => {
    await api.request('POST', deployments, { body: deployment('web') });
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    const body = { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } } };
    const patched = of(await api.request('PATCH', `${deployments}/web`, { headers, body }));
    const { containers } = (patched.spec as { template: { spec: { containers: { name: string }[] } } }).template.spec;
    expect(containers.map(({ name }) => name)).toEqual(['side', 'web']);
    const nameless = { spec: { template: { spec: { containers: [{ image: 'side:1' }] } } } };
    expect((await api.request('PATCH', `${deployments}/web`, { headers, body: nameless })).object).toMatchObject({
      code: 400,
      message: 'map: map[image:side:1] does not contain declared merge key: name',
    });
  });

  it('of a type that is none is answered with what is taken', async () => {
    await api.request('POST', maps, { body: map('a') });
    const headers = { 'content-type': 'application/json' };
    expect((await api.request('PATCH', `${maps}/a`, { headers, body: {} })).object).toMatchObject({
      code: 415,
      message:
        'the body of the request was in an unknown format (application/json) - accepted media types include: application/json-patch+json, ' +
        'application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
    });
  });

  it('cannot change who the object is', async () => {
    const made = of(await api.request('POST', maps, { body: map('a') }));
    expect((await api.request('PATCH', `${maps}/a`, { headers: merge, body: { metadata: { name: 'b' } } })).status).toBe(400);
    expect((await api.request('PATCH', `${maps}/a`, { headers: merge, body: { metadata: { uid: 'b' } } })).status).toBe(409);
    const patched = await api.request('PATCH', `${maps}/a`, {
      headers: merge,
      body: { metadata: { creationTimestamp: null, generation: 9 } },
    });
    expect(of(patched).metadata).toEqual(made.metadata);
  });
});

describe('a server-side apply', () => {
  const path = `${maps}/a`;
  const as = (fieldManager: string, data: Record<string, string>, more: object = {}) =>
    api.request('PATCH', path, { headers: apply, query: { fieldManager, ...more }, body: map('a', data) });

  it('makes the object with 201, then answers 200 and writes nothing again', async () => {
    expect((await as('flux', { k: '1' })).status).toBe(201);
    const before = api.store.revision();
    expect((await as('flux', { k: '1' })).status).toBe(200);
    expect(api.store.revision()).toBe(before);
  });

  it('needs a manager', async () => {
    const answer = await api.request('PATCH', path, { headers: apply, body: map('a') });
    expect(answer.object).toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'fieldManager' }] } });
  });

  it('removes what its manager applied before and leaves what others own', async () => {
    await as('flux', { k: '1', l: '1' });
    await as('other', { m: '1' });
    expect(of(await as('flux', { k: '1' })).data).toEqual({ k: '1', m: '1' });
  });

  it('conflicts over a value of another manager, unless forced', async () => {
    await as('flux', { k: '1' });
    expect((await as('other', { k: '2' })).object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 1 conflict: conflict with "flux": .data.k',
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "flux"', field: '.data.k' }] },
      code: 409,
    });
    expect(of(await as('other', { k: '2' }, { force: true })).data).toEqual({ k: '2' });
  });

  it('by many at once makes one object with all their fields', async () => {
    const answers = await Promise.all(['k', 'l', 'm'].map((key) => as(key, { [key]: '1' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(of(await api.request('GET', path)).data).toEqual({ k: '1', l: '1', m: '1' });
  });

  it.each([{ uid: 'x' }, { resourceVersion: '1' }])('that names an object which is not there by %o is a Conflict', async (named) => {
    const body = { ...map('a'), metadata: { name: 'a', ...named } };
    const answer = await api.request('PATCH', path, { headers: apply, query: { fieldManager: 'flux' }, body });
    expect(answer.object).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it.each([
    [{ metadata: { name: 'a' } }, "Object 'Kind'"],
    [{ ...map('a'), metadata: { name: 'a', managedFields: [{ manager: 'x' }] } }, 'managedFields must be nil'],
  ])('of %o is refused', async (body, message) => {
    const answer = await api.request('PATCH', path, { headers: apply, query: { fieldManager: 'flux' }, body });
    expect(answer.object).toMatchObject({ reason: 'BadRequest', message: expect.stringContaining(message) });
  });

  it('of status does not own the spec', async () => {
    await api.request('POST', deployments, { body: deployment('web') });
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, status: { replicas: 2 } };
    const query = { fieldManager: 'observer' };
    const answer = of(await api.request('PATCH', `${deployments}/web/status`, { headers: apply, query, body }));
    expect(answer.status).toMatchObject({ replicas: 2 });
    expect(answer.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'observer', subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } }),
    );
  });
});

describe('a dry run', () => {
  const query = { dryRun: 'All' };
  it('answers what would be and stores nothing', async () => {
    await api.request('POST', maps, { body: map('a', { k: '1' }) });
    const before = api.store.revision();
    const created = await api.request('POST', maps, { query, body: map('b', { k: '1' }) });
    const updated = await api.request('PUT', `${maps}/a`, { query, body: map('a', { k: '2' }) });
    const patched = await api.request('PATCH', `${maps}/a`, { query, headers: merge, body: { data: { k: '3' } } });
    const applied = await api.request('PATCH', `${maps}/c`, { query: { ...query, fieldManager: 'x' }, headers: apply, body: map('c') });
    const deleted = await api.request('DELETE', `${maps}/a`, { query });
    expect([created.status, updated.status, patched.status, applied.status, deleted.status]).toEqual([201, 200, 200, 201, 200]);
    expect([of(updated).data, of(patched).data]).toEqual([{ k: '2' }, { k: '3' }]);
    expect(of(created).metadata.resourceVersion).toBeUndefined();
    expect(api.store.revision()).toBe(before);
    expect(of(await api.request('GET', `${maps}/a`)).data).toEqual({ k: '1' });
  });

  it('fails where the write would', async () => {
    await api.request('POST', maps, { body: map('a') });
    expect((await api.request('POST', maps, { query, body: map('a') })).object).toMatchObject({ reason: 'AlreadyExists' });
    expect((await api.request('POST', maps, { query, body: map('A') })).object).toMatchObject({ reason: 'Invalid' });
    expect((await api.request('POST', maps, { query: { dryRun: 'Some' }, body: map('b') })).object).toMatchObject({
      reason: 'Invalid',
      details: { kind: 'CreateOptions', causes: [{ field: 'dryRun' }] },
    });
  });
});
