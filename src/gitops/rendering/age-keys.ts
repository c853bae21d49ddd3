import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SopsError } from './sops.ts';

/**
 * The age identities of the user, where sops itself looks for them: `SOPS_AGE_KEY`, the file `SOPS_AGE_KEY_FILE`, and
 * `sops/age/keys.txt` in the configuration folder. Read when first needed; never printed or written. @throws SopsError
 */
export async function ageKeys(environment: Readonly<Record<string, string | undefined>>, home: string | undefined): Promise<string[]> {
  const { SOPS_AGE_KEY: key, SOPS_AGE_KEY_FILE: file, XDG_CONFIG_HOME: configuration } = environment;
  const texts = [key ?? ''];
  if (file !== undefined && file !== '') texts.push(await read(file));
  const base = configuration ?? (home === undefined ? undefined : join(home, '.config'));
  // Most people have none.
  if (base !== undefined) texts.push(await readFile(join(base, 'sops/age/keys.txt'), 'utf8').catch(() => ''));
  return texts.flatMap((text) => text.split(/\s+/).filter((word) => /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(word)));
}
async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SopsError(`no key can be read: SOPS_AGE_KEY_FILE names ${file}, which cannot be opened`, { cause: error });
  }
}
