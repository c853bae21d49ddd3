import { loopTurn, type Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { openDisk, WriteFailed, type Disk } from './disk.ts';
import { State, type StateOptions } from './state.ts';
import { StoreClosed, type Codec, type Entry, type ListOptions, type Revision, type Store } from './store.ts';
import type { StoredEntry } from './stored-entry.ts';
import { compactByAge, defaultHistoryMs } from './upkeep.ts';
import { failedWatch } from './watch-hub.ts';

export interface EmbeddedStoreOptions<V> extends StateOptions {
  /** Made when absent, mode 0700. Its files belong to this process until `close`. */
  readonly directory: string;
  readonly codec: Codec<V>;
  readonly clock: Clock;
  /** For keys and nonces: a secure source. */
  readonly random: Random;
  /** Default five minutes. */
  readonly historyMs?: number;
}

/**
 * A durable store for one process. A write is answered, and seen, when it is on disk; writes that come together share one transaction and
 * one flush. History is kept in memory: after a restart, watches and lists can start at the newest revision only.
 * @throws DirectoryLocked, UnknownFormat, EncryptionKeyError
 */
export async function openEmbeddedStore<V extends object>(options: EmbeddedStoreOptions<V>): Promise<Store<V>> {
  const { directory, codec, random } = options;
  const disk = openDisk({ directory, random, secret: (key) => codec.secret(key) });
  try {
    const state = new State(codec, options, disk);
    state.load(disk.load(), disk.revision());
    return new EmbeddedStore(disk, state, options);
  } catch (error) {
    await disk.close();
    throw error;
  }
}

/** A write that waits for its turn. `value` is undefined for a deletion. */
interface Write<V extends object> {
  readonly key: string;
  readonly value: V | undefined;
  resolve(entry: StoredEntry<V>): void;
  reject(error: unknown): void;
  /** Settles with it, whichever way. */
  readonly settled: Promise<void>;
}
/** A transaction takes no more than this, so that the event loop is never held for long. */
const batchLimit = 64;

class EmbeddedStore<V extends object> implements Store<V> {
  readonly #disk: Disk;
  readonly #state: State<V>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Per key the write under way: one at a time, so that the expected revision is judged against what is certain. */
  readonly #pending = new Map<string, Write<V>>();
  #queue: Write<V>[] = [];
  #committing: Promise<void> | undefined;
  #broken: WriteFailed | undefined;

  constructor(disk: Disk, state: State<V>, options: EmbeddedStoreOptions<V>) {
    this.#disk = disk;
    this.#state = state;
    this.#clock = options.clock;
    const target = { revision: () => state.revision, compact: (before: Revision) => state.compact(before) };
    const { clock, historyMs = defaultHistoryMs } = options;
    void compactByAge(target, { clock, historyMs, signal: this.#closing.signal });
  }

  async get(key: string): Promise<Entry<V> | undefined> {
    return this.#open().get(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<{ entries: readonly Entry<V>[]; revision: Revision; next?: string }> {
    return this.#open().list(prefix, options);
  }

  async count(prefix: string, after?: string): Promise<number> {
    return this.#open().count(prefix, after);
  }

  async put(key: string, value: V, expected: Revision): Promise<Entry<V>> {
    while (this.#pending.has(key)) await this.#pending.get(key)?.settled;
    this.#writable().check(key, expected);
    return this.#enqueue(key, value);
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    while (this.#pending.has(key)) await this.#pending.get(key)?.settled;
    this.#writable().checkPresent(key, expected);
    return (await this.#enqueue(key, undefined)).revision;
  }

  watch(prefix: string, from: Revision, signal: AbortSignal): ReturnType<Store<V>['watch']> {
    if (this.#closing.signal.aborted) return failedWatch(new StoreClosed());
    return this.#state.watch(prefix, from, signal);
  }

  revision(): Revision {
    return this.#state.revision;
  }

  async compact(before: Revision): Promise<void> {
    this.#open().compact(before);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#committing;
    this.#state.close();
    await this.#clock.outside(this.#disk.close());
  }

  #open(): State<V> {
    if (this.#closing.signal.aborted) throw new StoreClosed();
    return this.#state;
  }

  #writable(): State<V> {
    if (this.#broken !== undefined) throw new StoreClosed(`${this.#broken.message}; start again to see what is there`, this.#broken);
    return this.#open();
  }

  /** Reserves the key. Nothing may be awaited between the look at `#pending`, the check and this. */
  #enqueue(key: string, value: V | undefined): Promise<StoredEntry<V>> {
    const { promise, resolve, reject } = withResolvers<StoredEntry<V>>();
    const settled = promise.then(
      () => undefined,
      () => undefined, // the writer is told; who waits for its turn looks again
    );
    const write: Write<V> = { key, value, resolve, reject, settled };
    this.#pending.set(key, write);
    this.#queue.push(write);
    this.#committing ??= this.#clock.outside(this.#commitAll());
    return promise;
  }

  async #commitAll(): Promise<void> {
    await loopTurn(); // what arrives in this turn goes together
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, batchLimit);
      await this.#commit(batch);
    }
    this.#committing = undefined;
  }

  async #commit(batch: readonly Write<V>[]): Promise<void> {
    const prepared = this.#prepare(batch);
    try {
      if (this.#broken !== undefined) throw this.#broken;
      if (prepared.length > 0)
        await this.#disk.write(
          prepared.map(({ entry }) => entry),
          this.#state.revision + prepared.length,
        );
    } catch (error) {
      if (error instanceof WriteFailed && error.unsure) this.#broken = error;
      for (const { write } of prepared) this.#finish(write, () => write.reject(error));
      return;
    }
    for (const { write, entry } of prepared) {
      this.#state.commit(entry);
      this.#finish(write, () => write.resolve(entry));
    }
  }

  /** Gives each write its revision and its bytes. One that cannot be encoded is rejected alone. */
  #prepare(batch: readonly Write<V>[]): { write: Write<V>; entry: StoredEntry<V> }[] {
    const prepared: { write: Write<V>; entry: StoredEntry<V> }[] = [];
    for (const write of batch) {
      const revision = this.#state.revision + prepared.length + 1;
      try {
        const { key, value } = write;
        const entry = value === undefined ? this.#state.prepareDelete(key, revision) : this.#state.preparePut(key, value, revision);
        prepared.push({ write, entry });
      } catch (error) {
        this.#finish(write, () => write.reject(error));
      }
    }
    return prepared;
  }

  #finish(write: Write<V>, settle: () => void): void {
    this.#pending.delete(write.key);
    settle();
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
