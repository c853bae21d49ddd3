import { Ajv, type FuncKeywordDefinition, type ErrorObject, type SchemaValidateFunction, type ValidateFunction } from 'ajv';
import { RE2JS } from 're2js';
import { isQuantity } from '../api/quantity.ts';
import type { FieldError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import { ajvDocuments, type AjvDocuments, type ListRule } from './ajv-schema.ts';
import { fieldErrors } from './field-errors.ts';
import { formats } from './formats.ts';
import { SchemaError } from './marks.ts';
import type { Schema } from './schema.ts';

/**
 * All that is wrong with a value, by its schema; none when it is right. Compiled at the first use of each schema.
 * Unknown fields and nulls are not looked at: dropUnknown comes before.
 * @throws SchemaError when a pattern or a bound of the schema itself cannot be used
 */
export function validate(schema: Schema, value: unknown): FieldError[] {
  const check = checks.get(schema) ?? compiled(schema);
  return check(value) ? [] : fieldErrors(schema, value, check.errors ?? []);
}

const checks = new WeakMap<Schema, ValidateFunction>();
function compiled(schema: Schema): ValidateFunction {
  const house = schema.custom === true ? createHouse(true) : (builtIn ??= createHouse(false));
  try {
    const check = house.ajv.getSchema(house.documents.idOf(schema)) as ValidateFunction;
    checks.set(schema, check);
    return check;
  } catch (cause) {
    const error = new SchemaError('', `it cannot be compiled: ${cause instanceof Error ? cause.message : String(cause)}`);
    error.cause = cause;
    throw error;
  }
}

interface House {
  readonly ajv: Ajv;
  readonly documents: AjvDocuments;
}
/** Kinds of ours share their parts; each custom kind has its own house, so that it is forgotten with the kind. */
let builtIn: House | undefined;

function createHouse(custom: boolean): House {
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    validateSchema: false,
    addUsedSchema: false,
    meta: false,
    logger: false,
    messages: false,
    unicodeRegExp: false,
    inlineRefs: false,
    formats: { ...formats },
    // A user's field may be called toString, and a user's pattern must not be able to take for ever.
    ownProperties: custom,
    // Ajv's own optimizing costs a third of the compiling; the engine of the runtime does it anyway.
    code: { optimize: false, ...(custom && { regExp: Object.assign(userPattern, { code: 'userPattern' }) }) },
  });
  ajv.addKeyword(listKeys);
  ajv.addKeyword(quantity);
  return { ajv, documents: ajvDocuments((document, id) => ajv.addSchema(document, id)) };
}
/** Ajv tells patterns apart by their text. */
function userPattern(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiledPattern = RE2JS.compile(pattern);
  return { test: (text) => compiledPattern.matcher(text).find(), toString: () => `/${pattern}/` };
}

const quantity: FuncKeywordDefinition = {
  keyword: 'quantity',
  type: ['string', 'number'],
  errors: false,
  validate: (_on: true, value: string | number) => isQuantity(value),
};

const findDuplicates: SchemaValidateFunction = (rule: ListRule, list: unknown[]) => {
  delete findDuplicates.errors;
  if (list.length < 2) return true;
  const seen = new Set<unknown>();
  const errors: Partial<ErrorObject>[] = [];
  for (let index = 0; index < list.length; index++) {
    const key = keyOf(rule, list[index]);
    if (seen.has(key)) errors.push({ keyword: 'listKeys', params: { index, key: rule.names ? rule.keys[0]?.[0] : undefined } });
    else if (key !== undefined) seen.add(key);
  }
  if (errors.length === 0) return true;
  findDuplicates.errors = errors;
  return false;
};
const listKeys: FuncKeywordDefinition = { keyword: 'listKeys', type: 'array', errors: true, validate: findDuplicates };

/** What makes an item itself; undefined when a key is missing, which is said elsewhere. */
function keyOf({ keys }: ListRule, item: unknown): unknown {
  if (keys.length === 0) return typeof item === 'object' ? JSON.stringify(item) : `${typeof item}:${String(item)}`;
  if (!isRecord(item)) return undefined;
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return item[first[0]] ?? first[1];
  return JSON.stringify(keys.map(([name, fallback]) => item[name] ?? fallback));
}
