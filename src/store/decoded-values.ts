import { OldestFirst } from '../base/oldest-first.ts';
import { decodeJson, type StoredEntry } from './stored-entry.ts';

/**
 * Decoded values, bounded by the size of their JSON. What falls out is still found while somebody holds it, so that all who keep a
 * value keep the same one; else it is decoded again and equals what it was.
 */
export class DecodedValues<V extends object> {
  readonly #recent = new Map<StoredEntry<V>, V>();
  readonly #oldest = new OldestFirst(this.#recent);
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  of(entry: StoredEntry<V>): V {
    const recent = this.#recent.get(entry);
    if (recent !== undefined) {
      this.#recent.delete(entry);
      this.#recent.set(entry, recent);
      return recent;
    }
    const value = entry.held?.deref() ?? decodeJson<V>(entry.json);
    this.keep(entry, value);
    return value;
  }

  /** `value` must be frozen and what `entry.json` says. */
  keep(entry: StoredEntry<V>, value: V): void {
    if (this.#recent.has(entry)) return;
    if (entry.held?.deref() !== value) entry.held = new WeakRef(value);
    this.#recent.set(entry, value);
    this.#bytes += entry.size;
    while (this.#bytes > this.#limitBytes) {
      this.forget(this.#oldest.next() as StoredEntry<V>);
    }
  }

  forget(entry: StoredEntry<V>): void {
    if (this.#recent.delete(entry)) this.#bytes -= entry.size;
  }
}
