import { Compacted, type Change, type Revision } from './store.ts';
import type { StoredEntry } from './stored-entry.ts';

/** A change with the store's own entries. */
export type StoredChange<V extends object> =
  | { readonly type: 'put'; readonly entry: StoredEntry<V>; readonly previous?: StoredEntry<V> }
  | { readonly type: 'delete'; readonly revision: Revision; readonly previous: StoredEntry<V>; readonly entry: StoredEntry<V> };

/** What a change costs beside the bytes that it keeps alive. */
const recordBytes = 256;

/** The last changes, one per revision without a gap, for watches that start in the past. */
export class History<V extends object> {
  #changes: StoredChange<V>[] = [];
  #head = 0;
  #oldest: Revision;
  #bytes = 0;

  /** Begins at `oldest`: nothing before it is known. */
  constructor(oldest: Revision) {
    this.#oldest = oldest;
  }

  /** Lists and watches can start here and later. */
  get oldest(): Revision {
    return this.#oldest;
  }
  /** Bytes that are kept for the past alone. */
  get bytes(): number {
    return this.#bytes;
  }
  get length(): number {
    return this.#changes.length - this.#head;
  }

  /** @throws Compacted */
  check(revision: Revision): void {
    if (revision < this.#oldest) throw new Compacted(revision, this.#oldest);
  }

  add(change: StoredChange<V>): void {
    this.#changes.push(change);
    this.#bytes += costOf(change);
  }

  /** Changes after `from` under `prefix`. @throws Compacted */
  after(from: Revision, prefix: string): Change<V>[] {
    this.check(from);
    const changes: Change<V>[] = [];
    for (let at = this.#head + (from - this.#oldest); at < this.#changes.length; at++) {
      const change = this.#changes[at] as StoredChange<V>;
      if (change.entry.key.startsWith(prefix)) changes.push(change);
    }
    return changes;
  }

  /** Drops the oldest change and moves `oldest` to it; undefined when there is none. */
  drop(): StoredChange<V> | undefined {
    const change = this.#changes[this.#head];
    if (change === undefined) return undefined;
    this.#changes[this.#head++] = undefined as unknown as StoredChange<V>;
    if (this.#head > 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
    this.#bytes -= costOf(change);
    this.#oldest = change.entry.revision;
    return change;
  }
}

function costOf(change: StoredChange<object>): number {
  const superseded = change.previous?.size ?? 0;
  return recordBytes + superseded + (change.type === 'delete' ? change.entry.size : 0);
}
