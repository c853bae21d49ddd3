import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { stopwatch } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { lockDirectory, type DirectoryLock } from './directory-lock.ts';
import { dictionary } from './dictionary.ts';
import { checkFormat } from './format.ts';
import { DamagedRecord, decodeRecord, encodeRecord } from './record.ts';
import { createSeal, EncryptionKeyError, loadKey, sameFingerprint, type Seal } from './seal.ts';
import type { Revision } from './store.ts';
import type { EntryParts, Kept } from './stored-entry.ts';

/**
 * The newest state in one directory, with one owner:
 *
 *     format.json   the layout, and who reads it
 *     owner.<n>     who owns the directory
 *     secrets.key   the key of sealed records, mode 0600
 *     data.mdb      lmdb: entries (key -> record.ts), meta (revision, fingerprint of the key, dictionary of the packed entries)
 */
export interface Disk extends Kept {
  /** Every entry, in key order. */
  load(): Iterable<EntryParts>;
  /** The newest one that was written. */
  revision(): Revision;
  /** All or nothing, durable when it resolves. @throws WriteFailed, with nothing written unless it says so */
  write(entries: readonly EntryParts[], revision: Revision): Promise<void>;
  close(): Promise<void>;
}
export interface DiskOptions {
  readonly directory: string;
  readonly random: Random;
  /** Keys whose records are sealed. */
  secret(key: string): boolean;
}

/** A disk with less than this takes no writes: lmdb copies pages before it frees old ones. */
const leastFreeBytes = 4 * 1024 * 1024;

/** Asking the disk costs as much as writing to it: what was plenty a moment ago still is, since nobody fills a disk that fast. */
const plentyBytes = 1024 * 1024 * 1024;
const freshMs = 50;

/** Writes were refused: the disk is full or broken. `unsure`: it cannot be told whether they are there. */
export class WriteFailed extends Error {
  readonly unsure: boolean;

  constructor(directory: string, unsure: boolean, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${directory} could not be written: ${why}`, { cause });
    this.name = 'WriteFailed';
    this.unsure = unsure;
  }
}

/** @throws DirectoryLocked, UnknownFormat, EncryptionKeyError */
export function openDisk(options: DiskOptions): Disk {
  const { directory } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(directory);
  try {
    const path = join(directory, 'data.mdb');
    const holdsData = existsSync(path);
    removeDrafts(directory);
    const format = checkFormat(directory, holdsData);
    // Batches are made by the store, so lmdb must not make its own of what comes in one turn. Without overlapping sync a commit is
    // data, fdatasync, then the page that makes it count: resolved is durable, and rejected is not there.
    const root: RootDatabase<Buffer, string> = open<Buffer, string>({
      path,
      noSubdir: true,
      encoding: 'binary',
      maxDbs: 2,
      overlappingSync: false,
      ...mapSize,
      ...unbatched,
    });
    try {
      chmodSync(path, 0o600);
      return new LmdbDisk(root, { ...options, lock, format });
    } catch (error) {
      void root.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}
/** Files that a killed process had begun; those of other claimants of the directory are not ours to touch. */
function removeDrafts(directory: string): void {
  for (const name of readdirSync(directory)) if (/^(format\.json|secrets\.key)\.draft-/.test(name)) rmSync(join(directory, name));
}
/**
 * Addresses, not memory: a file that outgrows its map is mapped once more as a whole, and both maps count as memory of the process.
 * Where the system makes the file as long as its map, lmdb chooses.
 */
const mapSize = process.platform === 'win32' ? {} : { mapSize: 32 * 2 ** 30 };
/** An option that lmdb's types do not name (its README does). */
const unbatched: object = { eventTurnBatching: false };

class LmdbDisk implements Disk {
  readonly #root: RootDatabase<Buffer, string>;
  readonly #entries: Database<Buffer, string>;
  readonly #meta: Database<Buffer, string>;
  readonly #seal: Seal;
  readonly #options: DiskOptions & { readonly format: number };
  readonly #lock: DirectoryLock;
  #free = { bytes: 0, age: stopwatch() };

  constructor(root: RootDatabase<Buffer, string>, options: DiskOptions & { lock: DirectoryLock; format: number }) {
    this.#root = root;
    this.#options = options;
    this.#lock = options.lock;
    this.#meta = root.openDB('meta', { encoding: 'binary' });
    this.#seal = this.#openSeal();
    // LZ4 in the writing thread: JSON takes a third to a tenth of the pages, and so of the writes and of the mapped memory.
    this.#entries = root.openDB('entries', { encoding: 'binary', compression: this.#compression() });
  }

  *load(): Generator<EntryParts> {
    for (const { key, value } of this.#entries.getRange()) yield this.#decode(key, value);
  }

  revision(): Revision {
    return this.#meta.get('revision')?.readDoubleBE(0) ?? 0;
  }

  read({ key, revision }: { key: string; revision: Revision }): Uint8Array {
    const entry = this.#find(key);
    if (entry?.revision === revision) return entry.json;
    // lmdb's reader of this turn may have begun before the entry was written.
    this.#root.resetReadTxn();
    const again = this.#find(key);
    if (again?.revision === revision) return again.json;
    throw new DamagedRecord(
      key,
      `is not there at revision ${revision}: ${again === undefined ? 'nothing is' : `it is at ${again.revision}`}`,
    );
  }

  async write(entries: readonly EntryParts[], revision: Revision): Promise<void> {
    const records = entries.map((entry) => (entry.deleted === true ? undefined : this.#encode(entry)));
    this.#requireSpace(records.reduce((sum, record) => sum + (record?.length ?? 0), 0));
    try {
      await this.#root.batch(() => {
        for (const [index, { key }] of entries.entries()) {
          const record = records[index];
          if (record === undefined) void this.#entries.remove(key);
          else void this.#entries.put(key, record);
        }
        void this.#meta.put('revision', encodeRevision(revision));
      });
    } catch (error) {
      throw await this.#failure(error, revision);
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
    this.#lock.release();
  }

  #find(key: string): EntryParts | undefined {
    const record = this.#entries.get(key);
    return record === undefined ? undefined : this.#decode(key, record);
  }

  #decode(key: string, record: Buffer): EntryParts {
    return decodeRecord(key, record, this.#options.secret(key) ? this.#seal : undefined);
  }

  #encode(entry: EntryParts): Buffer {
    return encodeRecord(entry, this.#options.secret(entry.key) ? this.#seal : undefined);
  }

  /**
   * Looked at before lmdb is, since its answer to a full disk cannot be relied on: 3.5.6 writes its message for a page that it could
   * not write past the end of a buffer (mdb_page_flush, `last_error`), and the process may end.
   */
  #requireSpace(bytes: number): void {
    const { directory } = this.#options;
    this.#free.bytes -= 4 * bytes;
    if (this.#free.bytes > plentyBytes && this.#free.age() < freshMs) return;
    const { bavail, bsize } = statfsSync(directory);
    const wanted = leastFreeBytes + 4 * bytes;
    this.#free = { bytes: bavail * bsize - wanted, age: stopwatch() };
    if (this.#free.bytes < 0)
      throw new WriteFailed(directory, false, new Error(`no space left on its disk (${bavail * bsize} bytes are free, ${wanted} must be)`));
  }

  async #failure(error: unknown, revision: Revision): Promise<WriteFailed> {
    const { directory } = this.#options;
    let cause = error;
    try {
      // lmdb keeps the reason in a promise that rejects with it
      await (error as { commitError?: Promise<never> }).commitError;
    } catch (reason) {
      cause = reason;
    }
    try {
      return new WriteFailed(directory, this.revision() >= revision, cause);
    } catch (unreadable) {
      // After a failure of the page that makes a commit count, lmdb answers nothing any more.
      return new WriteFailed(
        directory,
        true,
        new AggregateError([cause, unreadable], cause instanceof Error ? cause.message : String(cause)),
      );
    }
  }

  /** Most objects say the same in other words: with a dictionary they take a quarter of the pages. It stays that of the first start. */
  #compression(): { threshold: number; dictionary?: Buffer } {
    const kept = this.#meta.get('dictionary');
    return kept === undefined ? { threshold: 500 } : { threshold: 100, dictionary: Buffer.from(kept) };
  }

  #openSeal(): Seal {
    const { directory, random } = this.#options;
    const path = join(directory, 'secrets.key');
    const expected = this.#meta.get('key')?.toString();
    if (expected !== undefined && !existsSync(path)) {
      throw new EncryptionKeyError(`${path} is missing: without it the Secrets in ${directory} cannot be read; restore it from a backup`);
    }
    const seal = createSeal(loadKey(path, random), random);
    if (expected === undefined) this.#begin(seal);
    else if (!sameFingerprint(expected, seal.fingerprint)) {
      throw new EncryptionKeyError(`${path} is another key than the one that sealed the Secrets in ${directory}`);
    }
    return seal;
  }

  /** What a new directory says of itself, at once. */
  #begin(seal: Seal): void {
    this.#root.transactionSync(() => {
      this.#meta.putSync('key', Buffer.from(seal.fingerprint));
      if (this.#options.format > 1) this.#meta.putSync('dictionary', Buffer.from(dictionary));
    });
  }
}

function encodeRevision(revision: Revision): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(revision);
  return bytes;
}
