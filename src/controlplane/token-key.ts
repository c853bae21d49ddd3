import { join } from 'node:path';
import { makeTokenKey } from '../apiserver/service-account-tokens.ts';
import { makePrivateFolder, readIfThere, writePrivate } from './private-files.ts';

/** The key that signs the tokens of service accounts, PEM: made once and kept in `folder`, so that tokens outlive a restart. */
export async function openTokenKey(folder: string): Promise<string> {
  const path = join(folder, 'sa.key');
  const kept = await readIfThere(path);
  if (kept !== undefined) return kept;
  const made = makeTokenKey();
  await makePrivateFolder(folder);
  await writePrivate(path, made);
  return made;
}
