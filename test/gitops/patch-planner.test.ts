import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, it, test } from 'vitest';
import { clone } from '../../src/base/json.ts';
import { PatchMismatch, orderOnly, planPatch } from '../../src/gitops/patch-planner.ts';
import { openapiShape, shapeOfKind } from '../../src/gitops/shape.ts';

const document = {
  components: {
    schemas: {
      Web: {
        'x-kubernetes-group-version-kind': [{ group: 'demo', version: 'v1', kind: 'Web' }],
        type: 'object',
        properties: {
          env: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: { $ref: '#/components/schemas/Env' },
          },
          ports: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['port', 'protocol'],
            items: { type: 'object' },
          },
          finalizers: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          command: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'string' } },
          plain: { type: 'array', items: { type: 'object' } },
          selector: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          nested: { allOf: [{ $ref: '#/components/schemas/Web' }], default: {} },
        },
      },
      Env: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          value: { type: 'string' },
          args: { type: 'array', 'x-kubernetes-list-type': 'atomic' },
        },
      },
    },
  },
};
const shape = shapeOfKind(document, { group: 'demo', version: 'v1', kind: 'Web' });
const env = (...names: string[]) => names.map((name) => ({ name, value: name }));

describe('planPatch', () => {
  test.each<[string, unknown, unknown, unknown[]]>([
    ['equal objects, whatever the order of map keys', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [
      'a changed, an added and a removed member',
      { a: 1, b: 2 },
      { b: 3, c: 4 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'remove', path: '/a' },
        { op: 'test', path: '/b', value: 2 },
        { op: 'replace', path: '/b', value: 3 },
        { op: 'add', path: '/c', value: 4 },
      ],
    ],
    [
      'one inserted entry is one operation',
      { env: env('A', 'C') },
      { env: env('A', 'B', 'C') },
      [{ op: 'add', path: '/env/1', value: { name: 'B', value: 'B' } }],
    ],
    [
      'a removed entry is guarded by its key',
      { env: env('A', 'B') },
      { env: env('A') },
      [
        { op: 'test', path: '/env/1/name', value: 'B' },
        { op: 'remove', path: '/env/1' },
      ],
    ],
    [
      'a changed entry is guarded by its key',
      { env: env('A', 'B') },
      {
        env: [
          { name: 'A', value: 'A' },
          { name: 'B', value: 'x' },
        ],
      },
      [
        { op: 'test', path: '/env/1/name', value: 'B' },
        { op: 'test', path: '/env/1/value', value: 'B' },
        { op: 'replace', path: '/env/1/value', value: 'x' },
      ],
    ],
    [
      'the first entry sent to the end is one move',
      { env: env('A', 'B', 'C', 'D') },
      { env: env('B', 'C', 'D', 'A') },
      [
        { op: 'test', path: '/env/0/name', value: 'A' },
        { op: 'move', from: '/env/0', path: '/env/3' },
      ],
    ],
    [
      'every key guards',
      { ports: [{ port: 80, protocol: 'TCP', to: 1 }] },
      { ports: [{ port: 80, protocol: 'TCP', to: 2 }] },
      [
        { op: 'test', path: '/ports/0/port', value: 80 },
        { op: 'test', path: '/ports/0/protocol', value: 'TCP' },
        { op: 'test', path: '/ports/0/to', value: 1 },
        { op: 'replace', path: '/ports/0/to', value: 2 },
      ],
    ],
    [
      'an entry of another protocol is another entry',
      { ports: [{ port: 53, protocol: 'TCP' }] },
      {
        ports: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
      [{ op: 'add', path: '/ports/1', value: { port: 53, protocol: 'UDP' } }],
    ],
    [
      'a set goes by value',
      { finalizers: ['a', 'b'] },
      { finalizers: ['b', 'c'] },
      [
        { op: 'test', path: '/finalizers/0', value: 'a' },
        { op: 'remove', path: '/finalizers/0' },
        { op: 'add', path: '/finalizers/1', value: 'c' },
      ],
    ],
    [
      'an atomic list is replaced',
      { command: ['a', 'b'] },
      { command: ['a', 'c'] },
      [
        { op: 'test', path: '/command', value: ['a', 'b'] },
        { op: 'replace', path: '/command', value: ['a', 'c'] },
      ],
    ],
    [
      'a list without a mark is replaced',
      { plain: [{ a: 1 }] },
      { plain: [{ a: 2 }] },
      [
        { op: 'test', path: '/plain', value: [{ a: 1 }] },
        { op: 'replace', path: '/plain', value: [{ a: 2 }] },
      ],
    ],
    [
      'an atomic map is replaced',
      { selector: { a: '1' } },
      { selector: { b: '1' } },
      [
        { op: 'test', path: '/selector', value: { a: '1' } },
        { op: 'replace', path: '/selector', value: { b: '1' } },
      ],
    ],
    [
      'a granular map goes by member',
      { labels: { a: '1', 'x/y~z': '1' } },
      { labels: { a: '1', 'x/y~z': '2' } },
      [
        { op: 'test', path: '/labels/x~1y~0z', value: '1' },
        { op: 'replace', path: '/labels/x~1y~0z', value: '2' },
      ],
    ],
    [
      'keys that stand twice make the list atomic',
      { env: env('A', 'A') },
      { env: env('A') },
      [
        { op: 'test', path: '/env', value: env('A', 'A') },
        { op: 'replace', path: '/env', value: env('A') },
      ],
    ],
    [
      'a member called __proto__ is replaced with its holder',
      JSON.parse('{"labels":{"__proto__":"1"}}'),
      JSON.parse('{"labels":{"__proto__":"2"}}'),
      [
        { op: 'test', path: '/labels', value: JSON.parse('{"__proto__":"1"}') as unknown },
        { op: 'replace', path: '/labels', value: JSON.parse('{"__proto__":"2"}') as unknown },
      ],
    ],
    [
      'references and allOf are followed',
      { nested: { nested: { env: env('A') } } },
      { nested: { nested: { env: env('A', 'B') } } },
      [{ op: 'add', path: '/nested/nested/env/1', value: { name: 'B', value: 'B' } }],
    ],
    [
      'another type is replaced',
      { labels: { a: 1 } },
      { labels: [1] },
      [
        { op: 'test', path: '/labels', value: { a: 1 } },
        { op: 'replace', path: '/labels', value: [1] },
      ],
    ],
  ])('%s', (_name, live, predicted, patch) => {
    expect(planPatch('demo/Web w', live, predicted, shape)).toEqual(patch);
  });

  it('adds the whole object where there is none', () => {
    expect(planPatch('demo/Web w', undefined, { a: 1 }, shape)).toEqual([{ op: 'add', path: '', value: { a: 1 } }]);
  });

  it('stops when the patch does not lead to the predicted object', () => {
    // undefined cannot travel as JSON, so the proof must fail
    expect(() => planPatch('demo/Web w', { plain: [1] }, { plain: [undefined, 1] }, shape)).toThrow(PatchMismatch);
  });

  it('tells an order-only change from others', () => {
    const live = { command: ['a', 'b'] };
    const predicted = { command: ['b', 'a'] };
    expect(orderOnly(planPatch('w', live, predicted, shape), live, predicted)).toBe(true);
    expect(orderOnly(planPatch('w', live, { command: ['b'] }, shape), live, { command: ['b'] })).toBe(false);
  });
});

const names = fc.uniqueArray(fc.constantFrom(...'ABCDEFGH'), { maxLength: 8 });
const entries = names.chain((list) =>
  fc.tuple(...list.map((name) => fc.record({ name: fc.constant(name), value: fc.constantFrom('1', '2') }))),
);
const web = fc.record(
  {
    env: entries,
    finalizers: names,
    command: fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }),
    labels: fc.dictionary(fc.constantFrom('a', 'b/c', '~', '', 'constructor', 'prototype'), fc.constantFrom('1', '2')),
    selector: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
    plain: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

describe('planPatch, for any two objects', () => {
  it('leads from one to the other and is empty for equal ones', () => {
    fc.assert(
      fc.property(web, web, (live, predicted) => {
        const patch = planPatch('w', live, predicted, shape);
        expect(jsonPatch.applyPatch(clone(live), clone(patch) as never, true, false).newDocument).toEqual(clone(predicted));
        expect(planPatch('w', predicted, predicted, shape)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('touches each entry of a keyed list at most once, and never replaces the list', () => {
    fc.assert(
      fc.property(entries, entries, (live, predicted) => {
        fc.pre(live.length > 0);
        const patch = planPatch('w', { env: live }, { env: predicted }, shape);
        expect(patch.every((operation) => operation.path !== '/env')).toBe(true);
        const moves = patch.filter(({ op }) => op === 'move').length;
        const adds = patch.filter(({ op }) => op === 'add').length;
        const removes = patch.filter(({ op, path }) => op === 'remove' && /^\/env\/\d+$/.test(path)).length;
        const before = new Set(live.map(({ name }) => name));
        const after = new Set(predicted.map(({ name }) => name));
        expect(adds).toBe([...after].filter((name) => !before.has(name)).length);
        expect(removes).toBe([...before].filter((name) => !after.has(name)).length);
        expect(moves).toBeLessThanOrEqual(Math.max(0, [...before].filter((name) => after.has(name)).length - 1));
      }),
      { numRuns: 500 },
    );
  });
});

describe('openapiShape', () => {
  it('knows nothing of what the document does not describe', () => {
    expect(openapiShape(document, undefined)).toBeUndefined();
    expect(shape?.property('unheard')).toBeUndefined();
    expect(shapeOfKind(document, { group: 'demo', version: 'v2', kind: 'Web' })).toBeUndefined();
  });
});
