import type { Schema } from './schema.ts';

type Json = Record<string, unknown>;

/** JSON Schemas as Ajv takes them: one document per object type, so that a PodSpec is compiled once for all kinds that have it. */
export interface AjvDocuments {
  /** The `$id` of the document for this schema; new documents are handed to `add` first. */
  idOf(schema: Schema): string;
}

export function ajvDocuments(add: (document: Json, id: string) => void): AjvDocuments {
  const ids = new Map<Schema, string>();
  const byText = new Map<string, string>();
  const begun = new Set<string>();
  const circles = new Set<string>();
  const idOf = (schema: Schema): string => {
    const known = ids.get(schema);
    if (known !== undefined) {
      if (begun.has(known)) circles.add(known);
      return known;
    }
    const id = `s${ids.size}`;
    ids.set(schema, id);
    begun.add(id);
    const json = translate(schema, idOf);
    begun.delete(id);
    const text = schema.custom === true && !circles.has(id) ? sharedText(json) : undefined;
    const same = text === undefined ? undefined : byText.get(text);
    if (same !== undefined) {
      ids.set(schema, same);
      return same;
    }
    if (text !== undefined) byText.set(text, id);
    add({ $id: id, ...json }, id);
    return id;
  };
  return { idOf };
}

/**
 * Parts of a custom kind that say the same of their values are one document. Not when they hold an allOf, whose errors are told apart
 * by their documents.
 */
function sharedText(json: Json): string | undefined {
  const text = JSON.stringify(json, (_key, value: unknown) => (value === undefined ? '\0' : value));
  return text.includes('"allOf"') ? undefined : text;
}

type IdOf = (schema: Schema) => string;

function inPlace(schema: Schema, idOf: IdOf): Json {
  return schema.properties.size > 0 ? { $ref: idOf(schema) } : translate(schema, idOf);
}

function translate(schema: Schema, idOf: IdOf): Json {
  const out = valueRules(schema.source);
  const type = typeOf(schema);
  if (type !== undefined) out['type'] = schema.nullable === true ? [...[type].flat(), 'null'] : type;
  if (Array.isArray(out['enum']) && schema.nullable === true) out['enum'] = [...(out['enum'] as unknown[]), null];
  if (schema.format === 'quantity') out['quantity'] = true;
  else if (schema.format !== undefined) out['format'] = schema.format;
  if (schema.required.length > 0) out['required'] = schema.required;
  if (schema.properties.size > 0) {
    out['properties'] = Object.fromEntries([...schema.properties].map(([name, child]) => [name, member(name, child, idOf)]));
  }
  if (schema.additional !== undefined) out['additionalProperties'] = inPlace(schema.additional, idOf);
  if (schema.items !== undefined) out['items'] = inPlace(schema.items, idOf);
  return out;
}

/** The types of JSON that a value may have; undefined where any will do. */
export function typeOf(schema: Schema): string | string[] | undefined {
  // What the source itself says, if anything: an object may be known by its properties alone, and then other values pass.
  const said = schema.source['type'];
  if (schema.type === 'any' || said === undefined)
    return schema.type === 'int-or-string' ? ['integer', 'string'] : (said as string | string[] | undefined);
  if (schema.type === 'int-or-string') return ['integer', 'string'];
  // Go's decoder reads a quantity from a JSON number too.
  return schema.format === 'quantity' ? ['string', 'number'] : schema.type;
}

function member(name: string, schema: Schema, idOf: IdOf): Json {
  const rule = listRule(name, schema);
  return rule === undefined ? inPlace(schema, idOf) : { ...inPlace(schema, idOf), listKeys: rule };
}

/** By what items of a list must differ; by themselves when there are no keys. */
export interface ListRule {
  readonly keys: readonly (readonly [name: string, fallback: unknown])[];
  /** Built-in kinds name the key's field when there is one key. */
  readonly names: boolean;
}
/** Lists of built-in kinds in which Kubernetes accepts the same key twice, though they merge by it. */
const lenient: ReadonlySet<string> = new Set(['env', 'finalizers', 'hostAliases', 'imagePullSecrets', 'ownerReferences', 'secrets']);

/** By what items of the list under this name must differ; undefined where they need not. */
export function listRule(name: string, schema: Schema): ListRule | undefined {
  const { listType, listMapKeys = [], items } = schema;
  if (listType !== 'map' && listType !== 'set') return undefined;
  if (schema.custom !== true && (lenient.has(name) || listMapKeys[0] === 'containerPort')) return undefined;
  const keys = listType === 'set' ? [] : listMapKeys.map((key) => [key, items?.properties.get(key)?.default] as const);
  return { keys, names: schema.custom !== true && keys.length === 1 };
}

const copied: readonly string[] = [
  ...['minimum', 'maximum', 'multipleOf', 'minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems'],
  ...['minProperties', 'maxProperties', 'enum'],
];
const logical: readonly string[] = ['allOf', 'anyOf', 'oneOf'];

/** What a node says about values, apart from its structure. */
export function valueRules(source: Readonly<Json>): Json {
  const out: Json = {};
  for (const key of copied) if (source[key] !== undefined) out[key] = source[key];
  exclusive(source, out);
  for (const key of logical) if (Array.isArray(source[key])) out[key] = source[key].map(modernised);
  if (source['not'] !== undefined) out['not'] = modernised(source['not']);
  if (source['additionalProperties'] === false) out['additionalProperties'] = false;
  for (const key of ['patternProperties', 'dependencies', 'additionalItems']) {
    if (source[key] !== undefined) out[key] = modernised(source[key]);
  }
  if (Array.isArray(source['items'])) out['items'] = source['items'].map(modernised);
  return out;
}

/** Draft 4, as CustomResourceDefinitions have it: the exclusive bounds are booleans beside the bound. */
function exclusive(source: Readonly<Json>, out: Json): void {
  for (const [bound, key] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof source[key] === 'number') out[key] = source[key];
    if (source[key] !== true || source[bound] === undefined) continue;
    out[key] = source[bound];
    delete out[bound];
  }
}

/** A schema inside a logical keyword, which has value rules only. */
function modernised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modernised);
  if (typeof value !== 'object' || value === null) return value;
  const out: Json = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'exclusiveMinimum' || key === 'exclusiveMaximum' || key === 'default' || key === 'id' || key === '$schema') continue;
    out[key] = key === 'enum' ? inner : modernised(inner);
  }
  exclusive(value as Json, out);
  return out;
}
