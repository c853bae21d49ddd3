import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dateAt, type Clock } from '../../base/clock.ts';
import type { Recent } from '../recent.ts';
import type { Made } from './made.ts';

/** What is under way or made counts for all who ask; failures are not kept. */
export function once<T>(kept: Recent<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}

export interface KeptOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly directory: string;
  /** Of all entries; default 256 MiB. */
  readonly limitBytes?: number;
}
/** Of the format: an entry of another one is not found. */
const format = 'steersman render 1';
/** Writes between two looks at the size. */
const lookEvery = 500;
const dayMs = 86_400_000;

/**
 * What programs made and what was learned of repositories, on disk, for all processes of a user. A key of a render names everything that it read, by content. Entries are
 * encrypted (AES-256-GCM) with a key that is derived from that, so only who has the very files can open what was made of them, and an
 * entry that was cut short or altered is none. What cannot be written is not kept.
 */
export class Kept {
  readonly #options: KeptOptions;
  #written = 0;
  #tidying: Promise<void> | undefined;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /** `make` may say that its result must not be kept. */
  async get(key: string, make: () => Promise<Made>): Promise<Made> {
    const known = await this.read(key);
    if (known !== undefined) return known as Made;
    const made = await make();
    if (made.changing !== true && made.inClear !== true) await this.write(key, made);
    return made;
  }

  #file(key: string): string {
    return join(this.#options.directory, digest('name', key).toString('hex'));
  }

  /** Undefined where nothing was written for the key, or nothing that can be read. */
  async read(key: string): Promise<unknown> {
    const file = this.#file(key);
    let sealed: Buffer;
    try {
      sealed = await readFile(file);
    } catch {
      return undefined; // Not made yet, or not for us to read.
    }
    try {
      const cipher = createDecipheriv('aes-256-gcm', digest('seal', key), sealed.subarray(0, 12)).setAuthTag(sealed.subarray(12, 28));
      const text = Buffer.concat([cipher.update(sealed.subarray(28)), cipher.final()]).toString('utf8');
      await this.#touch(file);
      return JSON.parse(text) as unknown;
    } catch {
      return undefined; // Cut short or altered: it is made again and written over.
    }
  }

  /** Something that is JSON. Without a word where it cannot be written. */
  async write(key: string, value: unknown): Promise<void> {
    const file = this.#file(key);
    // The same key never seals two different texts but for the order in which fields were made: the nonce is of the text.
    const text = Buffer.from(JSON.stringify(value));
    const nonce = createHash('sha256').update(text).digest().subarray(0, 12);
    const cipher = createCipheriv('aes-256-gcm', digest('seal', key), nonce);
    const body = Buffer.concat([cipher.update(text), cipher.final()]);
    const partial = `${file}.${process.pid}.${this.#written++}`;
    try {
      await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
      await writeFile(partial, Buffer.concat([nonce, cipher.getAuthTag(), body]), { mode: 0o600 });
      await rename(partial, file);
      if (this.#written % lookEvery === 1) await (this.#tidying ??= this.#tidy().finally(() => (this.#tidying = undefined)));
    } catch {
      // A full or read-only disk: the next process renders again.
      await rm(partial, { force: true }).catch(() => undefined); // Nor can it be removed, then.
    }
  }

  /** Once a day is enough to know what is used. */
  async #touch(file: string): Promise<void> {
    const now = this.#options.clock.now();
    const { mtimeMs } = await stat(file);
    if (now - mtimeMs > dayMs) await utimes(file, dateAt(now), dateAt(now));
  }

  /** Removes what was not used for longest, until three quarters of the limit are left, and what writers that died left behind. */
  async #tidy(): Promise<void> {
    const { directory, limitBytes = 256 * 2 ** 20, clock } = this.#options;
    const entries: { file: string; size: number; at: number }[] = [];
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      const found = await stat(file).catch(() => undefined); // Another process tidies too.
      if (found === undefined || !found.isFile()) continue;
      if (name.includes('.') && clock.now() - found.mtimeMs > 3_600_000) await rm(file, { force: true });
      else entries.push({ file, size: found.size, at: found.mtimeMs });
    }
    let total = entries.reduce((sum, one) => sum + one.size, 0);
    if (total <= limitBytes) return;
    for (const { file, size } of entries.sort((a, b) => a.at - b.at)) {
      if (total <= limitBytes * 0.75) return;
      await rm(file, { force: true });
      total -= size;
    }
  }
}
function digest(use: string, key: string): Buffer {
  return createHash('sha256').update(`${format}\0${use}\0${key}`).digest();
}
