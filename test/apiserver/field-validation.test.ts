import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApiServer, type TestAnswer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

/** The texts of the Warning headers. */
function warningsOf(answer: TestAnswer): string[] {
  const header = answer.headers['warning'];
  return header === undefined
    ? []
    : [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
function messageOf(answer: TestAnswer): string {
  return (answer.object as { message: string }).message;
}

const wrongJson = (name: string) => `{
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": { "name": "${name}-former", "name": "${name}", "colour": "red" },
  "spec": {
    "strange": "a", "twice": "a", "twice": "b",
    "paused": true, "paused": false,
    "selector": { "matchLabels": { "app": "web" } },
    "template": {
      "metadata": { "labels": { "app": "web" } },
      "spec": { "containers": [{ "name": "web", "image": "web", "nested": 1, "imagePullPolicy": "Always", "imagePullPolicy": "Never" }] }
    }
  }
}`;
const inOrder = [
  'duplicate field "metadata.name"',
  'unknown field "metadata.colour"',
  'unknown field "spec.strange"',
  'unknown field "spec.twice"',
  'duplicate field "spec.paused"',
  'unknown field "spec.template.spec.containers[0].nested"',
  'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
];
const wrongYaml = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}-former
  name: ${name}
  colour: red
spec:
  strange: a
  twice: a
  twice: b
  paused: true
  paused: false
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        nested: 1
        imagePullPolicy: Always
        imagePullPolicy: Never
`;
const repeatedLines = [
  'line 5: key "name" already set in map',
  'line 10: key "twice" already set in map',
  'line 12: key "paused" already set in map',
  'line 22: key "imagePullPolicy" already set in map',
];
const sorted = [
  'unknown field "metadata.colour"',
  'unknown field "spec.strange"',
  'unknown field "spec.template.spec.containers[0].nested"',
  'unknown field "spec.twice"',
];
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const yaml = { 'content-type': 'application/yaml' };
const plain = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
  },
};

describe.each([
  ['created', 'POST', deployments],
  ['updated', 'PUT', `${deployments}/web`],
] as const)('an object that is %s', (_how, method, path) => {
  beforeEach(async () => {
    if (method === 'PUT') await api.request('POST', deployments, { body: plain });
  });

  it.each([undefined, 'Warn'])('with fieldValidation %s warns in the order of its JSON', async (fieldValidation) => {
    const answer = await api.request(method, path, {
      body: wrongJson('web'),
      query: fieldValidation === undefined ? {} : { fieldValidation },
    });
    expect(answer.status).toBe(method === 'PUT' ? 200 : 201);
    expect(warningsOf(answer)).toEqual(inOrder);
  });

  it('with Strict is refused for the same', async () => {
    const answer = await api.request(method, path, { body: wrongJson('web'), query: { fieldValidation: 'Strict' } });
    expect(answer.object).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${inOrder.join(', ')}`,
    });
  });

  it('with Ignore is taken without a word', async () => {
    const answer = await api.request(method, path, { body: wrongJson('web'), query: { fieldValidation: 'Ignore' } });
    expect(answer.status).toBeLessThan(300);
    expect(warningsOf(answer)).toEqual([]);
  });

  it('and is YAML names lines, then unknown fields by their names', async () => {
    const warned = await api.request(method, path, { body: wrongYaml('web'), headers: yaml });
    expect(warningsOf(warned)).toEqual([...repeatedLines, ...sorted]);
    const refused = await api.request(method, path, { body: wrongYaml('web'), headers: yaml, query: { fieldValidation: 'Strict' } });
    const text = [`yaml: unmarshal errors:\n${repeatedLines.map((line) => `  ${line}`).join('\n')}`, ...sorted].join(', ');
    expect(messageOf(refused)).toBe(`Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${text}`);
  });
});

describe('a patch', () => {
  const mergePatch = `{"spec": {
    "strange": "a", "twice": "a", "twice": "b", "paused": true, "paused": false,
    "template": {"spec": {"containers": [{"name": "web", "image": "web", "nested": 1, "imagePullPolicy": "Always", "imagePullPolicy": "Never"}]}}
  }}`;
  const jsonPatch = `[
    {"op": "add", "path": "/spec/strange", "value": "a", "foo": "bar"},
    {"op": "add", "path": "/spec/b", "path": "/spec/c", "value": "a"},
    {"op": "add", "path": "/spec/template/spec/containers/0/nested", "value": 1}
  ]`;
  const merged = [
    'duplicate field "spec.twice"',
    'duplicate field "spec.paused"',
    'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
    'unknown field "spec.strange"',
    'unknown field "spec.template.spec.containers[0].nested"',
    'unknown field "spec.twice"',
  ];
  const operated = [
    'json patch unknown field "[0].foo"',
    'json patch duplicate field "[1].path"',
    'unknown field "spec.c"',
    'unknown field "spec.strange"',
    'unknown field "spec.template.spec.containers[0].nested"',
  ];
  const types: readonly [string, string, string[]][] = [
    ['application/merge-patch+json', mergePatch, merged],
    ['application/strategic-merge-patch+json', mergePatch, merged],
    ['application/json-patch+json', jsonPatch, operated],
  ];

  it.each(types)('of type %s warns of itself and of what comes of it', async (type, body, texts) => {
    await api.request('POST', deployments, { body: plain });
    const headers = { 'content-type': type };
    const warned = await api.request('PATCH', `${deployments}/web`, { headers, body });
    expect([warned.status, warningsOf(warned)]).toEqual([200, texts]);
    const silent = await api.request('PATCH', `${deployments}/web`, { headers, body, query: { fieldValidation: 'Ignore' } });
    expect([silent.status, warningsOf(silent)]).toEqual([200, []]);
    const refused = await api.request('PATCH', `${deployments}/web`, { headers, body, query: { fieldValidation: 'Strict' } });
    expect(refused.object).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: 'patch' }] } });
    expect(messageOf(refused)).toMatch(/^ "" is invalid: patch: Invalid value: "/);
    expect(messageOf(refused).endsWith(`: strict decoding error: ${texts.join(', ')}`)).toBe(true);
  });

  it('whose directives are all heeded is sound', async () => {
    await api.request('POST', deployments, { body: plain });
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    const order = { '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }], containers: [{ name: 'side', image: 'side' }] };
    const body = { spec: { template: { spec: order }, strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    const answer = await api.request('PATCH', `${deployments}/web`, { headers, body, query: { fieldValidation: 'Strict' } });
    expect(answer.status, answer.text).toBe(200);
  });
});

describe('server-side apply', () => {
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const apply = (body: string, query: Record<string, string> = {}) =>
    api.request('PATCH', `${deployments}/web`, { headers, body, query: { fieldManager: 'me', ...query } });
  const twice = wrongYaml('web')
    .split('\n')
    .filter((line) => !/colour|strange|twice|nested/.test(line))
    .join('\n');
  const lines = [
    'line 5: key "name" already set in map',
    'line 8: key "paused" already set in map',
    'line 17: key "imagePullPolicy" already set in map',
  ];

  it.each(['Ignore', 'Warn', 'Strict'])('refuses unknown fields with fieldValidation %s too', async (fieldValidation) => {
    const answer = await apply(wrongYaml('web'), { fieldValidation });
    expect(answer.object).toMatchObject({
      code: 400,
      message: [
        'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): errors:',
        '  .metadata.colour: field not declared in schema',
        '  .spec.strange: field not declared in schema',
        '  .spec.twice: field not declared in schema',
        '  .spec.template.spec.containers[name="web"].nested: field not declared in schema',
      ].join('\n'),
    });
  });

  it('warns of lines that name a key again', async () => {
    expect(warningsOf(await apply(twice))).toEqual(lines);
    expect(warningsOf(await apply(twice, { fieldValidation: 'Ignore' }))).toEqual([]);
  });

  it('refuses them under Strict', async () => {
    const text = `yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    expect((await apply(twice, { fieldValidation: 'Strict' })).object).toMatchObject({
      code: 400,
      message: `error strict decoding YAML: error converting YAML to JSON: ${text}`,
    });
  });

  it.each([
    ['spec: {replicas: many}', '.spec.replicas: expected numeric (int or float), got string'],
    ['spec: {paused: "no"}', '.spec.paused: expected boolean, got &{no}'],
    ['metadata: {labels: {a: 1}}', '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}'],
    [
      'spec: {template: {spec: {tolerations: [{key: 5}]}}}',
      '.spec.template.spec.tolerations[0].key: expected string, got &value.valueUnstructured{Value:5}',
    ],
    ['spec: {template: {spec: {volumes: {a: b}}}}', '.spec.template.spec.volumes: expected list, got &{map[a:b]}'],
  ])('of %s says what type is wanted', async (text, problem) => {
    const answer = await apply(`apiVersion: apps/v1\nkind: Deployment\n${text}\n`);
    expect(messageOf(answer)).toBe(`failed to create typed patch object (default/web; apps/v1, Kind=Deployment): ${problem}`);
  });
});

describe('a custom object', () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'shelves.demo.example' },
    spec: {
      group: 'demo.example',
      scope: 'Namespaced',
      names: { plural: 'shelves', singular: 'shelf', kind: 'Shelf', listKind: 'ShelfList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: {
                    known: { type: 'string' },
                    ports: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer' } } } },
                    inner: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
                  },
                },
              },
            },
          },
        },
      ],
    },
  };
  const shelves = '/apis/demo.example/v1/namespaces/default/shelves';
  const wrong = `{
    "apiVersion": "demo.example/v1", "kind": "Shelf",
    "metadata": { "name": "a", "name": "s", "colour": "red" },
    "spec": {
      "twice": "a", "twice": "b", "strange": 1, "known": "a", "known": "b", "ports": [{ "port": 1, "port": 2, "nested": 1 }],
      "inner": { "apiVersion": "v1", "kind": "X", "metadata": { "name": "x", "odd": 1 } }
    }
  }`;
  const texts = [
    'duplicate field "metadata.name"',
    'duplicate field "spec.twice"',
    'duplicate field "spec.known"',
    'duplicate field "spec.ports[0].port"',
    'unknown field "metadata.colour"',
    'unknown field "spec.ports[0].nested"',
    'unknown field "spec.strange"',
    'unknown field "spec.twice"',
    'unknown field "spec.inner.metadata.odd"',
  ];
  beforeEach(async () => {
    await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition });
  });

  it('warns of what is named twice, then of what is unknown', async () => {
    const warned = await api.request('POST', shelves, { body: wrong });
    expect([warned.status, warningsOf(warned)]).toEqual([201, texts]);
  });

  it('is refused under Strict', async () => {
    const refused = await api.request('POST', shelves, { body: wrong, query: { fieldValidation: 'Strict' } });
    expect(messageOf(refused)).toBe(`Shelf in version "v1" cannot be handled as a Shelf: strict decoding error: ${texts.join(', ')}`);
  });

  it('cannot be applied with an unknown field', async () => {
    const answer = await api.request('PATCH', `${shelves}/s`, {
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: 'apiVersion: demo.example/v1\nkind: Shelf\nspec: {strange: 1}\n',
      query: { fieldManager: 'me' },
    });
    expect(messageOf(answer)).toBe(
      'failed to create typed patch object (default/s; demo.example/v1, Kind=Shelf): .spec.strange: field not declared in schema',
    );
  });

  it('takes no strategic merge patch', async () => {
    await api.request('POST', shelves, { body: { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' } } });
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    expect((await api.request('PATCH', `${shelves}/s`, { headers, body: {} })).object).toMatchObject({
      code: 415,
      message:
        'the body of the request was in an unknown format (application/strategic-merge-patch+json) - accepted media types include: ' +
        'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    });
  });
});
