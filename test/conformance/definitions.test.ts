import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, refused, type Fields } from './client.ts';
import { anything, defining, definition, definitions, type DefinedVersion } from './definitions.ts';
import { expectDiscovered } from './operations.ts';

const plane = conformance();
const define = defining(plane);
const noxu = (group: string, versions: readonly DefinedVersion[] = [{ name: 'v1' }]) => ({
  group,
  plural: 'noxus',
  kind: 'Noxu',
  versions,
});

describe('apimachinery/custom_resource_definition.go', () => {
  it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition creating/deleting custom resource definition objects works', async () => {
    await define(noxu('simple.example.com'));
    const of = definitions(plane.admin);
    await of.delete('noxus.simple.example.com');
    await plane.until(async () => !(await of.names()).includes('noxus.simple.example.com'));
    expect(await refused(of.get('noxus.simple.example.com'))).toMatchObject({ code: 404 });
    expect((await plane.admin.call('GET', '/apis/simple.example.com/v1')).status).toBe(404);
  });

  it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition listing custom resource definition objects works', async () => {
    const of = definitions(plane.admin);
    const names = Array.from({ length: 10 }, (_, at) => `listed${at}`);
    for (const plural of names) {
      await of.create(
        definition({
          group: 'list.example.com',
          plural,
          kind: `Listed${plural.slice(6)}`,
          versions: [{ name: 'v1' }],
          labels: { 'e2e-list-test-uuid': 'some' },
        }),
      );
    }
    await define(noxu('other.example.com'));
    expect(await of.names('e2e-list-test-uuid=some')).toEqual(names.map((plural) => `${plural}.list.example.com`));
    await of.deleteCollection('e2e-list-test-uuid=some');
    await plane.until(async () => (await of.names('e2e-list-test-uuid=some')).length === 0);
    expect(await of.names()).toContain('noxus.other.example.com');
  });

  it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', async () => {
    const { metadata } = await define(noxu('status.example.com'));
    const of = definitions(plane.admin);
    const live = await of.get(metadata.name, 'status');
    const before = fieldsOf(live, 'status')['conditions'] as Fields[];
    const updated = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    await of.update({ ...live, status: { ...fieldsOf(live, 'status'), conditions: [...before, updated] } }, 'status');
    const read = await of.get(metadata.name, 'status');
    expect(fieldsOf(read, 'status')['conditions']).toContainEqual(updated);
    const patched = { type: 'StatusPatched', status: 'True' };
    const patch = [{ op: 'add', path: '/status/conditions', value: [...before, updated, patched] }];
    await of.patch(metadata.name, patch, { type: 'json', subresource: 'status' });
    expect(fieldsOf(await of.get(metadata.name), 'status')['conditions']).toEqual(
      expect.arrayContaining([updated, expect.objectContaining(patched)]),
    );
  });

  it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents', async () => {
    const served = {
      groupVersion: 'apiextensions.k8s.io/v1',
      plural: 'customresourcedefinitions',
      kind: 'CustomResourceDefinition',
      namespaced: false,
      subresources: ['status'],
    };
    await expectDiscovered(plane.admin, served);
  });

  it('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] custom resource defaulting for requests and from storage works', async () => {
    const withDefaults = (a?: string, b?: string): Fields => ({
      ...anything,
      properties: {
        a: { type: 'string', ...(a !== undefined && { default: a }) },
        b: { type: 'string', ...(b !== undefined && { default: b }) },
      },
    });
    const { metadata } = await define(noxu('defaults.example.com', [{ name: 'v1', schema: withDefaults() }]));
    const of = plane.admin.resource('defaults.example.com/v1', 'noxus', await plane.namespace());
    const make = (name: string) => ({ apiVersion: 'defaults.example.com/v1', kind: 'Noxu', metadata: { name } });
    const redefine = (schema: Fields) =>
      definitions(plane.admin).patch(metadata.name, [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: schema }], {
        type: 'json',
      });
    const untilRead = (name: string, wanted: Fields) =>
      plane.until(async () => {
        const { a, b } = await of.get(name);
        return JSON.stringify({ a, b }) === JSON.stringify(wanted);
      });
    expect(await of.create(make('cr'))).not.toHaveProperty('a');
    await redefine(withDefaults('A'));
    await untilRead('cr', { a: 'A' });
    expect(await of.create(make('cr2'))).toMatchObject({ a: 'A' });
    await redefine(withDefaults(undefined, 'B'));
    await untilRead('cr2', { a: 'A', b: 'B' });
    await untilRead('cr', { b: 'B' });
  });
});

describe('apimachinery/crd_watch.go', () => {
  it('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects', async () => {
    await define(noxu('watch.example.com'));
    const of = plane.admin.resource('watch.example.com/v1', 'noxus', await plane.namespace());
    const { metadata } = await of.list();
    const watches = await Promise.all(
      ['name1', 'name2'].map((name) => of.watch(metadata.resourceVersion, { fieldSelector: `metadata.name=${name}` })),
    );
    for (const name of ['name1', 'name2'])
      await of.create({ apiVersion: 'watch.example.com/v1', kind: 'Noxu', metadata: { name }, content: { key: 'value' } });
    for (const name of ['name1', 'name2']) await of.patch(name, { dummy: 'test' });
    for (const name of ['name1', 'name2']) await of.delete(name);
    await plane.until(() => watches.every(({ events }) => events.length === 3));
    for (const [at, { events, stop }] of watches.entries()) {
      expect(events.map(({ type, object }) => [type, object.metadata.name, object['dummy']])).toEqual([
        ['ADDED', `name${at + 1}`, undefined],
        ['MODIFIED', `name${at + 1}`, 'test'],
        ['DELETED', `name${at + 1}`, 'test'],
      ]);
      await stop();
    }
  });
});

describe('apimachinery/aggregated_discovery.go', () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  interface Documents {
    readonly items: readonly {
      readonly metadata: { readonly name: string };
      readonly versions: readonly { readonly version: string; readonly resources: readonly Fields[] }[];
    }[];
  }
  async function aggregated(group: string) {
    const { items } = await plane.admin.ok<Documents>('GET', '/apis', { headers: { accept } });
    return items.find(({ metadata }) => metadata.name === group)?.versions;
  }
  const resource = (group: string) => ({
    resource: 'noxus',
    responseKind: { group, version: 'v1', kind: 'Noxu' },
    scope: 'Namespaced',
    singularResource: 'noxu',
    verbs: expect.arrayContaining(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']) as string[],
    subresources: [{ subresource: 'status', responseKind: { group, version: 'v1', kind: 'Noxu' }, verbs: ['get', 'patch', 'update'] }],
  });

  it('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs', async () => {
    const group = 'raw-discovery.example.com';
    expect(await aggregated(group)).toBeUndefined();
    await define(noxu(group));
    expect(await aggregated(group)).toMatchObject([{ version: 'v1', resources: [resource(group)] }]);
  });

  it('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs', async () => {
    const group = 'discovery.example.com';
    await define(noxu(group, [{ name: 'v1' }, { name: 'v2' }]));
    const versions = await aggregated(group);
    // The newer version is preferred, and both are what the plain documents say.
    expect(versions?.map(({ version }) => version)).toEqual(['v2', 'v1']);
    for (const { version, resources } of versions ?? []) {
      const plain = await plane.admin.ok<{ resources: { name: string; kind: string }[] }>('GET', `/apis/${group}/${version}`);
      expect(plain.resources.map(({ name }) => name)).toEqual(['noxus', 'noxus/status']);
      expect(resources.map((each) => each['resource'])).toEqual(['noxus']);
    }
    await definitions(plane.admin).delete(`noxus.${group}`);
    await plane.until(async () => (await aggregated(group)) === undefined);
  });
});
