import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of real manifests, documents and test vectors; undefined where it is absent. */
export const corpus: string | undefined = find();

function find(): string | undefined {
  const named = process.env['STEER_CORPUS'];
  const folder = resolve(named ?? join(import.meta.dirname, '../../../shared/corpus'));
  if (existsSync(folder)) return folder;
  if (named !== undefined) throw new Error(`STEER_CORPUS names ${folder}, which does not exist`);
  return undefined;
}

/** A file or folder of the corpus. Only inside `describe.skipIf(corpus === undefined)`. */
export function corpusPath(...parts: string[]): string {
  if (corpus === undefined) throw new Error('there is no corpus');
  return join(corpus, ...parts);
}
