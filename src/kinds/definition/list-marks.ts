import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue, required } from '../field-errors.ts';
import { childOf, propertyOf, textOf, type Node } from './node.ts';

const listType = 'x-kubernetes-list-type';
const mapKeys = 'x-kubernetes-list-map-keys';

/** Whether what a list says of its items can be kept: by what they differ, and that it is always there (as upstream, v1.35). */
export function listMarkErrors(node: Node, path: string): FieldError[] {
  const kind = node[listType];
  return [
    ...typeErrors(node, path),
    ...setErrors(node, path),
    ...(kind === undefined || ['atomic', 'set', 'map'].includes(kind as string) ? [] : [unknownListType(kind, path)]),
    ...keyMarkErrors(node, path),
    ...(kind === 'map' ? mapErrors(node, path) : []),
    ...nullableErrors(node, path),
    ...(kind === 'map' ? presentErrors(node, path) : []),
  ];
}
function unknownListType(value: unknown, path: string): FieldError {
  return { type: 'FieldValueNotSupported', field: `${path}.${listType}`, value, detail: 'supported values: "atomic", "set", "map"' };
}

function typeErrors(node: Node, path: string): FieldError[] {
  const type = textOf(node, 'type');
  if (node[listType] === undefined || type === 'array') return [];
  const detail = 'must be array if x-kubernetes-list-type is specified';
  return [type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail)];
}

function setErrors(node: Node, path: string): FieldError[] {
  const items = childOf(node, 'items');
  if (node[listType] !== 'set' || items === undefined || node['type'] !== 'array') return [];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const [mark, wrong] =
    items['type'] === 'array'
      ? [listType, items[listType] !== undefined && items[listType] !== 'atomic']
      : ['x-kubernetes-map-type', items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic'];
  return wrong ? [invalidValue(`${path}.items.${mark}`, items[listType] ?? null, detail)] : [];
}

function keysOf(node: Node): readonly string[] {
  const keys = node[mapKeys];
  return Array.isArray(keys) ? (keys as string[]) : [];
}
function keyMarkErrors(node: Node, path: string): FieldError[] {
  if (keysOf(node).length === 0 || node[listType] === 'map') return [];
  const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
  const at = `${path}.${listType}`;
  return [node[listType] === undefined ? required(at, detail) : invalidValue(at, node[listType], detail)];
}

function mapErrors(node: Node, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const keys = keysOf(node);
  if (keys.length === 0) errors.push(required(`${path}.${mapKeys}`, 'must not be empty if x-kubernetes-list-type is map'));
  if (node['items'] === undefined) errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  const items = childOf(node, 'items');
  if (items === undefined) return errors;
  if (items['type'] !== 'object') {
    errors.push(
      invalidValue(`${path}.items.type`, textOf(items, 'type'), "must be object if parent array's x-kubernetes-list-type is map"),
    );
    return errors;
  }
  keys.forEach((key, index) => {
    const type = propertyOf(items, key)?.['type'];
    const at = `${path}.${mapKeys}`;
    if (propertyOf(items, key) === undefined) errors.push(invalidValue(at, keys, 'entries must all be names of item properties'));
    else if (type === 'array' || type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${path}.items.properties[${key}].type`, items['type'], detail));
    }
    if (keys.indexOf(key) < index) errors.push(invalidValue(at, keys, 'must not contain duplicate entries'));
  });
  return errors;
}

function nullableErrors(node: Node, path: string): FieldError[] {
  const kind = node[listType];
  if ((kind !== 'set' && kind !== 'map') || childOf(node, 'items')?.['nullable'] !== true) return [];
  return [fieldForbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${kind}`)];
}

function presentErrors(node: Node, path: string): FieldError[] {
  const items = childOf(node, 'items');
  if (items === undefined) return [];
  const always = Array.isArray(items['required']) ? (items['required'] as string[]) : [];
  return keysOf(node).flatMap((key) => {
    const property = propertyOf(items, key);
    if (property === undefined) return [];
    const at = `${path}.items.properties[${key}]`;
    const errors: FieldError[] = [];
    const inKeys = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!always.includes(key) && property['default'] === undefined) {
      errors.push(required(`${at}.default`, `${inKeys} must have a default or be a required property`));
    }
    if (property['nullable'] === true) errors.push(fieldForbidden(`${at}.nullable`, `${inKeys} cannot be nullable`));
    return errors;
  });
}
