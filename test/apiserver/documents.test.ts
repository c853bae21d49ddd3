import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { isServed } from '../../src/apiserver/computed/index.ts';
import { compareVersions } from '../../src/apiserver/discovery.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api.stop());

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
const accept = (...types: string[]) => ({ headers: { accept: types.join(',') } });

describe('discovery', () => {
  test.each([
    [[aggregated('v2'), aggregated('v2beta1'), 'application/json'], aggregated('v2'), 'APIGroupDiscoveryList'],
    [[aggregated('v2beta1'), 'application/json'], aggregated('v2beta1'), 'APIGroupDiscoveryList'],
    [['application/json'], 'application/json', 'APIGroupList'],
    [['*/*'], 'application/json', 'APIGroupList'],
  ])('asked as %j is answered as %s', async (types, type, kind) => {
    const answer = await api.request('GET', '/apis', accept(...types));
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['vary']).toBe('Accept');
    expect(answer.object).toMatchObject({ kind });
  });

  it('lists each resource with its subresources', async () => {
    const { object } = await api.request('GET', '/apis', accept(aggregated('v2')));
    const { items } = object as {
      items: { metadata: { name: string }; versions: { version: string; resources: { resource: string }[] }[] }[];
    };
    const apps = items.find(({ metadata }) => metadata.name === 'apps');
    const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
    const responseKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(apps?.versions[0]?.resources.find(({ resource }) => resource === 'deployments')).toEqual({
      resource: 'deployments',
      responseKind,
      scope: 'Namespaced',
      singularResource: 'deployment',
      verbs,
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] },
        { subresource: 'status', responseKind, verbs: ['get', 'patch', 'update'] },
      ],
    });
  });

  it('in its classic form says the same', async () => {
    const core = (await api.request('GET', '/api/v1')).object as { groupVersion: string; resources: { name: string }[] };
    expect(core.groupVersion).toBe('v1');
    expect(core.resources).toContainEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    expect((await api.request('GET', '/api')).object).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await api.request('GET', '/apis/apps')).object).toEqual({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    expect((await api.request('GET', '/apis/none')).object).toMatchObject({ reason: 'NotFound' });
  });

  it('lists the same resources in every form', async () => {
    const names = new Set<string>();
    for (const kind of [
      ...api.kinds
        .all()
        .filter(isServed)
        .map((each) => each.kind),
      { group: 'metrics.k8s.io', version: 'v1beta1' },
      { group: 'custom.metrics.k8s.io', version: 'v1beta2' },
      { group: 'external.metrics.k8s.io', version: 'v1beta1' },
    ]) {
      const path = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
      const { resources } = (await api.request('GET', path)).object as { resources: { name: string }[] };
      for (const { name } of resources) names.add(`${path} ${name}`);
    }
    const found = new Set<string>();
    for (const root of ['/api', '/apis']) {
      const { items } = (await api.request('GET', root, accept(aggregated('v2')))).object as {
        items: {
          metadata: { name?: string };
          versions: { version: string; resources: { resource: string; subresources?: { subresource: string }[] }[] }[];
        }[];
      };
      for (const { metadata, versions } of items) {
        for (const { version, resources } of versions) {
          const path = metadata.name === undefined ? `/api/${version}` : `/apis/${metadata.name}/${version}`;
          for (const { resource, subresources = [] } of resources) {
            found.add(`${path} ${resource}`);
            for (const { subresource } of subresources) found.add(`${path} ${resource}/${subresource}`);
          }
        }
      }
    }
    expect(found).toEqual(names);
  });

  it('that the client has already is not sent again', async () => {
    const first = await api.request('GET', '/apis', accept(aggregated('v2')));
    const headers = { accept: aggregated('v2'), 'if-none-match': first.headers['etag'] ?? '' };
    expect(await api.request('GET', '/apis', { headers })).toMatchObject({ status: 304, text: '' });
  });

  test.each([
    [
      ['v1beta1', 'v2', 'v1', 'v10', 'foo', 'v1alpha1', 'v2beta2', 'v2beta1', 'bar'],
      ['v10', 'v2', 'v1', 'v2beta2', 'v2beta1', 'v1beta1', 'v1alpha1', 'bar', 'foo'],
    ],
  ])('orders the versions %j as %j', (versions, ordered) => {
    expect([...versions].sort(compareVersions)).toEqual(ordered);
  });
});

describe('OpenAPI v3', () => {
  it('has a document for each group version, which may be kept for ever', async () => {
    const { paths } = (await api.request('GET', '/openapi/v3')).object as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toContain('apis/apps/v1');
    const url = paths['apis/apps/v1']?.serverRelativeURL ?? '';
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
    const answer = await api.request('GET', url);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, immutable, max-age=31536000' },
      object: { openapi: '3.0.0' },
    });
    const { paths: operations } = answer.object as { paths: Record<string, { patch?: { parameters: { name: string }[] } }> };
    const patch = operations['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
    expect(patch?.parameters.map(({ name }) => name)).toContain('fieldValidation');
  });

  it('of an old hash leads to the newest', async () => {
    const answer = await api.request('GET', '/openapi/v3/api/v1?hash=OLD');
    expect(answer.status).toBe(301);
    expect((await api.request('GET', answer.headers['location'] ?? '')).status).toBe(200);
  });

  it.each(['/openapi/v2', '/openapi/v3/apis/none/v1'])('%s is not there', async (path) => {
    expect((await api.request('GET', path)).object).toMatchObject({ kind: 'Status', code: 404 });
  });

  it('as protobuf alone is NotAcceptable', async () => {
    const answer = await api.request('GET', '/openapi/v3', accept('application/com.github.proto-openapi.spec.v3@v1.0+protobuf'));
    expect(answer.object).toMatchObject({ code: 406 });
  });
});

describe('OpenAPI v2', () => {
  /** The fields of a protobuf message by number; each is bytes here. */
  function fields(bytes: Buffer): Map<number, Buffer[]> {
    const found = new Map<number, Buffer[]>();
    let at = 0;
    const varint = () => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[at++] as number;
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const key = varint();
      expect(key & 7).toBe(2);
      const length = varint();
      found.set(key >> 3, [...(found.get(key >> 3) ?? []), bytes.subarray(at, (at += length))]);
    }
    return found;
  }
  const one = (message: Buffer, ...path: number[]): Buffer =>
    path.reduce((bytes, number) => fields(bytes).get(number)?.[0] ?? Buffer.alloc(0), message);

  it.each(['@v1.0', '.v1.0'])('tells older clients in protobuf (spec.v2%s) what a PATCH takes', async (version) => {
    const answer = await api.server.handle({
      method: 'GET',
      path: '/openapi/v2',
      query: '',
      headers: { authorization: 'Bearer admin', accept: `application/com.github.proto-openapi.spec.v2${version}+protobuf` },
    });
    expect(answer.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    const document = Buffer.from(answer.body as Uint8Array);
    expect(one(document, 1).toString()).toBe('2.0');
    const paths = fields(one(document, 8)).get(2) ?? [];
    const path = paths.find((bytes) => one(bytes, 1).toString() === '/apis/apps/v1/namespaces/{namespace}/deployments/{name}');
    const patch = one(path as Buffer, 2, 8);
    expect((fields(patch).get(8) ?? []).map((bytes) => one(bytes, 1, 2, 3, 4).toString())).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
    expect(one(patch, 13, 1).toString()).toBe('x-kubernetes-group-version-kind');
    expect(JSON.parse(one(patch, 13, 2, 2).toString())).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
  });
});

describe('the server', () => {
  it('says which version it serves, in digits', async () => {
    const { object } = await api.request('GET', '/version');
    expect(object).toMatchObject({
      major: expect.stringMatching(/^\d+$/),
      minor: expect.stringMatching(/^\d+$/),
      gitVersion: 'v1.35.0+steersman-0.1.0',
    });
  });

  it('says how it is', async () => {
    expect(await api.request('GET', '/livez')).toMatchObject({ status: 200, text: 'ok' });
    expect((await api.request('GET', '/readyz?verbose')).text).toBe(
      '[+]ping ok\n[+]log ok\n[+]store ok\n[+]default-objects ok\nreadyz check passed\n',
    );
    expect((await api.request('GET', '/readyz/none')).status).toBe(404);
  });

  it.each([
    ['GET', '/nothing'],
    ['GET', '/apis/apps/v1/none'],
    ['GET', '/apis/none/v1/deployments'],
    ['GET', '/api/v1/namespaces/default/nodes'],
    ['GET', '/api/v1/pods/a'],
    ['GET', '/api/v1/namespaces/default/pods/a/none'],
    ['POST', '/version'],
  ])('has no %s %s', async (method, path) => {
    expect((await api.request(method, path)).object).toMatchObject({ code: 404, reason: 'NotFound' });
  });
});
