import { parseTime } from '../base/clock.ts';
import { formatAge } from '../base/duration.ts';
import { find, parseJsonPath, type JsonPath } from './json-path.ts';
import type { PrinterColumn } from './schema.ts';

/**
 * The cells of each object, by its columns' JSONPaths; null where one finds nothing. Dates are ages at `now` (milliseconds
 * since the epoch). As apiextensions-apiserver prints custom resources.
 * @throws JsonPathError for a column that cannot be read
 */
export function toTable(columns: readonly PrinterColumn[], objects: readonly unknown[], now: number): readonly (readonly unknown[])[] {
  const readers = columns.map((column) => readerOf(column));
  return objects.map((object) => readers.map((read) => read(object, now)));
}

type Reader = (object: unknown, now: number) => unknown;
const readers = new WeakMap<PrinterColumn, Reader>();
function readerOf(column: PrinterColumn): Reader {
  const known = readers.get(column);
  if (known !== undefined) return known;
  const path = parseJsonPath(column.jsonPath);
  // Built-in kinds say `string` of their age, which they make themselves.
  const type = column.jsonPath === '.metadata.creationTimestamp' ? 'date' : column.type;
  const reader: Reader = (object, now) => cell(type, found(path, object), now);
  readers.set(column, reader);
  return reader;
}
function found(path: JsonPath, object: unknown): readonly unknown[] {
  return find(path, object).filter((value) => value !== null);
}

function cell(type: PrinterColumn['type'], values: readonly unknown[], now: number): unknown {
  const [first] = values;
  if (first === undefined) return null;
  switch (type) {
    case 'string':
      return values.map(text).join(' ');
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return age(first, now);
  }
}
function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
function age(value: unknown, now: number): string {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  return time === undefined ? '<invalid>' : formatAge(now - time);
}
