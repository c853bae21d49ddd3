import { randomBytes } from 'node:crypto';

/** The only source of chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  bytes(count: number): Uint8Array;
}

/** The machine's secure source. Made in `cli` alone. */
export function secureRandom(): Random {
  let pool = Buffer.alloc(0);
  let used = 0;
  // The system is asked for many bytes at a time: a call costs more than the bytes. Each byte is handed out once.
  const take = (count: number): Buffer => {
    if (count > poolBytes) return randomBytes(count);
    if (used + count > pool.length) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    const bytes = Buffer.from(pool.subarray(used, used + count));
    pool.fill(0, used, used + count);
    used += count;
    return bytes;
  };
  return { next: () => take(6).readUIntBE(0, 6) / 2 ** 48, bytes: take };
}
const poolBytes = 4096;

/** A repeatable source (sfc32): the same seed gives the same sequence on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next32 = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next32();
  return {
    next: () => next32() / 2 ** 32,
    bytes: (count) => Uint8Array.from({ length: count }, () => next32() & 0xff),
  };
}

/** A version 4 UUID (RFC 9562). */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Kubernetes' alphabet for generated names: no vowels, so no words; no 0, 1, 3, which read as letters. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters for a generated name. */
export function nameSuffix(random: Random, length = 5): string {
  let out = '';
  for (const byte of random.bytes(length)) out += nameAlphabet[byte % nameAlphabet.length];
  return out;
}

/** A whole number in [0, below). */
export function randomInt(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}
