import type { FieldError } from '../api/status.ts';

/** Constructors of field errors in Kubernetes' words (apimachinery v1.35, util/validation/field). */
export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, detail };
}
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, value, detail };
}
export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, value, detail: '' };
}
export function absent(field: string, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field, value, detail: '' };
}
export function fieldForbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, detail };
}
export function tooLong(field: string, maxBytes: number): FieldError {
  return { type: 'FieldValueTooLong', field, detail: `may not be more than ${maxBytes} bytes` };
}
export function tooMany(field: string, count: number, most: number): FieldError {
  return { type: 'FieldValueTooMany', field, value: count, detail: `must have at most ${most} items` };
}
/** The supported values are told in the order given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one));
  return { type: 'FieldValueNotSupported', field, value, detail: `supported values: ${list.join(', ')}` };
}
export function immutable(field: string, value: unknown): FieldError {
  return invalidValue(field, value, 'field is immutable');
}

/** One of a few texts, which must be given. */
export function choiceErrors(field: string, value: string | undefined, choices: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}
/** As many errors as rules that the value breaks; `broken` are their messages. */
export function invalidEach(field: string, value: unknown, broken: readonly string[]): FieldError[] {
  return broken.map((detail) => invalidValue(field, value, detail));
}
export function negative(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
}
