import { describe, expect, it, test } from 'vitest';
import type { FieldError } from '../../src/api/status.ts';
import { SchemaError } from '../../src/schema/marks.ts';
import { validate } from '../../src/schema/validate.ts';
import { inline, schemaOf } from './schemas.ts';

const container = { name: 'a', image: 'x' };
const podWith = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });

test.each<[string, object, FieldError[]]>([
  ['is right', podWith({ containers: [container] }), []],
  ['has no containers', podWith({}), [{ type: 'FieldValueRequired', field: 'spec.containers', detail: '' }]],
  [
    'has a port out of range and a policy that does not exist',
    podWith({ containers: [{ ...container, imagePullPolicy: 'Sometimes', ports: [{ containerPort: 0 }] }] }),
    [
      {
        type: 'FieldValueNotSupported',
        field: 'spec.containers[0].imagePullPolicy',
        value: 'Sometimes',
        detail: 'supported values: "Always", "IfNotPresent", "Never"',
      },
      {
        type: 'FieldValueInvalid',
        field: 'spec.containers[0].ports[0].containerPort',
        value: 0,
        detail: 'must be between 1 and 65535, inclusive',
      },
    ],
  ],
  [
    'has two containers of one name',
    podWith({ containers: [container, container] }),
    [{ type: 'FieldValueDuplicate', field: 'spec.containers[1].name', value: 'a', detail: '' }],
  ],
  [
    'has the same variable twice, as Kubernetes accepts',
    podWith({ containers: [{ ...container, env: [{ name: 'A' }, { name: 'A' }] }] }),
    [],
  ],
  [
    'has text for a number and a number for text',
    podWith({ containers: [{ ...container, workingDir: 1 }], terminationGracePeriodSeconds: 'long' }),
    [
      {
        type: 'FieldValueTypeInvalid',
        field: 'spec.containers[0].workingDir',
        value: 'integer',
        detail: 'must be of type string: "integer"',
      },
      {
        type: 'FieldValueTypeInvalid',
        field: 'spec.terminationGracePeriodSeconds',
        value: 'string',
        detail: 'must be of type integer: "string"',
      },
    ],
  ],
  [
    'has a quantity that is none',
    podWith({ containers: [{ ...container, resources: { limits: { cpu: 'lots' } } }] }),
    [
      {
        type: 'FieldValueInvalid',
        field: 'spec.containers[0].resources.limits[cpu]',
        value: 'lots',
        detail: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      },
    ],
  ],
])('a Pod that %s', (_name, pod, errors) => {
  const found = validate(schemaOf('core/v1/pod'), pod);
  const byField = (a: FieldError, b: FieldError) => (a.field < b.field ? -1 : 1);
  expect(found.sort(byField)).toEqual([...errors].sort(byField));
});

it('a secret that is no base64 is not repeated', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { password: 'hunter2!' } };
  expect(validate(schemaOf('core/v1/secret'), secret)).toEqual([
    { type: 'FieldValueInvalid', field: 'data[password]', detail: 'illegal base64 data' },
  ]);
});

const custom = (json: Record<string, unknown>) => inline({ type: 'object', properties: { a: json } }, true);
test.each<[string, Record<string, unknown>, unknown, Partial<FieldError>]>([
  [
    'a type',
    { type: 'integer' },
    'x',
    { type: 'FieldValueTypeInvalid', value: 'string', detail: 'a in body must be of type integer: "string"' },
  ],
  ['minimum', { type: 'integer', minimum: 2 }, 1, { value: 1, detail: 'a in body should be greater than or equal to 2' }],
  [
    'exclusiveMinimum of draft 4',
    { type: 'integer', minimum: 2, exclusiveMinimum: true },
    2,
    { detail: 'a in body should be greater than 2' },
  ],
  ['maxLength', { type: 'string', maxLength: 2 }, 'abc', { type: 'FieldValueTooLong', detail: 'may not be more than 2 bytes' }],
  [
    'maxItems',
    { type: 'array', maxItems: 1, items: {} },
    [1, 2],
    { type: 'FieldValueTooMany', value: 2, detail: 'must have at most 1 items' },
  ],
  ['pattern', { type: 'string', pattern: '^a+$' }, 'b', { detail: "a in body should match '^a+$'" }],
  ['enum', { type: 'string', enum: ['x', 'y'] }, 'z', { type: 'FieldValueNotSupported', detail: 'supported values: "x", "y"' }],
  [
    'a set',
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ['x', 'y', 'x'],
    { type: 'FieldValueDuplicate', field: 'a[2]', value: 'x' },
  ],
  [
    'a map list',
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'p'],
      items: { type: 'object', properties: { k: { type: 'string' }, p: { type: 'string', default: 'TCP' } } },
    },
    [{ k: 'x' }, { k: 'x', p: 'UDP' }, { k: 'x', p: 'TCP' }],
    { type: 'FieldValueDuplicate', field: 'a[2]', value: { k: 'x', p: 'TCP' } },
  ],
  [
    'an int-or-string',
    { 'x-kubernetes-int-or-string': true },
    1.5,
    { type: 'FieldValueTypeInvalid', detail: 'a in body must be of type integer,string: "number"' },
  ],
  [
    'allOf',
    { type: 'string', allOf: [{ minLength: 3 }] },
    'aa',
    { field: '<nil>', value: '', detail: '"a" must validate all the schemas (allOf)' },
  ],
  [
    'not',
    { type: 'string', not: { pattern: '^b' } },
    'bb',
    { field: '<nil>', value: '', detail: '"a" must not validate the schema (not)' },
  ],
  ['a Go duration', { type: 'string', format: 'duration' }, '1 hour', { detail: 'a in body must be of type duration: "1 hour"' }],
])('a custom resource that breaks %s', (_name, json, value, error) => {
  expect(validate(custom(json), { a: value })).toContainEqual(expect.objectContaining({ field: 'a', type: 'FieldValueInvalid', ...error }));
});

describe('a custom schema', () => {
  it('lets a nullable field be null, with an enum too', () => {
    expect(validate(custom({ type: 'string', nullable: true, enum: ['x'] }), { a: null })).toEqual([]);
  });

  it('cannot hold the process with a pattern that backtracks', () => {
    expect(validate(custom({ type: 'string', pattern: '^(a+)+$' }), { a: `${'a'.repeat(40)}!` })).toHaveLength(1);
  });

  it('keeps its patterns apart', () => {
    const schema = inline(
      { type: 'object', properties: { a: { type: 'string', pattern: '^a' }, b: { type: 'string', pattern: '^b' } } },
      true,
    );
    expect(validate(schema, { a: 'a', b: 'a' }).map(({ field }) => field)).toEqual(['b']);
  });

  it.each<[string, object]>([
    ['anyOf', { anyOf: [{ type: 'integer' }, { type: 'string' }] }],
    ['oneOf', { oneOf: [{ type: 'integer' }, { type: 'string' }] }],
    ['allOf', { type: 'boolean', allOf: [{ enum: [false] }] }],
  ])('reports of parts that say the same what it reports of parts that do not: %s', (_name, rule) => {
    const part = (more: object) => ({ type: 'object', properties: { n: { type: 'integer' }, m: rule, ...more } });
    const whole = (more: object) =>
      inline({ type: 'object', properties: { a: part({}), b: part(more), c: { type: 'array', items: part({}) } } }, true);
    const wrong = { n: 'x', m: true };
    const value = { a: wrong, b: wrong, c: [wrong, {}, wrong] };
    const found = validate(whole({}), value);
    expect(found.map(({ field }) => field)).toEqual(expect.arrayContaining(['a.n', 'b.n', 'c[0].n', 'c[2].n', 'a.m', 'c[2].m']));
    expect(found).toEqual(validate(whole({ other: { type: 'string' } }), value));
  });

  it('tells lists apart whose keys have nothing, and no default', () => {
    const list = (key: object) => ({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string', nullable: true, ...key }, l: { type: 'string' } } },
    });
    const holder = (key: object) => ({ type: 'object', properties: { list: list(key) } });
    const schema = inline({ type: 'object', properties: { a: holder({}), b: holder({ default: null }) } }, true);
    const twice = { list: [{ l: 'x' }, { l: 'y' }] };
    expect(validate(schema, { a: twice, b: twice }).map(({ field }) => field)).toEqual(['b.list[1]']);
  });

  it('that holds itself is checked all the way down', () => {
    const node = {
      type: 'object',
      properties: { n: { type: 'integer' }, left: { $ref: '#/definitions/node' }, right: { $ref: '#/definitions/node' } },
    };
    const schema = inline({ ...node, definitions: { node } }, true);
    const deep = { left: { right: { left: { n: 'x' } } }, right: { right: { n: 'y' } } };
    expect(validate(schema, deep).map(({ field }) => field)).toEqual(['left.right.left.n', 'right.right.n']);
  });

  it('with a pattern that is none is refused', () => {
    expect(() => validate(custom({ type: 'string', pattern: '(' }), { a: 'x' })).toThrow(SchemaError);
  });

  it('reports every error', () => {
    const schema = inline({ type: 'object', required: ['a', 'b'], properties: { c: { type: 'array', items: { type: 'integer' } } } }, true);
    expect(validate(schema, { c: ['x', 1, 'y'] }).map(({ field }) => field)).toEqual(['a', 'b', 'c[0]', 'c[2]']);
  });
});
