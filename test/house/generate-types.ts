import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import type { SchemaDocument } from '../../src/schema/compile.ts';
import { toTypeScript } from '../../src/schema/typescript.ts';

const root = join(import.meta.dirname, '../..');
export const generatedPath = join(root, 'src/api/kinds.generated.ts');

/** Every file of schemas/ that describes API objects (our own file formats are below schemas/steersman), in path order. */
export function readSchemas(): SchemaDocument[] {
  return readdirSync(join(root, 'schemas'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json') && !path.startsWith('steersman/'))
    .sort()
    .map((path) => ({ path, json: JSON.parse(readFileSync(join(root, 'schemas', path), 'utf8')) as SchemaDocument['json'] }));
}

/** The text that `src/api/kinds.generated.ts` should have. */
export async function generateTypes(): Promise<string> {
  const settings = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { prettier: Record<string, unknown> };
  return format(toTypeScript(readSchemas()), { ...settings.prettier, parser: 'typescript' });
}

if (process.argv[1] === import.meta.filename) writeFileSync(generatedPath, await generateTypes());
