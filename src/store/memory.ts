import type { Clock } from '../base/clock.ts';
import { State, type StateOptions } from './state.ts';
import { StoreClosed, type Codec, type Entry, type ListOptions, type Revision, type Store } from './store.ts';
import { compactByAge, defaultHistoryMs } from './upkeep.ts';
import { failedWatch } from './watch-hub.ts';

export interface MemoryStoreOptions<V> extends StateOptions {
  readonly codec: Codec<V>;
  readonly clock: Clock;
  /** Default five minutes. */
  readonly historyMs?: number;
}

/** A store that lives as long as the process. No I/O: a run is a function of what is asked of it and of the clock. */
export function openMemoryStore<V extends object>(options: MemoryStoreOptions<V>): Store<V> {
  return new MemoryStore(options);
}

class MemoryStore<V extends object> implements Store<V> {
  readonly #state: State<V>;
  readonly #closing = new AbortController();

  constructor(options: MemoryStoreOptions<V>) {
    this.#state = new State(options.codec, options);
    const { clock, historyMs = defaultHistoryMs } = options;
    const target = { revision: () => this.#state.revision, compact: (before: Revision) => this.#state.compact(before) };
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
    const state = this.#open();
    state.check(key, expected);
    const entry = state.preparePut(key, value, state.revision + 1);
    state.commit(entry);
    return entry;
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    const state = this.#open();
    state.checkPresent(key, expected);
    const entry = state.prepareDelete(key, state.revision + 1);
    state.commit(entry);
    return entry.revision;
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
    this.#closing.abort();
    this.#state.close();
  }

  #open(): State<V> {
    if (this.#closing.signal.aborted) throw new StoreClosed();
    return this.#state;
  }
}
