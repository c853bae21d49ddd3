import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';
import { listMarkErrors } from './list-marks.ts';
import { childOf, childrenOf, embeds, listOf, textOf, type Node } from './node.ts';
import { ruleTextErrors } from './rule-texts.ts';

/** What a schema may hold depends on where it stands. */
interface Standing {
  readonly root: boolean;
  /** Why no default may stand here, if none may. */
  readonly noDefaults?: string;
  readonly inMetadata?: true;
}

/**
 * What OpenAPI v3 has and a CustomResourceDefinition may not, and marks that do not fit together, of a schema and all below it
 * (apiextensions-apiserver v1.35, ValidateCustomResourceDefinitionOpenAPISchema).
 */
export function openApiErrors(schema: Node, path: string): FieldError[] {
  return nodeErrors(schema, path, { root: true });
}

function nodeErrors(node: Node, path: string, standing: Standing): FieldError[] {
  return [
    ...unsupportedErrors(node, path, standing),
    ...additionalErrors(node, path, standing),
    ...propertyErrors(node, path, standing),
    ...junctorErrors(node, path, standing),
    ...itemErrors(node, path, standing),
    ...markErrors(node, path),
    ...listMarkErrors(node, path),
    ...ruleTextErrors(node, path),
  ];
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];
function unsupportedErrors(node: Node, path: string, standing: Standing): FieldError[] {
  const errors: FieldError[] = [];
  const type = textOf(node, 'type');
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (node['default'] !== undefined && standing.noDefaults !== undefined) {
    errors.push(fieldForbidden(`${path}.default`, `must not be set ${standing.noDefaults}`));
  }
  for (const key of unsupported) {
    if (says(node[key]) || (key === 'dependencies' && node[key] !== undefined))
      errors.push(fieldForbidden(`${path}.${key}`, `${key} is not supported`));
  }
  if (type === 'null') errors.push(fieldForbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(node['items'])) errors.push(fieldForbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (standing.inMetadata && embeds(node)) {
    errors.push(fieldForbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  }
  if (node['uniqueItems'] === true) {
    errors.push(fieldForbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  }
  return errors;
}

function says(value: unknown): boolean {
  if (value === undefined || value === '') return false;
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
}

function additionalErrors(node: Node, path: string, standing: Standing): FieldError[] {
  const value = node['additionalProperties'];
  if (value === undefined) return [];
  const errors: FieldError[] = [];
  if (value !== true && childrenOf(node, 'properties').length > 0) {
    errors.push(fieldForbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  const additional = childOf(node, 'additionalProperties');
  if (additional === undefined) return errors;
  const noDefaults = standing.inMetadata ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {};
  return [...errors, ...nodeErrors(additional, `${path}.additionalProperties`, { ...standing, ...noDefaults, root: false })];
}

const metaFields: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion']);
function propertyErrors(node: Node, path: string, standing: Standing): FieldError[] {
  return childrenOf(node, 'properties').flatMap(([name, child]) => {
    const meta = (standing.root || embeds(node)) && metaFields.has(name);
    const below: Standing = {
      ...standing,
      root: false,
      ...(meta && { inMetadata: true }),
      ...(meta && standing.root && { noDefaults: `in top-level ${name}` }),
    };
    return nodeErrors(child, `${path}.properties[${name}]`, below);
  });
}

function junctorErrors(node: Node, path: string, standing: Standing): FieldError[] {
  const below = { ...standing, root: false };
  const not = childOf(node, 'not');
  const errors = not === undefined ? [] : nodeErrors(not, `${path}.not`, below);
  for (const key of ['allOf', 'oneOf', 'anyOf']) {
    listOf(node, key).forEach((inner, index) => errors.push(...nodeErrors(inner, `${path}.${key}[${index}]`, below)));
  }
  for (const key of ['definitions', 'dependencies']) {
    for (const [name, inner] of childrenOf(node, key)) errors.push(...nodeErrors(inner, `${path}.${key}[${name}]`, below));
  }
  return errors;
}

function itemErrors(node: Node, path: string, standing: Standing): FieldError[] {
  const below = { ...standing, root: false };
  const items = childOf(node, 'items');
  const errors = items === undefined ? [] : nodeErrors(items, `${path}.items`, below);
  listOf(node, 'items').forEach((inner, index) => errors.push(...nodeErrors(inner, `${path}.items[${index}]`, below)));
  return errors;
}

function markErrors(node: Node, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const open = 'x-kubernetes-preserve-unknown-fields';
  if (node[open] === false) errors.push(invalidValue(`${path}.${open}`, false, 'must be true or undefined'));
  const mapType = node['x-kubernetes-map-type'];
  if (mapType === undefined) return errors;
  const type = textOf(node, 'type');
  if (type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    errors.push(type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail));
  }
  if (mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  }
  return errors;
}
