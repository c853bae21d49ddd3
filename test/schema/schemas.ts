import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileSchema, type ResolveRef } from '../../src/schema/compile.ts';
import type { Schema } from '../../src/schema/schema.ts';

const folder = join(import.meta.dirname, '../../schemas');
const files = new Map<string, Record<string, unknown>>();
/** The files of schemas/, each parsed once. */
export const readSchema: ResolveRef = (path) => {
  const found = files.get(path) ?? (JSON.parse(readFileSync(join(folder, path), 'utf8')) as Record<string, unknown>);
  files.set(path, found);
  return found;
};
/** `schemaOf('core/v1/pod')`. */
export function schemaOf(name: string): Schema {
  const path = `${name}.json`;
  return compileSchema({ path, json: readSchema(path) }, readSchema);
}
/** A schema written down in a test. */
export function inline(json: Record<string, unknown>, custom = false): Schema {
  return compileSchema({ path: '', json }, undefined, { custom });
}
