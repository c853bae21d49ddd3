import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Every TypeScript file below a folder of the project, as paths from the project's root. */
export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
export function sourceText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
/** What a file imports or re-exports, static and dynamic, as written. */
export function importsOf(path: string): readonly string[] {
  const pattern = /(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...sourceText(path).matchAll(pattern)].map((match) => (match[1] ?? match[2]) as string);
}
