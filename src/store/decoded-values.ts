import type { Entry } from './store.ts';
import { decodeJson } from './stored-entry.ts';

/**
 * Decoded values, bounded by the size of their JSON. What falls out is still found while somebody holds it, so that all who keep a
 * value keep the same one; else it is decoded again and equals what it was.
 */
export class DecodedValues<V extends object> {
  readonly #recent = new Map<Entry<V>, V>();
  readonly #held = new WeakMap<Entry<V>, WeakRef<V>>();
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  of(entry: Entry<V>): V {
    const recent = this.#recent.get(entry);
    if (recent !== undefined) {
      this.#recent.delete(entry);
      this.#recent.set(entry, recent);
      return recent;
    }
    const value = this.#held.get(entry)?.deref() ?? decodeJson<V>(entry.json);
    this.keep(entry, value);
    return value;
  }

  /** `value` must be frozen and what `entry.json` says. */
  keep(entry: Entry<V>, value: V): void {
    if (this.#recent.has(entry)) return;
    if (this.#held.get(entry)?.deref() !== value) this.#held.set(entry, new WeakRef(value));
    this.#recent.set(entry, value);
    this.#bytes += entry.size;
    while (this.#bytes > this.#limitBytes) {
      const oldest = this.#recent.keys().next().value as Entry<V>;
      this.forget(oldest);
    }
  }

  forget(entry: Entry<V>): void {
    if (this.#recent.delete(entry)) this.#bytes -= entry.size;
  }
}
