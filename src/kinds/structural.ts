import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { FieldError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import { fieldForbidden, invalidValue, required } from './field-errors.ts';

type Node = Readonly<Record<string, unknown>>;

/**
 * Why a schema of a CustomResourceDefinition is not structural: each field must have one type, said outside of allOf, anyOf, oneOf
 * and not (apiextensions-apiserver v1.35, schema/validation.go).
 */
export function structuralErrors(schema: Node, path: string): FieldError[] {
  const errors = nodeErrors(schema, path, 'at the root');
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    errors.push(invalidValue(`${path}.type`, schema['type'], 'must be object at the root'));
  }
  const metadata = childOf(schema, 'metadata');
  const extra = Object.keys(isRecord(metadata?.['properties']) ? metadata['properties'] : {}).filter(
    (field) => field !== 'name' && field !== 'generateName',
  );
  if (extra.length > 0) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(fieldForbidden(`${path}.properties[metadata]`, detail));
  }
  return errors;
}
function childOf(schema: Node, name: string): Node | undefined {
  const { properties } = schema;
  const child = isRecord(properties) ? properties[name] : undefined;
  return isRecord(child) ? child : undefined;
}

function nodeErrors(schema: Node, path: string, where: string): FieldError[] {
  const errors = [...typeErrors(schema, path, where), ...bannedErrors(schema, path), ...listErrors(schema, path)];
  const { properties, items, additionalProperties } = schema;
  if (isRecord(properties)) {
    for (const [name, child] of Object.entries(properties)) {
      if (isRecord(child)) errors.push(...nodeErrors(child, `${path}.properties[${name}]`, 'for specified object fields'));
    }
  }
  if (isRecord(items)) errors.push(...nodeErrors(items, `${path}.items`, 'for specified array items'));
  if (isRecord(additionalProperties)) {
    errors.push(...nodeErrors(additionalProperties, `${path}.additionalProperties`, 'for specified object fields'));
  }
  return [...errors, ...junctorErrors(schema, path)];
}

function typeErrors(schema: Node, path: string, where: string): FieldError[] {
  const type = schema['type'];
  const errors: FieldError[] = [];
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (type !== undefined) errors.push(fieldForbidden(`${path}.type`, 'must be empty if x-kubernetes-int-or-string is true'));
  } else if ((type === undefined || type === '') && !(open && where !== 'at the root')) {
    errors.push(required(`${path}.type`, `must not be empty ${where}`));
  }
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (type !== 'object')
      errors.push(invalidValue(`${path}.type`, type ?? '', 'must be object if x-kubernetes-embedded-resource is true'));
    if (!open && schema['properties'] === undefined) {
      errors.push(
        required(
          `${path}.properties`,
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      );
    }
  }
  if (type === 'array' && schema['items'] === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  return errors;
}

const banned = ['definitions', 'dependencies', '$ref', 'id', 'patternProperties', 'additionalItems'];
function bannedErrors(schema: Node, path: string): FieldError[] {
  const errors = banned
    .filter((field) => schema[field] !== undefined)
    .map((field) => fieldForbidden(`${path}.${field}`, `${field} is not supported`));
  if (schema['uniqueItems'] === true) {
    errors.push(fieldForbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  }
  if (schema['additionalProperties'] === false) {
    errors.push(fieldForbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  } else if (schema['additionalProperties'] !== undefined && Object.keys((schema['properties'] as object | undefined) ?? {}).length > 0) {
    errors.push(fieldForbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (Array.isArray(schema['items'])) errors.push(fieldForbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (typeof schema['pattern'] === 'string') errors.push(...patternErrors(schema['pattern'], `${path}.pattern`));
  return errors;
}
function patternErrors(pattern: string, at: string): FieldError[] {
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return [invalidValue(at, pattern, `must be a valid regular expression, but isn't: ${error.message}`)];
  }
}

function listErrors(schema: Node, path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  const listType = schema['x-kubernetes-list-type'];
  if (listType === undefined) {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    return keys === undefined ? [] : [required(`${path}.x-kubernetes-list-type`, detail)];
  }
  const errors: FieldError[] = [];
  if (schema['type'] !== 'array') {
    errors.push(invalidValue(`${path}.type`, schema['type'] ?? '', 'must be array if x-kubernetes-list-type is specified'));
  }
  if (listType !== 'map') return errors;
  if (!Array.isArray(keys) || keys.length === 0) {
    return [...errors, required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')];
  }
  return [...errors, ...listKeyErrors(isRecord(schema['items']) ? schema['items'] : {}, keys as string[], path)];
}
function listKeyErrors(items: Node, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (items['type'] !== 'object') {
    errors.push(invalidValue(`${path}.items.type`, items['type'] ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
  }
  for (const key of keys) {
    const field = childOf(items, key);
    const isRequired = Array.isArray(items['required']) && items['required'].includes(key);
    if (field === undefined) {
      errors.push(invalidValue(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    } else if (!isRequired && field['default'] === undefined) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${path}.items.properties[${key}].default`, detail));
    }
  }
  return errors;
}

const structureOnly = ['type', 'description', 'default', 'nullable', 'additionalProperties'];
/** Inside allOf and its like only values may be restricted, and only of fields that the structure has. */
function junctorErrors(schema: Node, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = schema[junctor];
    if (!Array.isArray(list)) continue;
    for (const [index, inner] of list.entries()) {
      if (isRecord(inner)) errors.push(...innerErrors(inner, schema, `${path}.${junctor}[${index}]`));
    }
  }
  if (isRecord(schema['not'])) errors.push(...innerErrors(schema['not'], schema, `${path}.not`));
  return errors;
}
function innerErrors(inner: Node, structure: Node, path: string): FieldError[] {
  const intOrString = structure['x-kubernetes-int-or-string'] === true;
  const errors = Object.keys(inner)
    .filter((field) => (structureOnly.includes(field) && !(intOrString && field === 'type')) || field.startsWith('x-kubernetes-'))
    .filter((field) => field !== 'x-kubernetes-validations')
    .map((field) => fieldForbidden(`${path}.${field}`, 'must be empty to be structural'));
  if (isRecord(inner['properties'])) {
    for (const [name, child] of Object.entries(inner['properties'])) {
      const at = `${path}.properties[${name}]`;
      const known = childOf(structure, name);
      if (known === undefined && structure['x-kubernetes-preserve-unknown-fields'] !== true)
        errors.push(required(at.replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not/, ''), `because it is defined in ${at}`));
      else if (isRecord(child)) errors.push(...innerErrors(child, known ?? {}, at));
    }
  }
  if (isRecord(inner['items']))
    errors.push(...innerErrors(inner['items'], isRecord(structure['items']) ? structure['items'] : {}, `${path}.items`));
  return [...errors, ...nestedJunctors(inner, structure, path)];
}
function nestedJunctors(inner: Node, structure: Node, path: string): FieldError[] {
  const junctors = Object.fromEntries(Object.entries(inner).filter(([field]) => ['allOf', 'anyOf', 'oneOf', 'not'].includes(field)));
  return Object.keys(junctors).length === 0
    ? []
    : junctorErrors({ ...structure, allOf: [], anyOf: [], oneOf: [], not: undefined, ...junctors }, path);
}
