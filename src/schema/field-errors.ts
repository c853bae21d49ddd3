import type { ErrorObject } from 'ajv';
import type { FieldError, FieldErrorType } from '../api/status.ts';
import { isRecord } from '../base/json.ts';
import type { Schema } from './schema.ts';

/** Ajv's errors in Kubernetes' words: of apimachinery's validation for built-in kinds, of kube-openapi's for custom ones. */
export function fieldErrors(schema: Schema, value: unknown, errors: readonly ErrorObject[]): FieldError[] {
  const custom = schema.custom === true;
  const reported = (custom ? withAllOf(errors) : errors)
    .filter((error) => !isBranch(error, errors, custom))
    .map((error) => fieldError(placeOf(schema, value, error.instancePath), error));
  const seen = new Set<string>();
  return reported.filter((error) => {
    const text = `${error.field}\0${error.type}\0${error.detail}`;
    return !seen.has(text) && seen.add(text) !== undefined;
  });
}

/** Why one branch of an anyOf failed is no error of its own: the anyOf is. Of a custom kind, the first branch is told as well. */
function isBranch(error: ErrorObject, errors: readonly ErrorObject[], custom: boolean): boolean {
  return errors.some(
    (other) =>
      (other.keyword === 'anyOf' || other.keyword === 'oneOf') &&
      other !== error &&
      error.instancePath.startsWith(other.instancePath) &&
      error.schemaPath.startsWith(`${other.schemaPath}/`) &&
      !(custom && error.schemaPath.startsWith(`${other.schemaPath}/0/`)),
  );
}

/** kube-openapi says of an allOf that it failed, after what failed in it; Ajv does not. */
function withAllOf(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const out: ErrorObject[] = [];
  errors.forEach((error, index) => {
    out.push(error);
    const [, at] = /^(.*?\/allOf)\/\d+\//.exec(error.schemaPath) ?? [];
    if (at === undefined || errors[index + 1]?.schemaPath.startsWith(`${at}/`) === true) return;
    // The place of the allOf is that of the failure, less the steps that the failing schema took below it.
    const below = error.schemaPath.slice(at.length).match(/\/(?:properties\/[^/]+|items)(?=\/)/g)?.length ?? 0;
    const steps = error.instancePath.split('/');
    out.push({ ...error, keyword: 'allOf', schemaPath: at, instancePath: steps.slice(0, steps.length - below).join('/') });
  });
  return out;
}

/** Where an error is: the field as text, the value and the schema there. */
interface Place {
  readonly field: string;
  readonly value: unknown;
  readonly schema: Schema | undefined;
}

function placeOf(root: Schema, value: unknown, pointer: string): Place {
  const place = { field: '', value, schema: root as Schema | undefined };
  if (pointer === '') return place;
  for (const token of pointer.slice(1).split('/')) {
    step(place, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return place;
}
function step(place: { field: string; value: unknown; schema: Schema | undefined }, key: string): void {
  const { value, schema } = place;
  if (Array.isArray(value)) {
    place.field += `[${key}]`;
    place.value = value[Number(key)];
    place.schema = schema?.items;
    return;
  }
  const named = schema?.properties.get(key);
  const keyed = named === undefined && schema?.additional !== undefined && schema.custom !== true;
  place.field += keyed ? `[${key}]` : place.field === '' ? key : `.${key}`;
  place.value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  place.schema = named ?? schema?.additional;
}

function fieldError(place: Place, error: ErrorObject): FieldError {
  const params = error.params as Record<string, unknown>;
  const under = (name: string) => (place.field === '' ? name : `${place.field}.${name}`);
  switch (error.keyword) {
    case 'required':
      return { type: 'FieldValueRequired', field: under(String(params['missingProperty'])), detail: '' };
    case 'type':
      return typeError(place, params['type'] as string | string[]);
    case 'enum':
      return { ...at(place, 'FieldValueNotSupported'), detail: `supported values: ${allowed(params)}` };
    case 'listKeys':
      return duplicate(place, params);
    case 'maxLength':
      return { ...at(place, 'FieldValueTooLong'), detail: `may not be more than ${params['limit'] as number} bytes` };
    case 'maxItems':
    case 'maxProperties':
      return {
        type: 'FieldValueTooMany',
        field: place.field,
        value: sizeOf(place.value),
        detail: `must have at most ${params['limit'] as number} items`,
      };
    case 'additionalProperties':
      return { type: 'FieldValueForbidden', field: under(String(params['additionalProperty'])), detail: 'it is not a field of the schema' };
    default:
      return valueError(place, error);
  }
}

function at(place: Place, type: FieldErrorType): Pick<FieldError, 'type' | 'field' | 'value'> {
  return { type, field: place.field, value: place.value };
}
function allowed(params: Record<string, unknown>): string {
  return (params['allowedValues'] as unknown[])
    .filter((value) => value !== null)
    .map((value) => JSON.stringify(value))
    .join(', ');
}
function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : Object.keys(value as object).length;
}

function typeError(place: Place, wanted: string | string[]): FieldError {
  const type = [wanted]
    .flat()
    .filter((one) => one !== 'null')
    .join(',');
  const found = typeName(place.value);
  const prefix = place.schema?.custom === true ? `${place.field} in body ` : '';
  return {
    type: 'FieldValueTypeInvalid',
    field: place.field,
    value: found,
    detail: `${prefix}must be of type ${type}: ${JSON.stringify(found)}`,
  };
}
function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function duplicate(place: Place, params: Record<string, unknown>): FieldError {
  const index = params['index'] as number;
  const item = (place.value as unknown[])[index];
  const field = `${place.field}[${index}]`;
  const key = params['key'];
  if (typeof key === 'string')
    return { type: 'FieldValueDuplicate', field: `${field}.${key}`, value: (item as Record<string, unknown>)[key], detail: '' };
  const keys = place.schema?.listMapKeys;
  const value = keys === undefined ? item : Object.fromEntries(keys.map((name) => [name, (item as Record<string, unknown>)[name]]));
  return { type: 'FieldValueDuplicate', field, value, detail: '' };
}

function valueError(place: Place, error: ErrorObject): FieldError {
  const params = error.params as Record<string, unknown>;
  const custom = place.schema?.custom === true;
  const junction = custom ? junctionText(error.keyword, params) : undefined;
  if (junction !== undefined) {
    return { type: 'FieldValueInvalid', field: '<nil>', value: '', detail: `${JSON.stringify(place.field)} ${junction}` };
  }
  if (!custom && isEmptyWhereNeeded(place.value, error)) return { type: 'FieldValueRequired', field: place.field, detail: '' };
  const counted = custom && (error.keyword === 'minItems' || error.keyword === 'minProperties');
  const wrong = counted ? { ...at(place, 'FieldValueInvalid'), value: sizeOf(place.value) } : at(place, 'FieldValueInvalid');
  if (error.keyword === 'format') return formatError(place, String(params['format']));
  const detail = custom ? `${place.field} in body ${customText(error, params)}` : builtInText(place, error, params);
  return { ...wrong, detail };
}
function isEmptyWhereNeeded(value: unknown, error: ErrorObject): boolean {
  if (error.keyword === 'minLength') return value === '';
  return error.keyword === 'minItems' && Array.isArray(value) && value.length === 0;
}

function formatError(place: Place, format: string): FieldError {
  if (place.schema?.custom === true) {
    const type = place.schema.format ?? format;
    return { ...at(place, 'FieldValueInvalid'), detail: `${place.field} in body must be of type ${type}: ${JSON.stringify(place.value)}` };
  }
  // What is no base64 may be a secret that was not encoded: it is never repeated.
  if (format === 'byte') return { type: 'FieldValueInvalid', field: place.field, detail: 'illegal base64 data' };
  return { ...at(place, 'FieldValueInvalid'), detail: `must be a valid ${format}` };
}

const signs: Readonly<Record<string, string>> = {
  '>=': 'greater than or equal to',
  '<=': 'less than or equal to',
  '>': 'greater than',
  '<': 'less than',
};
function boundText(params: Record<string, unknown>): string {
  return `be ${signs[String(params['comparison'])]} ${String(params['limit'])}`;
}

/** kube-openapi names no field for these, but in their text. */
function junctionText(keyword: string, params: Record<string, unknown>): string | undefined {
  switch (keyword) {
    case 'oneOf':
      return `must validate one and only one schema (oneOf). ${params['passingSchemas'] === null ? 'Found none valid' : 'Found 2 valid alternatives'}`;
    case 'anyOf':
      return 'must validate at least one schema (anyOf)';
    case 'allOf':
      return 'must validate all the schemas (allOf)';
    case 'not':
      return 'must not validate the schema (not)';
    default:
      return undefined;
  }
}

function customText({ keyword }: ErrorObject, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `should ${boundText(params)}`;
    case 'minLength':
      return `should be at least ${String(params['limit'])} chars long`;
    case 'minItems':
      return `should have at least ${String(params['limit'])} items`;
    case 'minProperties':
      return `should have at least ${String(params['limit'])} properties`;
    case 'pattern':
      return `should match '${String(params['pattern'])}'`;
    case 'uniqueItems':
      return "shouldn't contain duplicates";
    case 'multipleOf':
      return `should be a multiple of ${String(params['multipleOf'])}`;
    default:
      return junctionText(keyword, params) ?? `must satisfy ${keyword}`;
  }
}

function builtInText(place: Place, error: ErrorObject, params: Record<string, unknown>): string {
  const { minimum, maximum } = place.schema?.source ?? {};
  switch (error.keyword) {
    case 'minimum':
    case 'maximum':
      return minimum !== undefined && maximum !== undefined && minimum !== 0
        ? `must be between ${String(minimum)} and ${String(maximum)}, inclusive`
        : `must ${boundText(params)}`;
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must ${boundText(params)}`;
    case 'pattern':
      return `must match the regular expression '${String(params['pattern'])}'`;
    case 'quantity':
      return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    default:
      return customText(error, params).replace(/^should(?:n't)?/, (word) => (word === 'should' ? 'must' : 'must not'));
  }
}
