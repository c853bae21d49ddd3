import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loopTurn } from '../../src/base/clock.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const shelves = '/apis/demo.example/v1/namespaces/default/shelves';
const definition = (kind = 'Shelf', plural = 'shelves') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.demo.example` },
  spec: {
    group: 'demo.example',
    scope: 'Namespaced',
    names: { plural, kind, shortNames: plural === 'shelves' ? ['sh'] : [] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count' } },
        additionalPrinterColumns: [{ name: 'Count', type: 'integer', jsonPath: '.spec.count' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['colour'],
                properties: { colour: { type: 'string' }, count: { type: 'integer', minimum: 0, default: 1 } },
              },
              status: { type: 'object', properties: { count: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
});
const shelf = (name: string, spec: object = { colour: 'red' }) => ({
  apiVersion: 'demo.example/v1',
  kind: 'Shelf',
  metadata: { name },
  spec,
});

describe('a custom kind', () => {
  it('is served as soon as its definition is stored, and says so', async () => {
    expect((await api.request('POST', definitions, { body: definition() })).status).toBe(201);
    const made = await api.request('POST', shelves, { body: shelf('a') });
    expect(made.object).toMatchObject({ metadata: { generation: 1 }, spec: { colour: 'red', count: 1 } });
    await loopTurn();
    const { status } = (await api.request('GET', `${definitions}/shelves.demo.example`)).object as { status: object };
    expect(status).toEqual({
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'NoConflicts',
          message: 'no conflicts found',
        },
        {
          type: 'Established',
          status: 'True',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
      acceptedNames: { plural: 'shelves', singular: 'shelf', kind: 'Shelf', listKind: 'ShelfList', shortNames: ['sh'] },
      storedVersions: ['v1'],
    });
    expect((await api.request('GET', '/apis/demo.example/v1')).object).toMatchObject({
      resources: [{ name: 'shelves' }, { name: 'shelves/scale' }, { name: 'shelves/status' }],
    });
  });

  it('is validated, defaulted and stripped by its schema', async () => {
    await api.request('POST', definitions, { body: definition() });
    const invalid = await api.request('POST', shelves, { body: shelf('a', { count: -1 }) });
    expect(invalid.object).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.colour' }, { field: 'spec.count' }, { field: '.spec.count' }] },
    });
    const stripped = await api.request('POST', shelves, { body: shelf('a', { colour: 'red', size: 3 }) });
    expect(stripped.object).toMatchObject({ spec: { colour: 'red', count: 1 } });
    expect(stripped.headers['warning']).toBe('299 - "unknown field \\"spec.size\\""');
  });

  it('scales', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', shelves, { body: shelf('a') });
    const scaled = await api.request('PATCH', `${shelves}/a/scale`, {
      body: { spec: { replicas: 4 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(scaled.object).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    expect((await api.request('GET', `${shelves}/a`)).object).toMatchObject({ metadata: { generation: 2 }, spec: { count: 4 } });
  });

  it('vanishes with its definition, and its objects with it', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', shelves, { body: shelf('a') });
    await api.request('POST', shelves, { body: { ...shelf('b'), metadata: { name: 'b', finalizers: ['demo.example/hold'] } } });
    await loopTurn();
    expect((await api.request('DELETE', `${definitions}/shelves.demo.example`)).object).toMatchObject({
      kind: 'CustomResourceDefinition',
      metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'], deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    await loopTurn();
    expect((await api.request('GET', shelves)).object).toMatchObject({ items: [{ metadata: { name: 'b' } }] });
    expect((await api.request('POST', shelves, { body: shelf('c') })).object).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    await api.request('PATCH', `${shelves}/b`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await loopTurn();
    expect((await api.request('GET', `${definitions}/shelves.demo.example`)).status).toBe(404);
    expect((await api.request('GET', shelves)).status).toBe(404);
  });

  it('whose names are taken is not served', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', definitions, { body: definition('Shelf', 'boards') });
    await loopTurn();
    const { status } = (await api.request('GET', `${definitions}/boards.demo.example`)).object as { status: { conditions: object[] } };
    expect(status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"ShelfList" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted' },
    ]);
    expect((await api.request('GET', '/apis/demo.example/v1/boards')).status).toBe(404);
  });
});

type Loose = Record<string, unknown>;
const conditionsOf = async (name: string): Promise<Loose[]> => {
  const { object } = await api.request('GET', `${definitions}/${name}.demo.example`);
  return (object as { status: { conditions: Loose[] } }).status.conditions;
};

describe('names', () => {
  it('that another definition gives up go to the one that waits for them', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', definitions, { body: definition('Shelf', 'boards') });
    await loopTurn();
    expect((await api.request('GET', '/apis/demo.example/v1/boards')).status).toBe(404);
    await api.request('DELETE', `${definitions}/shelves.demo.example`);
    await loopTurn();
    await loopTurn();
    expect(await conditionsOf('boards')).toMatchObject([
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ]);
    expect((await api.request('GET', '/apis/demo.example/v1/boards')).status).toBe(200);
  });

  it('that are short and taken are left out, and the kind is not served for that', async () => {
    await api.request('POST', definitions, { body: definition() });
    const board = definition('Board', 'boards');
    await api.request('POST', definitions, {
      body: { ...board, spec: { ...board.spec, names: { ...board.spec.names, shortNames: ['sh', 'bo'] } } },
    });
    await loopTurn();
    expect(await conditionsOf('boards')).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message: '"sh" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ]);
  });

  it('stay with those that have them when the server starts again', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', definitions, { body: definition('Shelf', 'boards') });
    await loopTurn();
    const again = await startApiServer({ store: api.store });
    expect((await again.request('GET', '/apis/demo.example/v1/boards')).status).toBe(404);
    expect((await again.request('GET', '/apis/demo.example/v1/shelves')).status).toBe(200);
    again.server.stop();
  });

  it('that an established kind asks for in vain leave it as it was', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', definitions, { body: definition('Board', 'boards') });
    await loopTurn();
    const headers = { 'content-type': 'application/merge-patch+json' };
    await api.request('PATCH', `${definitions}/boards.demo.example`, { headers, body: { spec: { names: { shortNames: ['sh'] } } } });
    await loopTurn();
    expect(await conditionsOf('boards')).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict' },
      { type: 'Established', status: 'True' },
    ]);
    const found = (await api.request('GET', '/apis/demo.example/v1')).object as { resources: { name: string; shortNames?: string[] }[] };
    expect(found.resources.find(({ name }) => name === 'boards')).not.toHaveProperty('shortNames');
  });

  it('in a group of Kubernetes say whether they were approved', async () => {
    const own = definition();
    const body = {
      ...own,
      metadata: { name: 'shelves.demo.k8s.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, an experiment' } },
      spec: { ...own.spec, group: 'demo.k8s.io' },
    };
    await api.request('POST', definitions, { body });
    await loopTurn();
    const { object } = await api.request('GET', `${definitions}/shelves.demo.k8s.io`);
    expect((object as { status: { conditions: Loose[] } }).status.conditions).toContainEqual(
      expect.objectContaining({ type: 'KubernetesAPIApprovalPolicyConformant', status: 'False', reason: 'UnapprovedAnnotation' }),
    );
  });
});

describe('a watch of a custom kind', () => {
  it('ends when the definition goes, and the next one begins with nothing', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', shelves, { body: shelf('a') });
    const events = await api.watch(shelves);
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    await api.request('DELETE', `${definitions}/shelves.demo.example`);
    expect((await events.next()).value).toMatchObject({ type: 'DELETED' });
    expect(await events.next()).toMatchObject({ done: true });
    await api.request('POST', definitions, { body: definition() });
    expect((await api.request('GET', shelves)).object).toMatchObject({ items: [] });
  });

  it('ends when the schema changes, so that its reader asks again', async () => {
    await api.request('POST', definitions, { body: definition() });
    await loopTurn();
    const events = await api.watch(shelves);
    const headers = { 'content-type': 'application/json-patch+json' };
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size';
    await api.request('PATCH', `${definitions}/shelves.demo.example`, {
      headers,
      body: [{ op: 'add', path, value: { type: 'integer', default: 7 } }],
    });
    expect(await events.next()).toMatchObject({ done: true });
  });
});

describe('an object that was stored before the schema changed', () => {
  it('is read with the defaults of today, without fields that are no more', async () => {
    await api.request('POST', definitions, { body: definition() });
    await api.request('POST', shelves, { body: shelf('a', { colour: 'red', count: 2 }) });
    await loopTurn();
    const headers = { 'content-type': 'application/json-patch+json' };
    const properties = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties';
    const body = [
      { op: 'add', path: `${properties}/size`, value: { type: 'integer', default: 7 } },
      { op: 'remove', path: `${properties}/count` },
    ];
    expect((await api.request('PATCH', `${definitions}/shelves.demo.example`, { headers, body })).status).toBe(200);
    expect((await api.request('GET', `${shelves}/a`)).object).toMatchObject({ spec: { colour: 'red', size: 7 } });
    expect(((await api.request('GET', shelves)).object as { items: { spec: object }[] }).items[0]?.spec).toEqual({
      colour: 'red',
      size: 7,
    });
  });
});

describe('a kind of two versions', () => {
  const both = () => {
    const two = definition();
    const [v1] = two.spec.versions;
    return {
      ...two,
      spec: {
        ...two.spec,
        versions: [
          { ...v1, storage: true },
          { ...v1, name: 'v1beta1', storage: false },
        ],
      },
    };
  };
  const beta = shelves.replace('/v1/', '/v1beta1/');

  it('is read in either, whichever it was written in', async () => {
    await api.request('POST', definitions, { body: both() });
    await api.request('POST', shelves, { body: shelf('a') });
    await api.request('POST', beta, { body: { ...shelf('b'), apiVersion: 'demo.example/v1beta1' } });
    for (const [path, apiVersion] of [
      [shelves, 'demo.example/v1'],
      [beta, 'demo.example/v1beta1'],
    ] as const) {
      expect((await api.request('GET', `${path}/a`)).object).toMatchObject({ apiVersion, spec: { colour: 'red' } });
      expect((await api.request('GET', path)).object).toMatchObject({ apiVersion, items: [{ apiVersion }, { apiVersion }] });
      const events = await api.watch(path);
      expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { apiVersion } });
    }
  });

  it('is stored in one, which the status remembers', async () => {
    const two = both();
    await api.request('POST', definitions, { body: two });
    await api.request('POST', beta, { body: { ...shelf('a'), apiVersion: 'demo.example/v1beta1' } });
    const stored = async () => (await api.store.list('demo.example/shelves/')).entries.map((entry) => entry.value().apiVersion);
    expect(await stored()).toEqual(['demo.example/v1']);
    await loopTurn();
    const headers = { 'content-type': 'application/json-patch+json' };
    const body = [
      { op: 'replace', path: '/spec/versions/0/storage', value: false },
      { op: 'replace', path: '/spec/versions/1/storage', value: true },
    ];
    const moved = await api.request('PATCH', `${definitions}/shelves.demo.example`, { headers, body });
    expect(moved.object).toMatchObject({ status: { storedVersions: ['v1', 'v1beta1'] } });
    const merge = { 'content-type': 'application/merge-patch+json' };
    await api.request('PATCH', `${shelves}/a`, { headers: merge, body: { spec: { colour: 'blue' } } });
    expect(await stored()).toEqual(['demo.example/v1beta1']);
    const gone = await api.request('PATCH', `${definitions}/shelves.demo.example`, {
      headers,
      body: [{ op: 'remove', path: '/spec/versions/0' }],
    });
    expect(gone.object).toMatchObject({
      details: {
        causes: [{ field: 'status.storedVersions[0]', message: expect.stringContaining('missing from spec.versions') as string }],
      },
    });
  });

  it('answers nothing in a version that is not served, and warns in one that is deprecated', async () => {
    const two = both();
    const [v1, v1beta1] = two.spec.versions;
    const versions = [
      v1,
      { ...v1beta1, deprecated: true, deprecationWarning: 'use v1' },
      { ...v1, name: 'v0', served: false, storage: false },
    ];
    await api.request('POST', definitions, { body: { ...two, spec: { ...two.spec, versions } } });
    expect((await api.request('GET', shelves.replace('/v1/', '/v0/'))).status).toBe(404);
    expect((await api.request('GET', beta)).headers['warning']).toBe('299 - "use v1"');
    expect((await api.request('GET', shelves)).headers['warning']).toBeUndefined();
  });

  it('is applied by lists of keys in either, with one set of owners', async () => {
    const two = both();
    const slots = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port'],
      items: { type: 'object', required: ['port'], properties: { port: { type: 'integer' }, name: { type: 'string' } } },
    };
    const versions = two.spec.versions.map((version) => {
      const copy = JSON.parse(JSON.stringify(version)) as {
        schema: { openAPIV3Schema: { properties: { spec: { required: string[]; properties: Loose } } } };
      };
      copy.schema.openAPIV3Schema.properties.spec.properties['slots'] = slots;
      copy.schema.openAPIV3Schema.properties.spec.required = [];
      return copy;
    });
    await api.request('POST', definitions, { body: { ...two, spec: { ...two.spec, versions } } });
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const apply = (path: string, manager: string, list: object[]) =>
      api.request('PATCH', `${path}/a`, {
        headers,
        query: { fieldManager: manager },
        body: { ...shelf('a', { slots: list }), apiVersion: path === beta ? 'demo.example/v1beta1' : 'demo.example/v1' },
      });
    expect((await apply(shelves, 'one', [{ port: 1, name: 'a' }])).status).toBe(201);
    expect((await apply(beta, 'two', [{ port: 2, name: 'b' }])).status).toBe(200);
    expect((await api.request('GET', `${shelves}/a`)).object).toMatchObject({ spec: { slots: [{ port: 1 }, { port: 2 }] } });
    expect((await apply(beta, 'two', [{ port: 1, name: 'b' }])).object).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await apply(beta, 'two', [])).object).toMatchObject({ spec: { slots: [{ port: 1 }] } });
  });

  it('is changed in either', async () => {
    await api.request('POST', definitions, { body: both() });
    await api.request('POST', shelves, { body: shelf('a') });
    const before = api.store.revision();
    const headers = { 'content-type': 'application/merge-patch+json' };
    await api.request('PATCH', `${beta}/a`, { headers, body: {} });
    expect(api.store.revision()).toBe(before);
    const changed = await api.request('PATCH', `${beta}/a`, { headers, body: { spec: { colour: 'blue' } } });
    expect(changed.object).toMatchObject({ apiVersion: 'demo.example/v1beta1', spec: { colour: 'blue' } });
    expect((await api.request('GET', `${shelves}/a`)).object).toMatchObject({ apiVersion: 'demo.example/v1', spec: { colour: 'blue' } });
    expect((await api.request('DELETE', `${beta}/a`)).status).toBe(200);
  });
});
