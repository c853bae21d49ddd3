import { OldestFirst } from '../base/oldest-first.ts';
import type { Kept, StoredEntry } from './stored-entry.ts';

/**
 * Keeps the bytes of what was written last in memory, up to a limit, and lets those of older entries be read from where they are kept.
 * Superseded entries are not its concern: their bytes are nowhere else, and history bounds them.
 */
export class RecentBytes<V extends object> {
  readonly #kept: Kept;
  readonly #limitBytes: number;
  readonly #entries = new Set<StoredEntry<V>>();
  readonly #oldest = new OldestFirst(this.#entries);
  #bytes = 0;

  constructor(kept: Kept, limitBytes: number) {
    this.#kept = kept;
    this.#limitBytes = limitBytes;
  }

  /** `kept` has its bytes from now on. */
  add(entry: StoredEntry<V>): void {
    this.#entries.add(entry);
    this.#bytes += entry.size;
    while (this.#bytes > this.#limitBytes) {
      const oldest = this.#oldest.next() as StoredEntry<V>;
      this.#forget(oldest);
      oldest.release(this.#kept);
    }
  }

  /** `kept` is about to hold newer bytes: the entry's own come into memory, where they stay. */
  pin(entry: StoredEntry<V>): void {
    this.#forget(entry);
    entry.pin();
  }

  #forget(entry: StoredEntry<V>): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.size;
  }
}
