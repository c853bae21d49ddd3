import { isRecord } from '../base/json.ts';
import { elementText, fieldElement, fieldPathText, itemElement, missingKey } from './field-path.ts';
import { isDeclared, itemSchema, memberSchema } from './granularity.ts';
import type { Schema } from './schema.ts';
import { textOfValue } from './strategic-errors.ts';

/**
 * Why an applied value cannot be merged by its schema, in structured-merge-diff's words: fields that are not declared, values of
 * another type, list items without their keys or with the same ones.
 */
export function appliedProblems(schema: Schema, value: unknown): string[] {
  const check: Check = { path: [], problems: [] };
  checkValue(schema, value, check);
  return check.problems;
}

interface Check {
  /** Names of fields and elements of items on the way to where the check is; made into text only for a problem. */
  readonly path: (string | Item)[];
  readonly problems: string[];
}
type Fields = Readonly<Record<string, unknown>>;
interface Item {
  readonly element: string;
}

function report({ path, problems }: Check, why: string): void {
  const elements = path.map((step) => (typeof step === 'string' ? fieldElement(step) : step.element));
  problems.push(path.length === 0 ? why : `${fieldPathText(elements)}: ${why}`);
}

function checkValue(schema: Schema, value: unknown, check: Check): void {
  if (value === null || value === undefined) return;
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? checkFields(schema, value, check) : report(check, `expected map, got &{${textOfValue(value)}}`);
    case 'array':
      return Array.isArray(value) ? checkItems(schema, value, check) : report(check, `expected list, got &{${textOfValue(value)}}`);
    case 'any':
      return isRecord(value) && schema.properties.size > 0 ? checkFields(schema, value, check) : undefined;
    default:
      return checkScalar(schema, value, check);
  }
}

function checkScalar({ type, format }: Schema, value: unknown, check: Check): void {
  const found = typeof value;
  if (type === 'int-or-string' || format === 'quantity') {
    if (found === 'object') report(check, `expected any scalar, got &{${textOfValue(value)}}`);
  } else if (type === 'boolean') {
    if (found !== 'boolean') report(check, `expected boolean, got &{${textOfValue(value)}}`);
  } else if (type === 'string') {
    if (found !== 'string') report(check, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  } else if (found !== 'number') report(check, `expected numeric (int or float), got ${goType(value)}`);
}
/** As Go writes a value down in a program (%#v). */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `map[string]interface {}{${members.map((name) => `${JSON.stringify(name)}:${goSyntax(value[name])}`).join(', ')}}`;
}
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isRecord(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function checkFields(schema: Schema, map: Fields, check: Check): void {
  const open =
    schema.additional !== undefined || schema.preserveUnknown === true || (schema.properties.size === 0 && schema.custom !== true);
  for (const key of Object.keys(map)) {
    check.path.push(key);
    if (open || isDeclared(schema, key)) checkValue(memberSchema(schema, key), map[key], check);
    else report(check, 'field not declared in schema');
    check.path.pop();
  }
}

function checkItems(schema: Schema, list: readonly unknown[], check: Check): void {
  const items = itemSchema(schema);
  const granular = schema.listType === 'map' || schema.listType === 'set';
  const seen = granular ? new Set<string>() : undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const wrong = granular ? wrongItem(schema, item) : undefined;
    if (wrong !== undefined) return report(check, `element ${index}: ${wrong}`);
    const element = granular ? itemElement(schema, item) : `i:${index}`;
    if (seen?.has(element)) report(check, `duplicate entries for key ${elementText(element)}`);
    seen?.add(element);
    check.path.push({ element });
    checkValue(items, item, check);
    check.path.pop();
  }
}
/** Why an item cannot be told from others. */
function wrongItem(schema: Schema, item: unknown): string | undefined {
  if (schema.listType === 'set') {
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
    if (isRecord(item)) return "associative list without keys has an element that's a map type";
    return item === null ? "associative list without keys has an element that's an explicit null" : undefined;
  }
  if (item === null) return 'associative list with keys may not have a null element';
  const missing = missingKey(schema, item);
  if (missing === undefined) return undefined;
  if (missing === '') return 'associative list with keys may not have non-map elements';
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
}
