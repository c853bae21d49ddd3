import { posix } from 'node:path';
import { isRecord } from '../base/json.ts';
import { checkMarks, SchemaError } from './marks.ts';
import type { Schema } from './schema.ts';

type Source = Readonly<Record<string, unknown>>;
/** A JSON Schema and where it lies below schemas/, `core/v1/pod.json`; '' when it is no file. */
export interface SchemaDocument {
  readonly path: string;
  readonly json: Source;
}
/** The parsed file at a path below schemas/; the same value each time, by which definitions are shared. @throws when there is none */
export type ResolveRef = (path: string) => Source;
/** `custom`: the document is a user's, from a CustomResourceDefinition. */
export interface CompileOptions {
  readonly custom?: boolean;
}

/**
 * Compiles a document: $refs resolved (relative files and pointers), marks as fields. Definitions reached twice become one
 * Schema, so recursive ones are cycles, and one resolver's files are compiled once for all documents.
 * @throws SchemaError for an unknown mark, a $ref into nothing or a type that JSON Schema lacks
 */
export function compileSchema(document: SchemaDocument, resolve: ResolveRef = noFiles, options: CompileOptions = {}): Schema {
  const run: Run = { resolve, memo: memoOf(resolve), custom: options.custom === true, pending: [] };
  const schema = definition({ ...document, pointer: '' }, document.json, run);
  for (const finish of run.pending) finish();
  return schema;
}

function noFiles(path: string): Source {
  throw new SchemaError('', `$ref to ${path}, but there are no files to resolve it in`);
}

interface Run {
  readonly resolve: ResolveRef;
  readonly memo: WeakMap<Source, Schema>;
  readonly custom: boolean;
  /** Copies of definitions that are not complete yet; made when all are. */
  readonly pending: (() => void)[];
}
/** The document and the place in it, for messages and for $refs. */
interface Place extends SchemaDocument {
  readonly pointer: string;
}
type Draft = { -readonly [Field in keyof Schema]: Schema[Field] } & { properties: Map<string, Schema> };

const memos = new WeakMap<ResolveRef, WeakMap<Source, Schema>>();
function memoOf(resolve: ResolveRef): WeakMap<Source, Schema> {
  if (resolve === noFiles) return new WeakMap();
  const memo = memos.get(resolve) ?? new WeakMap<Source, Schema>();
  memos.set(resolve, memo);
  return memo;
}

/** A node that others may point to: compiled once. */
function definition(place: Place, source: Source, run: Run): Schema {
  const found = run.memo.get(source);
  if (found !== undefined) return found;
  if (refOf(source) !== undefined) return node(place, source, run);
  const draft = emptyDraft(source);
  run.memo.set(source, draft);
  if (place.path !== '' && place.pointer === '') draft.path = place.path;
  fill(draft, place, run);
  return draft;
}

function node(place: Place, source: unknown, run: Run): Schema {
  if (!isRecord(source)) throw new SchemaError(`${place.path}#${place.pointer}`, `${JSON.stringify(source)} is not a schema`);
  const ref = refOf(source);
  if (ref === undefined) {
    const draft = emptyDraft(source);
    fill(draft, place, run);
    return draft;
  }
  const target = follow(ref, place, run);
  return hasSiblings(source) ? copyWith(target, source, { place, run }) : target;
}

function refOf(source: Source): string | undefined {
  if (typeof source['$ref'] === 'string') return source['$ref'];
  const { allOf } = source;
  // OpenAPI writes a $ref that has a default or a description beside it as the only member of an allOf.
  if (!Array.isArray(allOf) || allOf.length !== 1 || 'properties' in source) return undefined;
  const only: unknown = allOf[0];
  return isRecord(only) && typeof only['$ref'] === 'string' ? only['$ref'] : undefined;
}
function hasSiblings(source: Source): boolean {
  for (const key in source) if (key !== '$ref' && key !== 'allOf') return true;
  return false;
}

/** A $ref to a $ref to a $ref: more than anybody writes who does not go in a circle. */
const mostHops = 32;
function follow(ref: string, place: Place, run: Run, hops = 0): Schema {
  const hash = ref.indexOf('#');
  const file = hash < 0 ? ref : ref.slice(0, hash);
  const pointer = hash < 0 ? '' : decodeURIComponent(ref.slice(hash + 1));
  const path = file === '' ? place.path : posix.join(posix.dirname(place.path), file);
  const json = file === '' ? place.json : run.resolve(path);
  const source = pointer === '' ? json : at(json, pointer);
  if (!isRecord(source) || hops > mostHops) throw new SchemaError(`${place.path}#${place.pointer}`, `$ref ${ref} leads nowhere`);
  const further = refOf(source);
  const target: Place = { path, json, pointer };
  if (further !== undefined && !hasSiblings(source)) return follow(further, target, run, hops + 1);
  // What lies in another file is ours, whoever points to it.
  return definition(target, source, file === '' ? run : { ...run, custom: false });
}

function at(json: unknown, pointer: string): unknown {
  if (!pointer.startsWith('/')) return undefined;
  let value = json;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** A copy of `target` with what stands beside the $ref; made at the end, when `target` may still be under way. */
function copyWith(target: Schema, siblings: Source, options: { place: Place; run: Run }): Schema {
  const draft = emptyDraft(siblings);
  checkMarks(siblings, `${options.place.path}#${options.place.pointer}`);
  options.run.pending.push(() => {
    const { $ref: _ref, allOf: _allOf, ...beside } = siblings;
    const own = emptyDraft({ ...target.source, ...beside });
    marks(own, beside);
    const set = Object.entries(own).filter(([key, value]) => value !== undefined && !['type', 'properties', 'required'].includes(key));
    Object.assign(draft, target, Object.fromEntries(set), { definition: target.definition ?? target });
  });
  return draft;
}

function emptyDraft(source: Source): Draft {
  // Every member is named so that all schemas have one shape: the walks over them are hot.
  const draft: Record<keyof Schema, unknown> = {
    type: 'any',
    format: undefined,
    description: undefined,
    properties: new Map<string, Schema>(),
    required: [],
    additional: undefined,
    items: undefined,
    default: undefined,
    enum: undefined,
    nullable: undefined,
    listType: undefined,
    listMapKeys: undefined,
    mapType: undefined,
    patchMergeKey: undefined,
    patchStrategy: undefined,
    preserveUnknown: undefined,
    embeddedResource: undefined,
    custom: undefined,
    path: undefined,
    definition: undefined,
    source,
  };
  return draft as Draft;
}

function fill(draft: Draft, place: Place, run: Run): void {
  const { source } = draft;
  checkMarks(source, `${place.path}#${place.pointer}`);
  draft.type = typeOf(source, place);
  if (run.custom) draft.custom = true;
  if (Array.isArray(source['required'])) draft.required = source['required'] as string[];
  marks(draft, source);
  const below = (step: string): Place => ({ ...place, pointer: `${place.pointer}/${step}` });
  if (isRecord(source['properties'])) {
    for (const [name, child] of Object.entries(source['properties'])) {
      draft.properties.set(name, node(below(`properties/${name}`), child, run));
    }
  }
  const { additionalProperties, items } = source;
  if (isRecord(additionalProperties)) draft.additional = node(below('additionalProperties'), additionalProperties, run);
  else if (additionalProperties === true) draft.preserveUnknown = true;
  if (isRecord(items)) draft.items = node(below('items'), items, run);
  if (draft.embeddedResource) embed(draft, run);
}

/** Fields that the source says in one word. */
function marks(draft: Draft, source: Source): void {
  const fields = draft as unknown as Record<string, unknown>;
  for (const [mark, field] of plainMarks) if (source[mark] !== undefined) fields[field] = source[mark];
  for (const [mark, field] of flags) if (source[mark] === true) fields[field] = true;
  const strategy = source['x-kubernetes-patch-strategy'];
  if (typeof strategy === 'string') draft.patchStrategy = strategy.split(',');
}
const plainMarks: readonly (readonly [string, keyof Schema])[] = [
  ['format', 'format'],
  ['description', 'description'],
  ['default', 'default'],
  ['enum', 'enum'],
  ['x-kubernetes-list-type', 'listType'],
  ['x-kubernetes-list-map-keys', 'listMapKeys'],
  ['x-kubernetes-map-type', 'mapType'],
  ['x-kubernetes-patch-merge-key', 'patchMergeKey'],
];
const flags: readonly (readonly [string, keyof Schema])[] = [
  ['nullable', 'nullable'],
  ['x-kubernetes-preserve-unknown-fields', 'preserveUnknown'],
  ['x-kubernetes-embedded-resource', 'embeddedResource'],
];

const types: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);
function typeOf(source: Source, place: Place): Schema['type'] {
  // It may be written as a number, and is text all the same.
  if (source['format'] === 'quantity' && Array.isArray(source['type'])) return 'string';
  if (source['x-kubernetes-int-or-string'] === true || source['format'] === 'int-or-string') return 'int-or-string';
  const type = source['type'];
  if (types.has(type)) return type as Schema['type'];
  if (type === undefined || type === 'null' || Array.isArray(type)) return isRecord(source['properties']) ? 'object' : 'any';
  throw new SchemaError(`${place.path}#${place.pointer}`, `unknown type ${JSON.stringify(type)}`);
}

/** An embedded object has apiVersion, kind and metadata, whether or not its schema says so. */
function embed(draft: Draft, run: Run): void {
  const text = () => fillable({ type: 'string' }, run);
  if (!draft.properties.has('apiVersion')) draft.properties.set('apiVersion', text());
  if (!draft.properties.has('kind')) draft.properties.set('kind', text());
  if (run.resolve === noFiles || draft.properties.get('metadata')?.properties.size) return;
  draft.properties.set('metadata', follow('meta/v1/objectmeta.json', { path: '', json: {}, pointer: '' }, run));
}
function fillable(source: Source, run: Run): Schema {
  return node({ path: '', json: source, pointer: '' }, source, run);
}
