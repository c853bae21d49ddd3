import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import type { Random } from '../base/random.ts';
import { writeNewFile } from './files.ts';

/** Encrypts and proves bytes: AES-256-GCM, nonce (12 bytes, random), tag (16), then the ciphertext. */
export interface Seal {
  /** `bound` is not stored, but must be the same to open. */
  close(plain: Uint8Array, bound: Uint8Array): Buffer;
  /** @throws Error when a byte, the key or what it is bound to differs */
  open(sealed: Uint8Array, bound: Uint8Array): Buffer;
  /** Tells keys apart without showing them. */
  readonly fingerprint: string;
}
const nonceBytes = 12;
const tagBytes = 16;

export function createSeal(key: Uint8Array, random: Random): Seal {
  return {
    close: (plain, bound) => {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open: (sealed, bound) => {
      const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
      cipher.setAAD(bound).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([cipher.update(sealed.subarray(nonceBytes + tagBytes)), cipher.final()]);
    },
    fingerprint: createHmac('sha256', key).update('steersman store key').digest('hex').slice(0, 32),
  };
}

/** The key in `path` (32 bytes as hex, mode 0600), made when there is none. @throws EncryptionKeyError */
export function loadKey(path: string, random: Random): Uint8Array {
  if (!existsSync(path)) writeNewFile(path, `${Buffer.from(random.bytes(32)).toString('hex')}\n`, 0o600);
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  const text = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new EncryptionKeyError(`${path} holds no key: it must be 64 hexadecimal digits`);
  return Buffer.from(text, 'hex');
}

export function sameFingerprint(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** The Secrets of a data directory cannot be read: its key is missing or is another one. */
export class EncryptionKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EncryptionKeyError';
  }
}
