import { describe, expect, it, test } from 'vitest';
import { deepFreeze } from '../../src/base/json.ts';
import { dropUnknown } from '../../src/schema/unknown.ts';
import { inline, schemaOf } from './schemas.ts';

const json = {
  type: 'object',
  properties: {
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    args: { type: 'array', items: { type: 'string' } },
    slots: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer' } } } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'object', properties: {} } } },
    note: { type: 'string', nullable: true },
    child: { type: 'object', 'x-kubernetes-embedded-resource': true },
    json: {},
  },
};
const builtIn = inline(json);
const custom = inline(json, true);

test.each([
  ['a field', { slot: 1 }, {}, ['slot']],
  ['a field of an item', { slots: [{ port: 1 }, { port: 2, colour: 'red' }] }, { slots: [{ port: 1 }, { port: 2 }] }, ['slots[1].colour']],
  ['nothing where all is preserved', { free: { a: { b: null } } }, { free: { a: { b: null } } }, []],
  ['a field below a known field of a preserved one', { free: { known: { x: 1 } } }, { free: { known: {} } }, ['free.known.x']],
  ['nothing of free JSON', { json: { a: [null] } }, { json: { a: [null] } }, []],
  ['all but the three fields of an embedded object', { child: { kind: 'A', spec: {} } }, { child: { kind: 'A' } }, ['child.spec']],
  ['nothing of a value of another type', { slots: 'many' }, { slots: 'many' }, []],
])('drops %s', (_name, value, kept, dropped) => {
  expect(dropUnknown(builtIn, deepFreeze(value))).toEqual({ value: kept, dropped });
});

describe('nulls', () => {
  it('are absent fields, unless the field may be null', () => {
    expect(dropUnknown(builtIn, { args: null, note: null, slots: [{ port: null }] }).value).toEqual({ note: null, slots: [{}] });
  });

  it('are zero values in maps and lists of a built-in kind', () => {
    const value = { labels: { a: null }, args: [null, 'x'], slots: [null] };
    expect(dropUnknown(builtIn, value).value).toEqual({ labels: { a: '' }, args: ['', 'x'], slots: [{}] });
  });

  it('leave the maps of a custom kind and stay in its lists', () => {
    expect(dropUnknown(custom, { labels: { a: null }, args: [null] }).value).toEqual({ labels: {}, args: [null] });
  });
});

it('answers the same object when all is known', () => {
  const value = { slots: [{ port: 1 }], labels: { a: 'b' } };
  expect(dropUnknown(builtIn, value).value).toBe(value);
});

it('keeps a member called __proto__ a member', () => {
  const value = JSON.parse('{"labels":{"__proto__":"x","a":null}}') as object;
  expect(JSON.stringify(dropUnknown(builtIn, value).value)).toBe('{"labels":{"__proto__":"x","a":""}}');
});

it('names the path in a Pod as Kubernetes does', () => {
  const { dropped } = dropUnknown(schemaOf('core/v1/pod'), { spec: { containers: [{ name: 'a', ports: [{ port: 80 }] }] } });
  expect(dropped).toEqual(['spec.containers[0].ports[0].port']);
});
