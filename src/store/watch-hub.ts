import { setMaxListeners } from 'node:events';
import { AsyncQueue } from '../base/async-queue.ts';
import { SlowWatcher, type Change, type Revision } from './store.ts';

/** Hands each change to the watchers of its prefixes, in the order in which they came. */
export class WatchHub<V extends object> {
  /** Prefixes that are '' or end with a slash: found from a key without asking each. */
  readonly #byPrefix = new Map<string, Set<Watcher<V>>>();
  readonly #others = new Set<Watcher<V>>();
  readonly #limit: number;

  /** `limit`: changes that a watcher may be behind, beyond the backlog with which it starts. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    let size = this.#others.size;
    for (const watchers of this.#byPrefix.values()) size += watchers.size;
    return size;
  }

  /** Watches what is later than `from`; `backlog` is read first. */
  add(prefix: string, backlog: Change<V>[], options: { from: Revision; signal: AbortSignal }): AsyncIterable<Change<V>> {
    const { signal } = options;
    const watcher = new Watcher(prefix, backlog, { ...options, limit: this.#limit, leave: () => this.#leave(watcher) });
    if (signal.aborted) watcher.stop();
    else this.#join(watcher);
    return watcher;
  }

  publish(change: Change<V>): void {
    const { key } = change.entry;
    this.#byPrefix.get('')?.forEach((watcher) => watcher.push(change));
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      this.#byPrefix.get(key.slice(0, slash + 1))?.forEach((watcher) => watcher.push(change));
    }
    for (const watcher of this.#others) if (key.startsWith(watcher.prefix)) watcher.push(change);
  }

  /** Ends every watch after what was published. */
  close(): void {
    for (const watchers of [...this.#byPrefix.values(), this.#others]) for (const watcher of [...watchers]) watcher.end();
  }

  #join(watcher: Watcher<V>): void {
    const { prefix } = watcher;
    if (prefix !== '' && !prefix.endsWith('/')) {
      this.#others.add(watcher);
      return;
    }
    const watchers = this.#byPrefix.get(prefix);
    if (watchers === undefined) this.#byPrefix.set(prefix, new Set([watcher]));
    else watchers.add(watcher);
  }

  #leave(watcher: Watcher<V>): void {
    this.#others.delete(watcher);
    const watchers = this.#byPrefix.get(watcher.prefix);
    if (watchers?.delete(watcher) === true && watchers.size === 0) this.#byPrefix.delete(watcher.prefix);
  }
}

class Watcher<V extends object> implements AsyncIterableIterator<Change<V>> {
  readonly prefix: string;
  readonly #queue: AsyncQueue<Change<V>>;
  readonly #signal: AbortSignal;
  readonly #leave: () => void;
  readonly #from: Revision;
  #backlog: Change<V>[];
  #read = 0;

  constructor(prefix: string, backlog: Change<V>[], options: { from: Revision; limit: number; signal: AbortSignal; leave: () => void }) {
    this.#from = options.from;
    this.prefix = prefix;
    this.#backlog = backlog;
    this.#signal = options.signal;
    this.#leave = options.leave;
    this.#queue = new AsyncQueue<Change<V>>({
      limit: options.limit,
      overflow: () => {
        this.#detach();
        return new SlowWatcher(options.limit);
      },
    });
    setMaxListeners(0, this.#signal); // one signal may end any number of watches; Node would warn of a leak
    this.#signal.addEventListener('abort', this.stop, { once: true });
  }

  push(change: Change<V>): void {
    if (change.entry.revision > this.#from) this.#queue.push(change);
  }

  end(): void {
    this.#detach();
    this.#queue.end();
  }

  /** Ends at once and drops what is unread. */
  readonly stop = (): void => {
    this.#detach();
    this.#backlog = [];
    void this.#queue.return();
  };

  next(): Promise<IteratorResult<Change<V>>> {
    if (this.#read < this.#backlog.length) return Promise.resolve({ done: false, value: this.#backlog[this.#read++] as Change<V> });
    if (this.#read > 0) {
      this.#backlog = [];
      this.#read = 0;
    }
    return this.#queue.next();
  }

  return(): Promise<IteratorResult<Change<V>>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #detach(): void {
    this.#signal.removeEventListener('abort', this.stop);
    this.#leave();
  }
}

/** A watch that could not begin: its first read rejects. */
export async function* failedWatch(error: Error): AsyncGenerator<never> {
  throw error;
}
