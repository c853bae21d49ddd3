import { describe, expect, it, test } from 'vitest';
import { compileSchema } from '../../src/schema/compile.ts';
import { SchemaError } from '../../src/schema/marks.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { inline, schemaOf } from './schemas.ts';

const files: Record<string, Record<string, unknown>> = {
  'core/v1/shelf.json': {
    type: 'object',
    properties: { metadata: { $ref: '../../meta/v1/objectmeta.json', description: 'whose' }, inner: { $ref: 'shelf.json', default: {} } },
  },
  'meta/v1/objectmeta.json': { type: 'object', properties: { name: { type: 'string' } } },
};
const read = (path: string) => files[path] as Record<string, unknown>;

describe('compileSchema', () => {
  it('follows relative refs and lets what stands beside them win', () => {
    const schema = compileSchema({ path: 'core/v1/shelf.json', json: read('core/v1/shelf.json') }, read);
    const metadata = schema.properties.get('metadata') as Schema;
    expect(metadata.description).toBe('whose');
    expect([...metadata.properties.keys()]).toEqual(['name']);
  });

  it('makes a recursive definition a cycle', () => {
    const schema = compileSchema({ path: 'core/v1/shelf.json', json: read('core/v1/shelf.json') }, read);
    const inner = schema.properties.get('inner') as Schema;
    expect(inner.default).toEqual({});
    expect(inner.properties.get('inner')).toBe(inner);
  });

  it('compiles a file that two documents reach once', () => {
    const template = (name: string) => schemaOf(name).properties.get('template') as Schema;
    expect(template('apps/v1/deploymentspec').properties).toBe(template('apps/v1/replicasetspec').properties);
  });

  it('reads pointers into the document itself and an allOf of one ref', () => {
    const schema = inline({
      components: { schemas: { Name: { type: 'string' } } },
      type: 'object',
      properties: { name: { allOf: [{ $ref: '#/components/schemas/Name' }], default: 'x' } },
    });
    expect(schema.properties.get('name')).toMatchObject({ type: 'string', default: 'x' });
  });

  it('turns marks into fields', () => {
    const ports = schemaOf('core/v1/container').properties.get('ports') as Schema;
    expect({ listType: ports.listType, keys: ports.listMapKeys, mergeKey: ports.patchMergeKey, strategy: ports.patchStrategy }).toEqual({
      listType: 'map',
      keys: ['containerPort', 'protocol'],
      mergeKey: 'containerPort',
      strategy: ['merge'],
    });
  });

  it('gives an embedded resource its three fields', () => {
    const schema = inline({ type: 'object', 'x-kubernetes-embedded-resource': true });
    expect([...schema.properties.keys()]).toEqual(['apiVersion', 'kind']);
  });

  test.each([
    ['an unknown mark', { 'x-kubernetes-magic': true }, '#: unknown mark x-kubernetes-magic'],
    ['an unknown list type', { 'x-kubernetes-list-type': 'bag' }, '#: x-kubernetes-list-type is "bag", not one of atomic, set, map'],
    ['a map list without keys', { 'x-kubernetes-list-type': 'map' }, '#: a list of type map needs x-kubernetes-list-map-keys'],
    ['an unknown type', { properties: { a: { type: 'text' } } }, '#/properties/a: unknown type "text"'],
    ['refs in a circle', { a: { $ref: '#/b' }, b: { $ref: '#/a' }, properties: { x: { $ref: '#/a' } } }, '#/a: $ref #/b leads nowhere'],
    ['a ref to nothing', { properties: { a: { $ref: '#/nothing' } } }, '#/properties/a: $ref #/nothing leads nowhere'],
  ])('refuses %s and says where', (_name, json, message) => {
    expect(() => inline(json)).toThrow(new SchemaError(message.slice(0, message.indexOf(':')), message.slice(message.indexOf(':') + 2)));
  });
});
