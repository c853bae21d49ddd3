import { OldestFirst } from '../base/oldest-first.ts';
import { decodeJson, type StoredEntry } from './stored-entry.ts';

/**
 * Decoded values, bounded by the size of their JSON: each entry holds its own. What was asked for since it came up last stays for another
 * round; asking costs nothing else. What falls out is still found while somebody holds it, so that all who keep a value keep the same one;
 * else it is decoded again and equals what it was.
 */
export class DecodedValues<V extends object> {
  readonly #holding = new Set<StoredEntry<V>>();
  readonly #oldest = new OldestFirst(this.#holding);
  readonly #limitBytes: number;
  readonly #fleeting: boolean;
  #bytes = 0;

  /** `fleeting`: nothing stays for another round, and what falls out is not looked for. */
  constructor(limitBytes: number, options: { readonly fleeting?: true } = {}) {
    this.#limitBytes = limitBytes;
    this.#fleeting = options.fleeting ?? false;
  }

  of(entry: StoredEntry<V>): V {
    const { held } = entry;
    if (held !== undefined && !(held instanceof WeakRef)) {
      entry.asked = true;
      return held;
    }
    const value = held?.deref() ?? decodeJson<V>(entry.json);
    this.keep(entry, value);
    return value;
  }

  /** `value` must be frozen and what `entry.json` says; it is not held yet. */
  keep(entry: StoredEntry<V>, value: V): void {
    entry.held = value;
    this.#holding.add(entry);
    this.#bytes += entry.size;
    while (this.#bytes > this.#limitBytes) this.#pass(this.#oldest.next() as StoredEntry<V>);
  }

  /** The oldest one goes to the end of the line, or out of it. */
  #pass(entry: StoredEntry<V>): void {
    this.#holding.delete(entry);
    if (entry.asked && !this.#fleeting) {
      entry.asked = false;
      this.#holding.add(entry);
      return;
    }
    this.#bytes -= entry.size;
    const { held } = entry;
    if (this.#fleeting) entry.held = undefined;
    else entry.held = held === undefined || held instanceof WeakRef ? held : new WeakRef(held);
  }
}
