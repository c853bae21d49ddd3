import type { FieldError } from '../api/status.ts';
import { jsonEqual } from '../base/json.ts';
import { fieldForbidden, invalidEach } from './field-errors.ts';
import { dataKey } from './names.ts';

/** What is wrong with the keys of a ConfigMap or Secret. */
export function dataErrors(data: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.keys(data).flatMap((key) => invalidEach(`${path}[${key}]`, key, dataKey(key)));
}
/** Bytes of all values, decoded. */
export function dataSize(data: Readonly<Record<string, string>>, encoding: 'text' | 'base64'): number {
  let size = 0;
  for (const key in data) size += Buffer.byteLength(data[key] as string, encoding === 'text' ? 'utf8' : 'base64');
  return size;
}
/** What may not change once `immutable` is set. */
export function frozenDataErrors<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  const detail = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [fieldForbidden('immutable', detail)];
  for (const field of fields) {
    if (!jsonEqual(object[field] ?? {}, old[field] ?? {})) errors.push(fieldForbidden(field, detail));
  }
  return errors;
}
