import { Ajv, type ErrorObject, type FuncKeywordDefinition, type ValidateFunction } from 'ajv';
import { isQuantity } from '../api/quantity.ts';
import type { FieldError } from '../api/status.ts';
import { isRecord, jsonEqual } from '../base/json.ts';
import { ajvDocuments, type AjvDocuments } from './ajv-schema.ts';
import { fieldErrors } from './field-errors.ts';
import { formats } from './formats.ts';
import { isPlainlyRight } from './glance.ts';
import { listKeys } from './list-keys.ts';
import { SchemaError } from './marks.ts';
import { compilePattern } from './pattern.ts';
import type { Schema } from './schema.ts';

/**
 * All that is wrong with a value, by its schema; none when it is right. Compiled at the first use of each schema.
 * Unknown fields and nulls are not looked at: dropUnknown comes before.
 * @throws SchemaError when a pattern or a bound of the schema itself cannot be used
 */
export function validate(schema: Schema, value: unknown): FieldError[] {
  if (isRightAtAGlance(schema, value)) return [];
  const check = checks.get(schema) ?? compiled(schema);
  return check(value) ? [] : fieldErrors(schema, value, check.errors ?? []);
}

/**
 * Compiling takes as long as looking at hundreds of values does, and most programs meet few of a kind: the first ones are looked at
 * without, and only what is not plainly right is left to the compiled check.
 */
function isRightAtAGlance(schema: Schema, value: unknown): boolean {
  if (checks.has(schema)) return false;
  const looks = (glances.get(schema) ?? 0) + 1;
  glances.set(schema, looks);
  return looks <= few && isPlainlyRight(schema, value);
}
const few = 50;
const glances = new WeakMap<Schema, number>();

/** As `validate`, of an object that shares members with one that was found right: those are not looked at again (of a built-in kind). */
export function validateBeside(schema: Schema, value: object, right: object): FieldError[] {
  return isRightBeside(schema, value as Members, right as Members) ? [] : validate(schema, value);
}
type Members = Readonly<Record<string, unknown>>;
function isRightBeside(schema: Schema, value: Members, right: Members): boolean {
  for (const name of schema.required) if (value[name] === undefined) return false;
  for (const [name, member] of schema.properties) {
    if (value[name] === right[name] || value[name] === undefined) continue;
    // Only structs are compiled for themselves.
    if (member.properties.size === 0) return false;
    if (isRightAtAGlance(member, value[name])) continue;
    const check = checks.get(member) ?? compiled(member);
    if (!check(value[name])) return false;
  }
  return true;
}

/**
 * As `validate`, of a value that was `old` before: what was wrong already and stands unchanged is left alone. Fields belong together by
 * their names, items of lists by their keys or, in lists of no type, by their places; sets and atomic lists only as a whole
 * (apiextensions-apiserver v1.35, CRDValidationRatcheting).
 */
export function validateChange(schema: Schema, value: unknown, old: unknown): FieldError[] {
  const check = checks.get(schema) ?? compiled(schema);
  if (check(value)) return [];
  const errors = (check.errors ?? []).filter((error) => !isUnchanged(error, { schema, value, old }));
  return fieldErrors(schema, value, errors);
}
/** Whether the part that an error is about, or one that holds it, is as it was. */
function isUnchanged(error: ErrorObject, root: { schema: Schema; value: unknown; old: unknown }): boolean {
  let at: { schema: Schema | undefined; value: unknown; old: unknown } = root;
  for (const token of error.instancePath.split('/').slice(1)) {
    if (jsonEqual(at.value, at.old)) return true;
    at = formerChild(at, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (at.old === undefined) return false;
  }
  return jsonEqual(at.value, at.old);
}
function formerChild(at: { schema: Schema | undefined; value: unknown; old: unknown }, key: string): typeof at {
  const { schema, value, old } = at;
  if (Array.isArray(value)) {
    const item: unknown = value[Number(key)];
    return { schema: schema?.items, value: item, old: formerItem(schema, old, { item, index: Number(key) }) };
  }
  const member = (of: unknown): unknown => (isRecord(of) && Object.hasOwn(of, key) ? of[key] : undefined);
  return { schema: schema?.properties.get(key) ?? schema?.additional, value: member(value), old: member(old) };
}

/**
 * The item of the former list that is the same item: by its keys in a list of type map, by its place in a list of no type.
 * Undefined when there is none, and in sets and atomic lists, whose items have no history.
 */
export function formerItem(schema: Schema | undefined, old: unknown, { item, index }: { item: unknown; index?: number }): unknown {
  if (!Array.isArray(old) || schema === undefined) return undefined;
  if (schema.listType === 'map') {
    if (!isRecord(item)) return undefined;
    const keys = schema.listMapKeys ?? [];
    return old.find((other) => isRecord(other) && keys.every((key) => jsonEqual(other[key], item[key]))) as unknown;
  }
  return schema.listType === undefined && index !== undefined ? (old[index] as unknown) : undefined;
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
  const add = (document: Record<string, unknown>, id: string) => {
    ajv.addSchema(document, id);
    if (!custom) compileWhenMet(ajv, id);
  };
  return { ajv, documents: ajvDocuments(add) };
}

/**
 * Most objects hold few of the parts that their kind may have: a part of a built-in kind is compiled when the first value of it is met.
 * What is wrong with a custom kind is said when it is defined, so its parts are compiled at once.
 */
function compileWhenMet(ajv: Ajv, id: string): void {
  const part = ajv.schemas[id];
  if (part === undefined) return;
  let real: ValidateFunction | undefined;
  const first = (value: unknown, context?: Parameters<ValidateFunction>[1]): boolean => {
    if (real === undefined) {
      delete part.validate;
      real = ajv.getSchema(id) as ValidateFunction;
    }
    const right = real(value, context);
    stand.errors = right ? null : (real.errors ?? null);
    return right;
  };
  const stand = first as ValidateFunction;
  part.validate = stand;
}
/** Ajv tells patterns apart by their text. */
function userPattern(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiledPattern = compilePattern(pattern);
  return { test: (text) => compiledPattern.matcher(text).find(), toString: () => `/${pattern}/` };
}

const quantity: FuncKeywordDefinition = {
  keyword: 'quantity',
  type: ['string', 'number'],
  errors: false,
  validate: (_on: true, value: string | number) => isQuantity(value),
};
