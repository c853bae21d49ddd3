import { armor, Encrypter } from 'age-encryption';
import { createCipheriv, createHash } from 'node:crypto';
import { isRecord } from '../../src/base/json.ts';

export interface SealOptions {
  /** `age1…` */
  readonly recipient: string;
  /** Which fields, by name. */
  readonly fields?: RegExp;
  /** The MAC is over encrypted values alone. */
  readonly sealedOnly?: boolean;
}

/** Documents of one file as sops encrypts them for a key of age. */
export async function sealWithSops(documents: readonly Record<string, unknown>[], options: SealOptions): Promise<string> {
  const { recipient, fields = /^(data|stringData)$/, sealedOnly = false } = options;
  const key = createHash('sha256').update('a data key of the test').digest();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const enc = armor.encode(await encrypter.encrypt(key));
  const lastmodified = '2026-01-02T03:04:05Z';
  const hash = createHash('sha512');
  if (sealedOnly) hash.update(createHash('sha256').update('sops').digest());
  const seal = (value: unknown, context: string) => {
    const iv = createHash('sha256').update(context).digest();
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
    const data = Buffer.concat([cipher.update(plain(value)), cipher.final()]).toString('base64');
    const type = typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int' : 'str';
    return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
  };
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((one) => walk(one, path));
    if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, [...path, name])]));
    const secret = path.some((name) => fields.test(name));
    if (secret || !sealedOnly) hash.update(plain(value));
    return secret ? seal(value, `${path.join(':')}:`) : value;
  };
  const trees = documents.map((one) => walk(one, []) as Record<string, unknown>);
  const mac = seal(hash.digest('hex').toUpperCase(), lastmodified);
  const sops = {
    age: [{ recipient, enc }],
    lastmodified,
    mac,
    encrypted_regex: fields.source,
    version: '3.9.4',
    ...(sealedOnly ? { mac_only_encrypted: true } : {}),
  };
  return trees.map((tree) => JSON.stringify({ ...tree, sops })).join('\n---\n');
}
const plain = (value: unknown) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));
