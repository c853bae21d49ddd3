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
      { type: 'NamesAccepted', status: 'False', reason: 'NameConflict', message: '"Shelf" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted' },
    ]);
    expect((await api.request('GET', '/apis/demo.example/v1/boards')).status).toBe(404);
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
