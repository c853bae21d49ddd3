import { RE2JSSyntaxException } from 're2js';
import { fieldErrorText, type FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { compilePattern } from '../../schema/pattern.ts';
import { fieldForbidden, invalidValue, required } from '../field-errors.ts';
import { childOf, childrenOf, embeds, intOrString, listOf, preserves, propertyOf, textOf, type Node } from './node.ts';

type Level = 'root' | 'item' | 'field';
const missingType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/**
 * Why a schema of a CustomResourceDefinition is not structural: each field has one type, said outside of allOf, anyOf, oneOf
 * and not, and what those speak of is also said outside of them. Ordered by their texts
 * (apiextensions-apiserver v1.35, schema/validation.go and schema/complete.go).
 */
export function structuralErrors(schema: Node, path: string): FieldError[] {
  const errors = [...invariantErrors(schema, path, 'root'), ...completenessErrors(schema, path)];
  const texts = new Map(errors.map((error) => [error, fieldErrorText(error)]));
  const textOfError = (error: FieldError): string => texts.get(error) ?? '';
  return errors.sort((a, b) => (textOfError(a) < textOfError(b) ? -1 : textOfError(a) > textOfError(b) ? 1 : 0));
}

function invariantErrors(node: Node, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  if (node['type'] === 'array' && node['items'] === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  const items = childOf(node, 'items');
  if (items !== undefined) errors.push(...invariantErrors(items, `${path}.items`, 'item'));
  for (const [name, child] of childrenOf(node, 'properties')) {
    errors.push(...invariantErrors(child, `${path}.properties[${name}]`, 'field'));
  }
  if (node['additionalProperties'] !== undefined) {
    if (level === 'root') errors.push(fieldForbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    const additional = childOf(node, 'additionalProperties');
    if (additional !== undefined) errors.push(...invariantErrors(additional, `${path}.additionalProperties`, 'field'));
  }
  return [
    ...errors,
    ...extensionErrors(node, path),
    ...valueErrors(node, path, forgivenOf(node)),
    ...typeErrors(node, path, level),
    ...metaErrors(node, path, level),
  ];
}

function extensionErrors(node: Node, path: string): FieldError[] {
  if (!intOrString(node)) return [];
  return ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']
    .filter((mark) => node[mark] === true)
    .map((mark) => invalidValue(`${path}.${mark}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeErrors(node: Node, path: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  const type = textOf(node, 'type');
  if (embeds(node) && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail));
  } else if (type === '' && !intOrString(node) && !preserves(node)) {
    errors.push(required(`${path}.type`, missingType[level]));
  }
  if (embeds(node) && node['additionalProperties'] !== undefined) {
    errors.push(fieldForbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'));
  }
  if (embeds(node) && !preserves(node) && childrenOf(node, 'properties').length === 0) {
    const detail = 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
  return errors;
}

/** What an object of its own says of kind, apiVersion and metadata: little. */
function metaErrors(node: Node, path: string, level: Level): FieldError[] {
  if (level !== 'root' && !embeds(node)) return [];
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const child = propertyOf(node, name);
    if (child === undefined || child['type'] === 'string') continue;
    errors.push(invalidValue(`${path}.properties[${name}].type`, textOf(child, 'type'), 'must be string'));
  }
  const metadata = propertyOf(node, 'metadata');
  if (metadata === undefined) return errors;
  const at = `${path}.properties[metadata]`;
  if (metadata['type'] !== 'object') errors.push(invalidValue(`${at}.type`, textOf(metadata, 'type'), 'must be object'));
  if (level === 'root' && saysMore(metadata)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(fieldForbidden(at, detail));
  }
  return errors;
}
const besideMetadata: ReadonlySet<string> = new Set(['type', 'properties', 'default', 'description']);
function saysMore(metadata: Node): boolean {
  const names = childrenOf(metadata, 'properties').map(([name]) => name);
  if (names.some((name) => name !== 'name' && name !== 'generateName')) return true;
  return metadata['description'] !== undefined || Object.keys(metadata).some((key) => !besideMetadata.has(key));
}

const eitherType = [{ type: 'integer' }, { type: 'string' }];
const isEither = (list: unknown): boolean => Array.isArray(list) && jsonEqual(list, eitherType);

/** Which anyOf is the pair of types that an int-or-string may have. */
interface Forgiven {
  readonly anyOf: boolean;
  readonly firstAllOf: boolean;
}
const nothing: Forgiven = { anyOf: false, firstAllOf: false };
const forgivenOf = (node: Node): Forgiven => ({
  anyOf: isEither(node['anyOf']),
  firstAllOf: isEither(listOf(node, 'allOf')[0]?.['anyOf']),
});

function valueErrors(node: Node, path: string, forgiven: Forgiven): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['anyOf', 'allOf', 'oneOf']) {
    if (key === 'anyOf' && forgiven.anyOf) continue;
    listOf(node, key).forEach((inner, index) => {
      const whole = key === 'allOf' && index === 0 && forgiven.firstAllOf;
      errors.push(...nestedErrors(inner, `${path}.${key}[${index}]`, whole ? { ...nothing, anyOf: true } : nothing));
    });
  }
  const not = childOf(node, 'not');
  if (not !== undefined) errors.push(...nestedErrors(not, `${path}.not`, nothing));
  return [...errors, ...patternErrors(textOf(node, 'pattern'), `${path}.pattern`)];
}
function patternErrors(pattern: string, at: string): FieldError[] {
  if (pattern === '') return [];
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return [invalidValue(at, pattern, `must be a valid regular expression, but isn't: ${error.message}`)];
  }
}

/** Marks and facts that a schema within allOf and its like may not carry, with what it must be instead. */
const outsideOnly: readonly (readonly [key: string, must: 'empty' | 'undefined' | 'false'])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['externalDocs', 'undefined'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];
function nestedErrors(node: Node, path: string, forgiven: Forgiven): FieldError[] {
  const errors = valueErrors(node, path, forgiven);
  const items = childOf(node, 'items');
  if (items !== undefined) errors.push(...nestedErrors(items, `${path}.items`, nothing));
  for (const [name, child] of childrenOf(node, 'properties')) {
    errors.push(...nestedErrors(child, `${path}.properties[${name}]`, nothing));
  }
  for (const [key, must] of outsideOnly) {
    const value = node[key];
    const silent = value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
    if (!silent) errors.push(fieldForbidden(`${path}.${key}`, `must be ${must} to be structural`));
  }
  if (propertyOf(node, 'metadata') !== undefined) {
    errors.push(fieldForbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  }
  return errors;
}
function completenessErrors(node: Node, path: string): FieldError[] {
  const errors = junctorErrors(node, { node, path }, path);
  const items = childOf(node, 'items');
  if (items !== undefined) errors.push(...completenessErrors(items, `${path}.items`));
  for (const [name, child] of childrenOf(node, 'properties')) errors.push(...completenessErrors(child, `${path}.properties[${name}]`));
  const additional = childOf(node, 'additionalProperties');
  if (additional !== undefined) errors.push(...completenessErrors(additional, `${path}.additionalProperties`));
  return errors;
}

/** The part of the structure that a nested schema speaks of. */
interface Structure {
  readonly node: Node | undefined;
  readonly path: string;
}
function junctorErrors(node: Node, structure: Structure, path: string): FieldError[] {
  const not = childOf(node, 'not');
  const errors = not === undefined ? [] : nestedCompleteness(not, structure, `${path}.not`);
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    listOf(node, key).forEach((inner, index) => errors.push(...nestedCompleteness(inner, structure, `${path}.${key}[${index}]`)));
  }
  return errors;
}
function nestedCompleteness(node: Node, structure: Structure, path: string): FieldError[] {
  const { node: known } = structure;
  if (known === undefined) return [required(structure.path, `because it is defined in ${path}`)];
  const errors = junctorErrors(node, structure, path);
  const items = childOf(node, 'items');
  if (items !== undefined) {
    errors.push(...nestedCompleteness(items, { node: childOf(known, 'items'), path: `${structure.path}.items` }, `${path}.items`));
  }
  for (const [name, child] of childrenOf(node, 'properties')) {
    const below = { node: propertyOf(known, name), path: `${structure.path}.properties[${name}]` };
    errors.push(...nestedCompleteness(child, below, `${path}.properties[${name}]`));
  }
  const additional = childOf(node, 'additionalProperties');
  if (additional !== undefined) {
    const below = { node: childOf(known, 'additionalProperties'), path: `${structure.path}.additionalProperties` };
    errors.push(...nestedCompleteness(additional, below, `${path}.additionalProperties`));
  }
  return errors;
}
