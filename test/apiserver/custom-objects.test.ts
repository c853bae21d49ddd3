import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { clone } from '../../src/base/json.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

type Loose = Record<string, unknown>;
const text = (rules: Loose = {}): Loose => ({ type: 'string', ...rules });
const whole = (rules: Loose = {}): Loose => ({ type: 'integer', ...rules });
const object = (properties: Loose, rules: Loose = {}): Loose => ({ type: 'object', properties, ...rules });
const list = (items: Loose, rules: Loose = {}): Loose => ({ type: 'array', items, ...rules });
const rule = (expression: string, more: Loose = {}): Loose => ({ rule: expression, ...more });
const rules = (...all: Loose[]): Loose => ({ 'x-kubernetes-validations': all });
const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true };

const spec = object({
  replicas: whole({ minimum: 1, maximum: 10 }),
  ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
  size: text({ enum: ['small', 'large'] }),
  code: text({ minLength: 2, maxLength: 4, pattern: '^[a-z]+$' }),
  slow: text({ pattern: '^(a+)+$' }),
  when: text({ format: 'date-time' }),
  tags: list(text(), { minItems: 1, maxItems: 2, 'x-kubernetes-list-type': 'set' }),
  slots: list(
    object(
      { port: whole(), protocol: text({ default: 'TCP' }), open: { type: 'boolean', default: true }, note: text({ maxLength: 3 }) },
      { required: ['port'] },
    ),
    {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
    },
  ),
  plain: list(object({ a: whole({ maximum: 5 }), b: whole() })),
  labels: { type: 'object', additionalProperties: text({ maxLength: 3 }), minProperties: 1, maxProperties: 2 },
  target: { 'x-kubernetes-int-or-string': true },
  maybe: text({ nullable: true }),
  filled: text({ nullable: true, default: 'x' }),
  one: object({ a: whole(), b: whole() }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
  any: object({ a: whole(), b: whole() }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
  not: object({ a: whole() }, { not: { required: ['a'] } }),
  template: embedded,
  open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: object({ a: whole() }) } },
  nested: object({ deep: object({ level: whole({ default: 3 }) }, { default: {} }) }, { default: {} }),
});
const wrapper = (of: Loose): Loose => object({ spec: of, status: object({ replicas: whole() }) });

let api: TestServer;
const paths = new Map<string, string>();
async function define(kind: string, schema: Loose, more: Loose = {}): Promise<void> {
  const plural = `${kind.toLowerCase()}s`;
  const answer = await api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.demo.example` },
      spec: {
        group: 'demo.example',
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }],
      },
    },
  });
  expect(causes(answer.object as Loose)).toBe('ok');
  paths.set(kind, `/apis/demo.example/v1/namespaces/default/${plural}`);
}
const path = (kind: string): string => paths.get(kind) as string;
const make = (kind: string, body: Loose, name = 'a'): Loose => ({ apiVersion: 'demo.example/v1', kind, metadata: { name }, ...body });

/** What is said against an object: its causes as texts, or `ok`. */
async function said(kind: string, body: Loose): Promise<readonly string[] | 'ok'> {
  const answer = await api.request('POST', path(kind), { body: make(kind, body, 'fresh'), query: { dryRun: 'All' } });
  return causes(answer.object as Loose);
}
function causes(status: Loose): readonly string[] | 'ok' {
  if (status['kind'] !== 'Status') return 'ok';
  const { details } = status as { details?: { causes?: { field: string; message: string }[] } };
  return details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [String(status['message'])];
}
const unchecked =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

beforeAll(async () => {
  api = await startApiServer();
  await define('Shelf', wrapper(spec));
});
afterAll(() => api.stop());

describe('a custom object', () => {
  test.each<[string, Loose, readonly string[]]>([
    ['replicas', { replicas: 0 }, ['spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1']],
    ['replicas', { replicas: 11 }, ['spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10']],
    ['replicas', { replicas: 'two' }, ['spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"']],
    ['ratio', { ratio: 0 }, ['spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0']],
    ['ratio', { ratio: 0.7 }, ['spec.ratio: Invalid value: 0.7: spec.ratio in body should be a multiple of 0.5']],
    ['size', { size: 'huge' }, ['spec.size: Unsupported value: "huge": supported values: "small", "large"']],
    ['code', { code: 'abcde' }, ['spec.code: Too long: may not be more than 4 bytes']],
    ['code', { code: 'a' }, ['spec.code: Invalid value: "a": spec.code in body should be at least 2 chars long']],
    ['code', { code: 'AB' }, ['spec.code: Invalid value: "AB": spec.code in body should match \'^[a-z]+$\'']],
    ['when', { when: 'noon' }, ['spec.when: Invalid value: "noon": spec.when in body must be of type date-time: "noon"']],
    ['tags', { tags: ['a', 'b', 'c'] }, ['spec.tags: Too many: 3: must have at most 2 items']],
    ['tags', { tags: [] }, ['spec.tags: Invalid value: 0: spec.tags in body should have at least 1 items']],
    ['tags', { tags: ['a', 'a'] }, ['spec.tags[1]: Duplicate value: "a"']],
    ['slots', { slots: [{}] }, ['spec.slots[0].port: Required value']],
    ['slots', { slots: [{ port: 1 }, { port: 1, protocol: 'TCP' }] }, ['spec.slots[1]: Duplicate value: {"port":1,"protocol":"TCP"}']],
    ['labels', { labels: { a: 'long' } }, ['spec.labels.a: Too long: may not be more than 3 bytes']],
    ['labels', { labels: {} }, ['spec.labels: Invalid value: 0: spec.labels in body should have at least 1 properties']],
    ['target', { target: true }, ['spec.target: Invalid value: "boolean": spec.target in body must be of type integer,string: "boolean"']],
    [
      'one',
      { one: { a: 1, b: 2 } },
      ['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    ['any', { any: {} }, ['spec.any.a: Required value', '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)']],
    ['not', { not: { a: 1 } }, ['<nil>: Invalid value: "": "spec.not" must not validate the schema (not)']],
    ['template', { template: { kind: 'Pod' } }, ['spec.template.apiVersion: Required value: must not be empty']],
    [
      'template',
      { template: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: '!' } } } },
      [expect.stringContaining('spec.template.metadata.labels: Invalid value: "!": a valid label must be') as string],
    ],
  ])('is refused in upstream’s words: %s %j', async (_field, wrong, wanted) => {
    const told = await said('Shelf', { spec: wrong });
    expect([...told].sort()).toEqual([...wanted].sort());
  });

  it('takes a pattern that would keep others busy for ever in time that grows with the text alone', async () => {
    const body = { spec: { slow: `${'a'.repeat(50_000)}!` } };
    expect(await said('Shelf', body)).toEqual([expect.stringContaining("spec.slow in body should match '^(a+)+$'")]);
  });

  it('loses what its schema does not name, but where unknown fields are kept', async () => {
    const open = { anything: 1, known: { a: 1, b: 2 } };
    const answer = await api.request('POST', path('Shelf'), {
      body: make('Shelf', {
        extra: 1,
        spec: {
          other: 2,
          open,
          slots: [{ port: 1, more: 2 }],
          template: { apiVersion: 'v1', kind: 'Pod', spec: { x: 1 }, metadata: { name: 'p' } },
        },
      }),
      query: { dryRun: 'All' },
    });
    expect(answer.object).toMatchObject({
      spec: {
        open: { anything: 1, known: { a: 1 } },
        slots: [{ port: 1, protocol: 'TCP', open: true }],
        template: { apiVersion: 'v1', kind: 'Pod', spec: { x: 1 }, metadata: { name: 'p' } },
      },
    });
    expect(Object.keys(answer.object as object)).not.toContain('extra');
    expect(answer.headers['warning']).toContain('unknown field \\"spec.other\\"');
    expect(answer.headers['warning']).toContain('unknown field \\"spec.slots[0].more\\"');
    expect(answer.headers['warning']).toContain('unknown field \\"spec.open.known.b\\"');
  });

  it('gets its defaults, also in items, below other defaults, and in place of a null that may not be', async () => {
    const answer = await api.request('POST', path('Shelf'), {
      body: make('Shelf', { spec: { maybe: null, filled: null, slots: [{ port: 2, open: null }] } }),
      query: { dryRun: 'All' },
    });
    expect((answer.object as Loose)['spec']).toEqual({
      maybe: null,
      filled: null,
      slots: [{ port: 2, protocol: 'TCP', open: true }],
      nested: { deep: { level: 3 } },
    });
  });
});

describe('what was wrong before', () => {
  beforeAll(async () => {
    await define(
      'Old',
      wrapper(
        object({
          code: text(),
          n: whole(),
          plain: list(object({ a: whole(), b: whole() })),
          keyed: list(object({ k: text(), v: whole() }, { required: ['k'] }), {
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['k'],
          }),
        }),
      ),
    );
    await api.request('POST', path('Old'), {
      body: make('Old', {
        spec: {
          code: 'too long',
          n: 1,
          plain: [{ a: 9, b: 1 }],
          keyed: [
            { k: 'x', v: 9 },
            { k: 'y', v: 1 },
          ],
        },
      }),
    });
    const name = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/olds.demo.example';
    await loopTurn();
    const live = clone((await api.request('GET', name)).object) as { spec: { versions: { schema: Loose }[] } };
    const stricter = wrapper(
      object({
        code: text({ maxLength: 3 }),
        n: whole(),
        plain: list(object({ a: whole({ maximum: 5 }), b: whole() })),
        keyed: list(object({ k: text(), v: whole({ maximum: 5 }) }, { required: ['k'] }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
        }),
      }),
    );
    (live.spec.versions[0] as { schema: Loose }).schema = { openAPIV3Schema: stricter };
    expect((await api.request('PUT', name, { body: live })).status).toBe(200);
    await loopTurn();
  });
  const patch = async (body: Loose): Promise<readonly string[] | 'ok'> => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await api.request('PATCH', `${path('Old')}/a`, { body: { spec: body }, headers, query: { dryRun: 'All' } });
    return causes(answer.object as Loose);
  };

  test.each<[string, Loose, readonly string[] | 'ok']>([
    ['stays when another field changes', { n: 2 }, 'ok'],
    ['is judged when it changes itself', { code: 'longer still' }, ['spec.code: Too long: may not be more than 3 bytes']],
    ['stays in an item whose other field changes', { plain: [{ a: 9, b: 2 }] }, 'ok'],
    [
      'is judged in an item that is new',
      {
        plain: [
          { a: 9, b: 1 },
          { a: 9, b: 3 },
        ],
      },
      [expect.stringContaining('spec.plain[1].a: Invalid value: 9') as string],
    ],
    [
      'stays in an item by its key, wherever it goes',
      {
        keyed: [
          { k: 'y', v: 2 },
          { k: 'x', v: 9 },
        ],
      },
      'ok',
    ],
    [
      'is judged in an item of another key',
      { keyed: [{ k: 'z', v: 9 }] },
      [expect.stringContaining('spec.keyed[0].v: Invalid value: 9') as string],
    ],
  ])('%s', async (_name, body, wanted) => {
    expect(await patch(body)).toEqual(wanted);
  });
});

describe('rules in CEL', () => {
  beforeAll(async () => {
    const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], maxItems: 10 };
    await define(
      'Rule',
      object(
        {
          spec: object(
            {
              min: whole(),
              max: whole(),
              fixed: text({ maxLength: 10, ...rules(rule('self == oldSelf', { message: 'fixed is immutable' })) }),
              grows: whole(
                rules(
                  rule('!oldSelf.hasValue() || self >= oldSelf.value()', {
                    optionalOldSelf: true,
                    messageExpression: "'may not shrink to ' + string(self)",
                  }),
                ),
              ),
              'kebab-name': text(),
              namespace: text(),
              when: text({ format: 'date-time' }),
              wait: text({ format: 'duration' }),
              data: text({ format: 'byte' }),
              target: { 'x-kubernetes-int-or-string': true },
              levels: list(
                object(
                  {
                    name: text({ maxLength: 10 }),
                    level: whole(rules(rule('self >= oldSelf', { reason: 'FieldValueForbidden', message: 'levels only rise' }))),
                  },
                  { required: ['name'] },
                ),
                keyed,
              ),
              limits: { type: 'object', maxProperties: 10, additionalProperties: whole(rules(rule('self >= 0', { fieldPath: '' }))) },
              child: embedded,
            },
            rules(
              rule('!has(self.min) || !has(self.max) || self.min <= self.max', { message: 'min is above max', fieldPath: '.min' }),
              rule("!has(self.kebab__dash__name) || self.kebab__dash__name != 'bad'"),
              rule("!has(self.__namespace__) || self.__namespace__ != 'kube-system'", { message: 'not there' }),
              rule("!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')"),
              rule("!has(self.wait) || self.wait < duration('1h')"),
              rule("!has(self.data) || self.data == b'ok'"),
              rule("!has(self.target) || (type(self.target) == int ? self.target > 0 : self.target.endsWith('%'))"),
              rule("!has(self.child) || self.child.metadata.name.startsWith('child')"),
            ),
          ),
        },
        rules(rule("self.metadata.name != 'forbidden'", { message: 'that name is taken' })),
      ),
    );
    await api.request('POST', path('Rule'), {
      body: make('Rule', { spec: { fixed: 'x', grows: 3, min: 5, levels: [{ name: 'a', level: 2 }] } }),
    });
  });

  test.each<[string, Loose, readonly string[] | 'ok']>([
    ['all is well', { min: 1, max: 2, limits: { a: 1 }, target: 3, wait: '5m', data: 'b2s=' }, 'ok'],
    ['a field path is told', { min: 3, max: 2 }, ['spec.min: Invalid value: "object": min is above max']],
    [
      'a name with a dash',
      { 'kebab-name': 'bad' },
      ['spec: Invalid value: "object": failed rule: !has(self.kebab__dash__name) || self.kebab__dash__name != \'bad\''],
    ],
    ['a reserved name', { namespace: 'kube-system' }, ['spec: Invalid value: "object": not there']],
    [
      'what keeps the others from being asked',
      { fixed: 'much too long for it', min: 3, max: 2 },
      ['spec.fixed: Too long: may not be more than 10 bytes', unchecked],
    ],
    ['a time', { when: '2019-01-01T00:00:00Z' }, [expect.stringContaining('failed rule: !has(self.when)') as string]],
    ['a duration', { wait: '2h' }, [expect.stringContaining('failed rule: !has(self.wait)') as string]],
    ['bytes', { data: 'bm8=' }, [expect.stringContaining('failed rule: !has(self.data)') as string]],
    ['an int of int-or-string', { target: 0 }, [expect.stringContaining('failed rule: !has(self.target)') as string]],
    ['a text of int-or-string', { target: '5' }, [expect.stringContaining('failed rule: !has(self.target)') as string]],
    ['a value of a map', { limits: { a: 1, b: -1 } }, ['spec.limits[b]: Invalid value: "integer": failed rule: self >= 0']],
    [
      'the name of an embedded object',
      { child: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } } },
      [expect.stringContaining('failed rule: !has(self.child)') as string],
    ],
    [
      'a key that is not there',
      { child: { apiVersion: 'v1', kind: 'Pod', metadata: {} } },
      [expect.stringContaining('no such key: name evaluating rule: !has(self.child)') as string],
    ],
  ])('%s', async (_name, body, wanted) => {
    expect(await said('Rule', { spec: body })).toEqual(wanted);
  });

  it('see the name of the object', async () => {
    const answer = await api.request('POST', path('Rule'), { body: make('Rule', {}, 'forbidden') });
    expect(causes(answer.object as Loose)).toEqual(['<nil>: Invalid value: "object": that name is taken']);
  });

  const patch = async (body: Loose): Promise<readonly string[] | 'ok'> => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await api.request('PATCH', `${path('Rule')}/a`, { body: { spec: body }, headers, query: { dryRun: 'All' } });
    return causes(answer.object as Loose);
  };
  test.each<[string, Loose, readonly string[] | 'ok']>([
    ['are asked of changes', { fixed: 'y' }, ['spec.fixed: Invalid value: "string": fixed is immutable']],
    ['are not asked where there was nothing or is nothing', { fixed: null }, 'ok'],
    ['speak with their own words', { grows: 2 }, ['spec.grows: Invalid value: "integer": may not shrink to 2']],
    ['let a value grow', { grows: 4 }, 'ok'],
    [
      'follow items by their keys',
      {
        levels: [
          { name: 'b', level: 0 },
          { name: 'a', level: 1 },
        ],
      },
      ['spec.levels[1].level: Forbidden: levels only rise'],
    ],
    [
      'know that an item is new',
      {
        levels: [
          { name: 'b', level: 0 },
          { name: 'a', level: 2 },
        ],
      },
      'ok',
    ],
  ])('%s', async (_name, body, wanted) => {
    expect(await patch(body)).toEqual(wanted);
  });

  it('that were broken before only warn of what does not change', async () => {
    await define('Warn', wrapper(object({ code: text(), n: whole() })));
    await api.request('POST', path('Warn'), { body: make('Warn', { spec: { code: 'bad', n: 1 } }) });
    const name = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/warns.demo.example';
    await loopTurn();
    const live = clone((await api.request('GET', name)).object) as { spec: { versions: { schema: Loose }[] } };
    (live.spec.versions[0] as { schema: Loose }).schema = {
      openAPIV3Schema: wrapper(object({ code: text(rules(rule("self != 'bad'"))), n: whole() })),
    };
    expect((await api.request('PUT', name, { body: live })).status).toBe(200);
    await loopTurn();
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await api.request('PATCH', `${path('Warn')}/a`, { body: { spec: { n: 2 } }, headers });
    expect(answer.status).toBe(200);
    expect(answer.headers['warning']).toContain("failed rule: self != 'bad'");
  });

  it('end with their budget, and say so', async () => {
    const slow = rules(rule('self.all(a, self.all(b, self.all(c, a != -1 && b != -1 && c != -1)))'));
    await define('Slow', wrapper(object({ numbers: list(whole(), { maxItems: 60, ...slow }) })));
    expect(await said('Slow', { spec: { numbers: Array.from({ length: 60 }, (_, index) => index) } })).toEqual([
      expect.stringContaining(
        "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule",
      ),
    ]);
  });
});

describe('a scale', () => {
  it('has numbers that a scale can show', async () => {
    const scale = { subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } };
    await define('Scaled', wrapper(object({ replicas: whole() })), scale);
    expect(await said('Scaled', { spec: { replicas: -1 } })).toEqual([
      '.spec.replicas: Invalid value: -1: should be a non-negative integer',
    ]);
    expect(await said('Scaled', { spec: { replicas: 2 ** 31 } })).toEqual([
      '.spec.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647',
    ]);
  });
});
