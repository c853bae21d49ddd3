import type { KubeObject } from '../../api/object.ts';
import { deepFreeze, isRecord } from '../../base/json.ts';
import { isSecret } from '../mask.ts';
import { RenderError, type Manifest, type RenderResult, type SourceProblem } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { parseYaml } from '../yaml.ts';
import { dataKeyOf, hasSealed, isSops, opened, openedPart, recipientsOf, SopsError, type SopsDocument } from './sops.ts';

/** Opens what SOPS has encrypted. */
export interface Secrets {
  /** Age identities of whoever asked; none: nothing is opened. */
  keys(): Promise<readonly string[]>;
}
export interface DecryptOptions {
  readonly artifact: Artifact;
  readonly secrets: Secrets;
  /** Where no key opens it: `keep` leaves values as they stand in Git, for plans that nobody applies; `refuse` is an error. */
  readonly sealed: 'keep' | 'refuse';
}

/**
 * The same manifests with the encrypted values of Secrets in the clear, in memory alone. Values in kinds that are no Secret stay
 * encrypted and are refused, since plans and history show them. @throws RenderError
 */
export async function decrypted(result: RenderResult, options: DecryptOptions): Promise<RenderResult> {
  if (!result.manifests.some((manifest) => isSealed(manifest.object))) return result;
  const problems: SourceProblem[] = [];
  const notes: string[] = [];
  const manifests: Manifest[] = [];
  for (const manifest of result.manifests) {
    if (!isSealed(manifest.object)) {
      manifests.push(manifest);
      continue;
    }
    try {
      manifests.push(await openManifest(manifest, options));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      const { path, line } = manifest.origin;
      if (options.sealed === 'refuse') problems.push({ path, line, column: 1, message: `${nameOf(manifest)}: ${error.message}` });
      else {
        notes.push(`${path}:${line}: ${nameOf(manifest)} is compared as it is encrypted: ${error.message}`);
        manifests.push({ ...manifest, object: sealedStill(manifest.object) });
      }
    }
  }
  if (problems.length > 0) throw new RenderError(problems);
  return { ...result, manifests, notes: [...result.notes, ...notes] };
}

/** Whether there is something in it that SOPS has encrypted. */
export function isSealed(object: KubeObject): boolean {
  return isSops(object) || isMadeOfSealed(object);
}
/** A generator took an encrypted file as it is. */
function isMadeOfSealed(object: KubeObject): boolean {
  if (!isSecret(object)) return false;
  const { data } = object as KubeObject & { data?: unknown };
  const texts = isRecord(data) ? Object.values(data) : [];
  return texts.some((text) => typeof text === 'string' && Buffer.from(text, 'base64').includes('ENC[AES256_GCM,data:'));
}

async function openManifest(manifest: Manifest, { artifact, secrets }: DecryptOptions): Promise<Manifest> {
  if (!isSops(manifest.object))
    throw new SopsError(
      'it is made of a file that SOPS has encrypted, which a generator takes as it is: write an encrypted Secret instead',
    );
  const object = manifest.object as unknown as SopsDocument;
  if (!isSecret(manifest.object))
    throw new SopsError('values are decrypted in Secrets alone, since those of other kinds are shown in plans and kept in the history');
  const identities = await secrets.keys();
  if (identities.length === 0) {
    const whom = recipientsOf(object).join(', ');
    throw new SopsError(
      `it is encrypted with SOPS${whom === '' ? '' : ` for ${whom}`}, and no key was given: set SOPS_AGE_KEY_FILE to the file of the key`,
    );
  }
  const key = await dataKeyOf(object, identities);
  await checkSource(manifest, object, { artifact, key });
  const clear = openedPart(withoutSops(manifest.object), [], key) as KubeObject;
  return { ...manifest, object: deepFreeze(clear) };
}

/** The MAC is over the file: what a renderer made of it is checked value by value, the file in whole. */
async function checkSource({ origin }: Manifest, object: SopsDocument, at: { artifact: Artifact; key: Buffer }): Promise<void> {
  const [bytes] = await at.artifact.read([origin.path]);
  const { documents } = parseYaml(Buffer.from(bytes as Uint8Array).toString('utf8'));
  const own = documents
    .map((document) => document.value)
    .filter(isSops)
    .filter((value) => value.sops['mac'] === object.sops['mac']);
  if (own.length === 0) throw new SopsError('its sops part is not that of the file that it comes from');
  opened(own, at.key);
}

/** As it stands in Git; encrypted `data` as base64, which a server takes. */
function sealedStill(object: KubeObject): KubeObject {
  const rest = withoutSops(object) as KubeObject & { data?: unknown };
  if (!isSecret(object) || !isRecord(rest.data)) return rest;
  const data = Object.entries(rest.data).map(([key, value]) => [
    key,
    hasSealed(value) ? Buffer.from(String(value)).toString('base64') : value,
  ]);
  return deepFreeze({ ...rest, data: Object.fromEntries(data) as Record<string, unknown> });
}
function withoutSops(object: KubeObject): KubeObject {
  const { sops: _sops, ...rest } = object as KubeObject & { sops?: unknown };
  return deepFreeze(rest);
}
function nameOf({ object }: Manifest): string {
  return `${object.kind} ${object.metadata.name}`;
}
