import { describe, expect, it } from 'vitest';
import { conformance, type Answer, type Fields } from './client.ts';
import { anything, defining } from './definitions.ts';

const plane = conformance();
const define = defining(plane);
const strict = { fieldValidation: 'Strict' };
type PatchType = 'merge-patch+json' | 'strategic-merge-patch+json' | 'apply-patch+yaml';
/** Sends text as it is, so that a field may stand in it twice. */
const create = (path: string, body: string): Promise<Answer> => plane.admin.call('POST', path, { body, query: strict });
const patch = (path: string, type: PatchType, body: string): Promise<Answer> =>
  plane.admin.call('PATCH', path, {
    body,
    headers: { 'content-type': `application/${type}` },
    query: { ...strict, ...(type === 'apply-patch+yaml' && { fieldManager: 'field_validation_mgr' }) },
  });
const messageOf = ({ object }: Answer) => (object as { message?: string }).message ?? '';
function expectRefused(answer: Answer, ...words: readonly string[]): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  for (const each of words) expect(messageOf(answer)).toContain(each);
}

describe('apimachinery/field_validation.go', () => {
  it('[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object', async () => {
    const path = `/apis/apps/v1/namespaces/${await plane.namespace()}/deployments`;
    const invalid = `{
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "dupename", "name": "my-dep" },
      "spec": {
        "unknown1": "val1", "unknownDupe": "valDupe", "unknownDupe": "valDupe2", "paused": true, "paused": false,
        "selector": { "matchLabels": { "app": "nginx" } },
        "template": { "metadata": { "labels": { "app": "nginx" } }, "spec": { "containers": [{
          "name": "nginx", "image": "nginx:latest", "unknownNested": "val1", "imagePullPolicy": "Always", "imagePullPolicy": "Never" }] } } } }`;
    const wanted = [
      'unknown field "spec.unknown1"',
      'unknown field "spec.unknownDupe"',
      'duplicate field "spec.paused"',
      'unknown field "spec.template.spec.containers[0].unknownNested"',
      'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
    ];
    expectRefused(await create(path, invalid), 'strict decoding error', 'duplicate field "metadata.name"', ...wanted);
    const valid = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'my-dep' },
      spec: {
        selector: { matchLabels: { app: 'nginx' } },
        template: { metadata: { labels: { app: 'nginx' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:latest' }] } },
      },
    });
    expect((await create(path, valid)).status).toBe(201);
    const change = `{ "spec": { "unknown1": "val1", "paused": true, "paused": false, "template": { "spec": { "containers": [{ "name": "nginx", "unknownNested": "val1", "imagePullPolicy": "Always", "imagePullPolicy": "Never" }] } } } }`;
    for (const type of ['merge-patch+json', 'strategic-merge-patch+json'] as const) {
      expectRefused(
        await patch(`${path}/my-dep`, type, change),
        'unknown field "spec.unknown1"',
        'duplicate field "spec.paused"',
        'unknown field "spec.template.spec.containers[0].unknownNested"',
      );
    }
  });

  it('[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object', async () => {
    const path = `/apis/apps/v1/namespaces/${await plane.namespace()}/deployments`;
    const made = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'my-dep', unknownMeta: 'foo' }, spec: {} };
    const spec = (unknown: Fields) => ({
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' }, ...unknown }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
    });
    expectRefused(
      await create(path, JSON.stringify({ ...made, spec: spec({}) })),
      'strict decoding error',
      'unknown field "metadata.unknownMeta"',
    );
    const nested = { ...made, metadata: { name: 'my-dep' }, spec: spec({ unknownTemplateMeta: 'foo' }) };
    expectRefused(await create(path, JSON.stringify(nested)), 'unknown field "spec.template.metadata.unknownTemplateMeta"');
  });

  const properties = {
    foo: { type: 'string' },
    cronSpec: { type: 'string' },
    ports: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, containerPort: { type: 'integer' } } } },
  };
  const schema = (spec: Fields): Fields => ({ type: 'object', properties: { spec: { type: 'object', ...spec } } });
  /** The path of the resources of a new kind in a new namespace. */
  async function kind(group: string, of: Fields): Promise<string> {
    await define({ group, plural: 'noxus', kind: 'Noxu', versions: [{ name: 'v1', schema: of }] });
    return `/apis/${group}/v1/namespaces/${await plane.namespace()}/noxus`;
  }
  const resource = (group: string, more: Fields) =>
    JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Noxu', metadata: { name: 'mytest' }, ...more });

  it('[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation schema', async () => {
    const group = 'valid.example.com';
    const path = await kind(group, schema({ properties }));
    const spec = { foo: 'foo1', cronSpec: '* * * * */5', ports: [{ name: 'portName', containerPort: 8080 }] };
    expect(await patch(`${path}/mytest`, 'apply-patch+yaml', resource(group, { spec }))).toMatchObject({ status: 201, object: { spec } });
    expect((await create(path, resource(group, { spec, metadata: { name: 'created' } }))).status).toBe(201);
  });

  it('[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema', async () => {
    const group = 'schemaless.example.com';
    const path = await kind(group, anything);
    const spec = { foo: 'foo1', cronSpec: '* * * * */5', unknown: 'uk1' };
    expect(await patch(`${path}/mytest`, 'apply-patch+yaml', resource(group, { spec }))).toMatchObject({ status: 201, object: { spec } });
    expect(await create(path, resource(group, { spec, metadata: { name: 'created' } }))).toMatchObject({ status: 201, object: { spec } });
  });

  it('[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema', async () => {
    const group = 'invalid.example.com';
    const path = await kind(group, schema({ properties }));
    const body = resource(group, { spec: { foo: 'foo1', cronSpec: '* * * * */5', extraProperty: 'arbitrary-value' } });
    expectRefused(await patch(`${path}/mytest`, 'apply-patch+yaml', body), '.spec.extraProperty: field not declared in schema');
    expectRefused(await create(path, body), 'strict decoding error', 'unknown field "spec.extraProperty"');
    expect((await plane.admin.call('GET', `${path}/mytest`)).status).toBe(404);
  });

  it('[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR', async () => {
    const group = 'embedded.example.com';
    const template = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: { metadata: { type: 'object' }, spec: anything },
    };
    const path = await kind(group, schema({ properties: { foo: { type: 'string' }, template } }));
    const embedded = { apiVersion: 'foo/v1', kind: 'Sub', metadata: { name: 'subobject', unknownSubMeta: 'unknown' } };
    const body = resource(group, { metadata: { name: 'mytest', unknownMeta: 'unknown' }, spec: { foo: 'foo1', template: embedded } });
    expectRefused(
      await create(path, body),
      'unknown field "metadata.unknownMeta"',
      'unknown field "spec.template.metadata.unknownSubMeta"',
    );
    expectRefused(await patch(`${path}/mytest`, 'apply-patch+yaml', body), '.metadata.unknownMeta', 'field not declared in schema');
  });

  it('[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown fields', async () => {
    const group = 'preserving.example.com';
    const path = await kind(group, schema({ properties, 'x-kubernetes-preserve-unknown-fields': true }));
    const body = `{ "apiVersion": "${group}/v1", "kind": "Noxu", "metadata": { "name": "mytest" },
      "spec": { "unknown": "uk1", "cronSpec": "* * * * */5", "unknownDupe": "valDupe", "unknownDupe": "valDupe2", "foo": "a", "foo": "b" } }`;
    expectRefused(await create(path, body), 'strict decoding error', 'duplicate field "spec.unknownDupe"', 'duplicate field "spec.foo"');
    const yaml = `apiVersion: ${group}/v1\nkind: Noxu\nmetadata:\n  name: mytest\nspec:\n  unknown: uk1\n  unknownDupe: a\n  unknownDupe: b\n`;
    const applied = await patch(`${path}/mytest`, 'apply-patch+yaml', yaml);
    expect(applied.status).toBe(400);
    expect(messageOf(applied)).toContain('key "unknownDupe" already set in map');
  });
});
