import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import type { Schema } from '../../schema/schema.ts';
import { fieldForbidden, invalidValue, required } from '../field-errors.ts';
import { metadataErrors } from '../metadata.ts';
import { pathSegment } from '../names.ts';

/**
 * What is wrong with apiVersion, kind and metadata of the objects that are embedded in a value
 * (apiextensions-apiserver v1.35, objectmeta/validation.go). `path` stands in front of fields; '' at the root of an object.
 */
export function embeddedErrors(schema: Schema, value: unknown, path: string): FieldError[] {
  if (!embedsSomewhere(schema)) return [];
  return walk(schema, value, path);
}

const answers = new WeakMap<Schema, boolean>();
function embedsSomewhere(schema: Schema): boolean {
  const known = answers.get(schema);
  if (known !== undefined) return known;
  answers.set(schema, false);
  const children = [
    ...schema.properties.values(),
    ...(schema.items ? [schema.items] : []),
    ...(schema.additional ? [schema.additional] : []),
  ];
  const found = schema.embeddedResource === true || children.some(embedsSomewhere);
  answers.set(schema, found);
  return found;
}

function walk(schema: Schema, value: unknown, path: string): FieldError[] {
  if (!embedsSomewhere(schema)) return [];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => walk(items, item, `${path}[${index}]`));
  }
  if (!isRecord(value)) return [];
  const errors = schema.embeddedResource === true ? typeErrors(value, path) : [];
  for (const [name, inner] of Object.entries(value)) {
    const child = schema.properties.get(name) ?? schema.additional;
    if (child === undefined) continue;
    const named = schema.properties.has(name);
    errors.push(...walk(child, inner, named ? under(path, name) : `${path}[${name}]`));
  }
  return errors;
}
const under = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function typeErrors(value: Readonly<Record<string, unknown>>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind, metadata } = value;
  const at = under(path, 'apiVersion');
  if (typeof apiVersion !== 'string' || apiVersion === '') errors.push(required(at, 'must not be empty'));
  else if (apiVersion.split('/').length > 2) errors.push(invalidValue(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  const kindAt = under(path, 'kind');
  if (typeof kind !== 'string' || kind === '') errors.push(required(kindAt, 'must not be empty'));
  else if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/i.test(kind) || kind.length > 63) {
    errors.push(invalidValue(kindAt, kind, `must be a valid kind: may have mixed case, but should otherwise match a DNS-1035 label`));
  }
  return [...errors, ...metaErrors(metadata, under(path, 'metadata'), value)];
}
function metaErrors(metadata: unknown, path: string, value: Readonly<Record<string, unknown>>): FieldError[] {
  if (metadata === undefined || metadata === null) return [];
  if (!isRecord(metadata)) return [fieldForbidden(path, 'must be an object')];
  const wrong = [...typeProblems(metadata, path)];
  if (wrong.length > 0) return wrong;
  // Names may be missing: such an object may be a template.
  const object = { ...value, metadata: { name: 'name', ...metadata } } as unknown as KubeObject;
  const namespaced = metadata['namespace'] !== undefined;
  return metadataErrors(object, undefined, { namespaced, name: pathSegment }).map((error) => ({
    ...error,
    field: error.field.replace(/^metadata/, path),
  }));
}

const texts = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'selfLink'];
function* typeProblems(metadata: Readonly<Record<string, unknown>>, path: string): Generator<FieldError> {
  for (const name of texts) {
    if (metadata[name] !== undefined && typeof metadata[name] !== 'string') yield wrongType(`${path}.${name}`, metadata[name], 'string');
  }
  for (const name of ['labels', 'annotations']) {
    const map = metadata[name];
    if (map === undefined) continue;
    if (!isRecord(map)) yield wrongType(`${path}.${name}`, map, 'object');
    else for (const key in map) if (typeof map[key] !== 'string') yield wrongType(`${path}.${name}[${key}]`, map[key], 'string');
  }
  for (const name of ['finalizers', 'ownerReferences']) {
    if (metadata[name] !== undefined && !Array.isArray(metadata[name])) yield wrongType(`${path}.${name}`, metadata[name], 'array');
  }
}
function wrongType(field: string, value: unknown, wanted: string): FieldError {
  return invalidValue(field, value, `must be of type ${wanted}`);
}
