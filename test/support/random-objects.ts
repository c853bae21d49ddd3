import type { KubeObject } from '../../src/api/object.ts';
import { canonicalJson, isRecord } from '../../src/base/json.ts';
import { randomInt, type Random } from '../../src/base/random.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { grainOf, itemSchema, memberSchema } from '../../src/schema/granularity.ts';
import { itemElement } from '../../src/schema/field-path.ts';
import type { Schema } from '../../src/schema/schema.ts';
import { readSchema } from '../schema/schemas.ts';

type Fields = Readonly<Record<string, unknown>>;
type Out = Record<string, unknown>;

/** How big random objects get. */
export interface Size {
  /** Levels of optional fields below the object. */
  readonly depth: number;
  /** The chance of a field that need not be there, in [0, 1]. */
  readonly chance: number;
}
const usual: Size = { depth: 7, chance: 0.35 };
const own: ReadonlySet<string> = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

/** An object whose shape fits its schema: types, list keys and what is required, but none of the rules beyond. */
export function randomObject(schema: Schema, about: { apiVersion: string; kind: string }, random: Random, size: Size = usual): KubeObject {
  const out: Out = { apiVersion: about.apiVersion, kind: about.kind, metadata: { name: 'x' } };
  const metadata = schema.properties.get('metadata');
  if (metadata !== undefined) {
    const chosen = [...metadata.properties].filter(([name]) => own.has(name));
    out['metadata'] = { name: 'x', ...randomFields(chosen, { random, size, depth: 3 }) };
  }
  const rest = [...schema.properties].filter(([name]) => !['apiVersion', 'kind', 'metadata'].includes(name));
  return { ...out, ...randomFields(rest, { random, size, depth: size.depth }) } as unknown as KubeObject;
}

interface Making {
  readonly random: Random;
  readonly size: Size;
  readonly depth: number;
}
function randomFields(fields: readonly (readonly [string, Schema])[], making: Making, required: readonly string[] = []): Out {
  const { random, size, depth } = making;
  const out: Out = {};
  for (const [name, schema] of fields) {
    if (!required.includes(name) && (depth <= 0 || random.next() > size.chance)) continue;
    const value = randomValue(schema, { ...making, depth: depth - 1 });
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** Undefined where nothing is to be said that is not empty. */
function randomValue(schema: Schema, making: Making): unknown {
  const { random, depth } = making;
  switch (schema.type) {
    case 'boolean':
      return random.next() < 0.5;
    case 'integer':
    case 'number':
      return randomInt(random, 4) + 1;
    case 'int-or-string':
      return random.next() < 0.5 ? randomInt(random, 4) + 1 : word(random);
    case 'string':
      return randomText(schema, random);
    case 'array':
      return depth < -6 ? undefined : filled(randomList(schema, making));
    case 'any':
      return random.next() < 0.5 ? word(random) : { [word(random)]: { [word(random)]: word(random) } };
    case 'object':
      return depth < -6 ? undefined : filled(randomMap(schema, making));
  }
}
function filled<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
function word(random: Random): string {
  return ['a', 'b', 'c', 'd'][randomInt(random, 4)] as string;
}
function randomText(schema: Schema, random: Random): string {
  if (schema.enum !== undefined && schema.enum.length > 0) return String(schema.enum[randomInt(random, schema.enum.length)]);
  if (schema.format === 'date-time') return `2026-01-0${randomInt(random, 4) + 1}T00:00:00Z`;
  if (schema.format === 'micro-time') return `2026-01-0${randomInt(random, 4) + 1}T00:00:00.000000Z`;
  return schema.format === 'quantity' ? String(randomInt(random, 4) + 1) : word(random);
}

function randomMap(schema: Schema, making: Making): Out {
  const fields = [...schema.properties];
  if (fields.length > 0) return randomFields(fields, making, schema.required);
  const out: Out = {};
  for (let left = randomInt(making.random, 3) + 1; left > 0; left--) {
    const key = word(making.random);
    const value =
      schema.additional === undefined ? word(making.random) : randomValue(schema.additional, { ...making, depth: making.depth - 1 });
    if (value !== undefined) out[key] = value;
  }
  return out;
}
function randomList(schema: Schema, making: Making): unknown[] {
  const items = itemSchema(schema);
  const out = new Map<string, unknown>();
  for (let left = randomInt(making.random, 3) + 1; left > 0; left--) {
    const value = randomValue(items, { ...making, depth: making.depth - 1 });
    if (value === undefined) continue;
    const item = withKeys(schema, value, making.random);
    const key = schema.patchMergeKey;
    // Told apart by what server-side apply goes by, and by what strategic merge does.
    out.set(key !== undefined && isRecord(item) ? canonicalJson(item[key]) : identity(schema, item), item);
  }
  return [...out.values()];
}
function identity(schema: Schema, item: unknown): string {
  return schema.listType === 'map' || schema.listType === 'set' ? itemElement(schema, item) : canonicalJson(item);
}
/** The item with all of its keys; those that have a default are left out now and then. */
function withKeys(list: Schema, item: unknown, random: Random): unknown {
  const names = [
    ...(list.listType === 'map' ? (list.listMapKeys ?? []) : []),
    ...(list.patchMergeKey === undefined ? [] : [list.patchMergeKey]),
  ];
  if (!isRecord(item)) return item;
  const out: Out = { ...item };
  for (const name of names) {
    const key = list.items?.properties.get(name);
    if (out[name] !== undefined || (key?.default !== undefined && name !== list.patchMergeKey)) continue;
    out[name] = key === undefined ? word(random) : randomValue(key, { random, size: usual, depth: 1 });
  }
  return out;
}

/**
 * The object in two: each field, and each item of a granular list, goes to one of them, list keys to both. Whole values stay
 * whole.
 */
export function split(schema: Schema, object: KubeObject, random: Random): [KubeObject, KubeObject] {
  const { apiVersion, kind, metadata, ...rest } = object as KubeObject & Fields;
  const { name, ...own } = metadata as unknown as Fields;
  const [left, right] = splitMap(schema, { metadata: own, ...rest }, random);
  const head = (half: Fields): KubeObject =>
    ({ apiVersion, kind, ...half, metadata: { ...(half['metadata'] as object | undefined), name } }) as unknown as KubeObject;
  return [head(left), head(right)];
}
type Halves = [left: Out, right: Out];
function splitMap(schema: Schema, map: Fields, random: Random): Halves {
  const out: Halves = [{}, {}];
  for (const [key, value] of Object.entries(map)) {
    const halves = splitValue(memberSchema(schema, key), value, random);
    halves.forEach((half, side) => {
      if (half !== undefined) (out[side] as Out)[key] = half;
    });
  }
  return out;
}
function splitValue(schema: Schema, value: unknown, random: Random): [unknown, unknown] {
  const grain = grainOf(schema, value);
  if (grain === 'map') return splitMap(schema, value as Fields, random).map(filled) as [unknown, unknown];
  if (grain === 'list') return splitList(schema, value as readonly unknown[], random).map(filled) as [unknown, unknown];
  return random.next() < 0.5 ? [value, undefined] : [undefined, value];
}
function splitList(schema: Schema, list: readonly unknown[], random: Random): [unknown[], unknown[]] {
  const out: [unknown[], unknown[]] = [[], []];
  for (const item of list) (random.next() < 0.5 ? out[0] : out[1]).push(item);
  return out;
}

/** The value with the items of granular lists, which have no order of their own, in the order of their keys. */
export function unordered(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => unordered(itemSchema(schema), item));
    if (grainOf(schema, value) !== 'list') return items;
    return items.sort((a, b) => (itemElement(schema, a) < itemElement(schema, b) ? -1 : 1));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unordered(memberSchema(schema, key), inner)]));
}

/** A schema of a custom kind: maps and lists of every grain, nested. */
export function randomSchema(random: Random): Schema {
  const json = {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: 'meta/v1/objectmeta.json' },
      spec: randomStruct(random, 3),
      status: randomStruct(random, 2),
    },
  };
  return compileSchema({ path: '', json }, readSchema, { custom: true });
}
function randomStruct(random: Random, depth: number): Out {
  const names = ['e', 'f', 'g', 'h', 'i'].slice(0, randomInt(random, 4) + 2);
  const properties = Object.fromEntries(names.map((name) => [name, randomNode(random, depth - 1)]));
  return { type: 'object', properties, ...(random.next() < 0.15 && { 'x-kubernetes-map-type': 'atomic' }) };
}
function randomNode(random: Random, depth: number): Out {
  const leaves: readonly Out[] = [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }, { 'x-kubernetes-int-or-string': true }];
  const leaf = leaves[randomInt(random, leaves.length)] as Out;
  if (depth <= 0) return leaf;
  const nodes: readonly (() => Out)[] = [
    () => leaf,
    () => randomStruct(random, depth),
    () => ({ type: 'object', additionalProperties: randomNode(random, depth - 1) }),
    () => ({ type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' }),
    () => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
    () => ({ type: 'array', items: randomStruct(random, depth - 1) }),
    () => ({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }),
    () => randomMapList(random, depth),
  ];
  return (nodes[randomInt(random, nodes.length)] as () => Out)();
}
function randomMapList(random: Random, depth: number): Out {
  const items = randomStruct(random, depth - 1) as { properties: Out };
  delete (items as Out)['x-kubernetes-map-type'];
  const twoKeys = random.next() < 0.5;
  items.properties['k'] = { type: 'string' };
  if (twoKeys) items.properties['l'] = { type: 'integer', default: 2 };
  return { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': twoKeys ? ['k', 'l'] : ['k'] };
}
