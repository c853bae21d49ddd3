import { badRequest, type StatusError } from '../api/status.ts';
import { isRecord } from '../base/json.ts';

/** What is wrong with a strategic merge patch, in apimachinery's words (mergepatch, errors.go). */
export function refused(message: string): StatusError {
  return badRequest(message);
}
export function noMergeKey(item: unknown, mergeKey: string): StatusError {
  return refused(`map: ${textOfValue(item)} does not contain declared merge key: ${mergeKey}`);
}
export function badPatchType(directive: unknown, map: unknown): StatusError {
  return refused(`unknown patch type: ${textOfValue(directive)} in map: ${textOfValue(map)}`);
}

/** A JSON value as Go prints it (%v): `map[name:web ports:[80 81]]`. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(textOfValue).join(' ')}]`;
  if (!isRecord(value)) return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${textOfValue(value[key])}`).join(' ')}]`;
}

/** The Go type that a JSON value is decoded to. */
export function textOfType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (isRecord(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** What the items of all these lists are; undefined when there are none. @throws StatusError when they differ or are lists themselves */
export function elementType(lists: readonly (readonly unknown[])[]): string | undefined {
  let found: string | undefined;
  for (const item of lists.flat()) {
    const type = textOfType(item);
    if (Array.isArray(item)) throw refused('lists of lists are not supported');
    if (found !== undefined && type !== found) throw refused(`list element types are not identical: ${textOfValue(lists)}`);
    found = type;
  }
  return found;
}
