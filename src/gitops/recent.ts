import { OldestFirst } from '../base/oldest-first.ts';

/** A map that keeps what was used last: when the weights exceed the limit, the entry unused for longest goes. */
export class Recent<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number }>();
  readonly #oldest = new OldestFirst(this.#entries);
  readonly #limit: number;
  #weight = 0;
  #sets = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How often something was set so far. */
  get sets(): number {
    return this.#sets;
  }

  /** From what was unused for longest to what was used last. */
  *[Symbol.iterator](): Generator<readonly [K, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // While there is room for as much again nothing is about to go, and the order is not worth its price.
    if (this.#weight * 2 > this.#limit) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.value;
  }

  /** A single entry heavier than the limit is kept until the next one comes. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    this.#sets++;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    while (this.#weight > this.#limit && this.#entries.size > 1) this.delete(this.#oldest.next() as K);
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#weight -= entry.weight;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
