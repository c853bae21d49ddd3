import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { isRecord, setOwn } from '../../base/json.ts';

/** What is wrong with an encrypted document; never with a value in it. */
export class SopsError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'SopsError';
  }
}
export type Path = readonly string[];

/** True for a document that SOPS has encrypted. */
export function isSops(value: unknown): value is SopsDocument {
  return isRecord(value) && isRecord(value['sops']) && typeof value['sops']['mac'] === 'string';
}
const sealed = /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]+),tag:([^,]+),type:(\w+)\]$/;
/** Whether a value is encrypted. */
export function hasSealed(value: unknown): boolean {
  return typeof value === 'string' && sealed.test(value);
}

/** Those for whom it was encrypted, where that is age: `age1…`. */
export function recipientsOf({ sops }: { readonly sops: Record<string, unknown> }): string[] {
  return ageEntries(sops).map((entry) => entry.recipient);
}
function ageEntries(sops: Record<string, unknown>): { recipient: string; enc: string }[] {
  const entries = Array.isArray(sops['age']) ? (sops['age'] as unknown[]) : [];
  return entries.flatMap((entry) =>
    isRecord(entry) && typeof entry['recipient'] === 'string' && typeof entry['enc'] === 'string'
      ? [{ recipient: entry['recipient'], enc: entry['enc'] }]
      : [],
  );
}

/** The key of a document, unwrapped with one of the identities (`AGE-SECRET-KEY-1…`). @throws SopsError */
export async function dataKeyOf(document: { readonly sops: Record<string, unknown> }, identities: readonly string[]): Promise<Buffer> {
  const entries = ageEntries(document.sops);
  if (entries.length === 0) throw new SopsError('it is encrypted for no age key: keys of PGP and of clouds are not supported');
  // Most have nothing encrypted, and loading it takes a tenth of a second.
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  for (const { enc } of entries) {
    try {
      const key = Buffer.from(await decrypter.decrypt(armor.decode(enc)));
      if (key.length === 32) return key;
    } catch {
      // Encrypted for somebody else: the next entry may be for us.
    }
  }
  throw new SopsError(
    `it is encrypted for ${entries.map((entry) => entry.recipient).join(', ')}, and none of the keys that were given is one of these`,
  );
}

/** A document of a file that SOPS has encrypted. */
export type SopsDocument = Readonly<Record<string, unknown>> & { readonly sops: Record<string, unknown> };

/**
 * The documents of one file in the clear, without their `sops`. Its MAC is over all values of the file in their order, but comments and
 * nulls (https://github.com/getsops/sops/blob/v3.9.4/sops.go, Tree.Decrypt). @throws SopsError
 */
export function opened(documents: readonly SopsDocument[], key: Buffer): Record<string, unknown>[] {
  const { sops } = documents[0] as SopsDocument;
  const hash = createHash('sha512');
  const sealedOnly = sops['mac_only_encrypted'] === true;
  if (sealedOnly) hash.update(Buffer.from(sealedOnlyStart, 'hex'));
  const note = (value: unknown, wasSealed: boolean) => {
    if ((wasSealed || !sealedOnly) && value !== null) hash.update(bytesOf(value));
  };
  const out = documents.map(({ sops: _sops, ...tree }) => walk(tree, [], { key, note }) as Record<string, unknown>);
  const lastModified = typeof sops['lastmodified'] === 'string' ? sops['lastmodified'] : '';
  const mac = Buffer.from(String(unseal(String(sops['mac']), lastModified, key)).toUpperCase());
  const found = Buffer.from(hash.digest('hex').toUpperCase());
  if (mac.length !== found.length || !timingSafeEqual(mac, found)) {
    throw new SopsError('its MAC is not that of its values: somebody has changed it without sops');
  }
  return out;
}
/** What SOPS begins a MAC with that is over encrypted values alone, so that it never equals one of the other kind. */
const sealedOnlyStart = '8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69';

/** The encrypted values of a part of a document in the clear, by their own seals alone: what a renderer has moved about. @throws SopsError */
export function openedPart(value: unknown, path: Path, key: Buffer): unknown {
  return walk(value, path, { key, note: () => undefined });
}

interface Walk {
  readonly key: Buffer;
  note(value: unknown, wasSealed: boolean): void;
}
function walk(value: unknown, path: Path, around: Walk): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, path, around));
  if (isRecord(value)) {
    const out: Record<string, unknown> = {};
    for (const [name, one] of Object.entries(value)) setOwn(out, name, walk(one, [...path, name], around));
    return out;
  }
  if (typeof value !== 'string' || !sealed.test(value)) {
    around.note(value, false);
    return value;
  }
  const clear = unseal(value, `${path.join(':')}:`, around.key);
  around.note(clear, true);
  return clear;
}

/** @throws SopsError */
function unseal(text: string, context: string, key: Buffer): unknown {
  const [, data = '', iv = '', tag = '', type = ''] = sealed.exec(text) ?? [];
  let clear: string;
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'))
      .setAuthTag(Buffer.from(tag, 'base64'))
      .setAAD(Buffer.from(context));
    clear = Buffer.concat([cipher.update(Buffer.from(data, 'base64')), cipher.final()]).toString('utf8');
  } catch (error) {
    throw new SopsError(
      `the value of ${context.replace(/:$/, '').replaceAll(':', '.') || 'mac'} cannot be decrypted: it was changed, or moved from another field`,
      { cause: error },
    );
  }
  switch (type) {
    case 'int':
    case 'float':
      return Number(clear);
    case 'bool':
      return clear.toLowerCase() === 'true';
    case 'str':
    case 'bytes':
    case 'comment':
      return clear;
    default:
      throw new SopsError(`it holds a value of the type ${type}, which is not known`);
  }
}
/** As SOPS writes values into its MAC. */
function bytesOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
