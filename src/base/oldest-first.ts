/** What a Map or a Set can be read in. */
interface Ordered<K> {
  keys(): Iterator<K>;
}

/**
 * Takes the keys of a Map or a Set one after another, the oldest first. Whoever takes a key removes it, or adds it again at the end. A fresh
 * iterator for each key would walk over the places of all that were removed before, which the engine keeps until it makes the table anew.
 */
export class OldestFirst<K> {
  readonly #of: Ordered<K>;
  #keys: Iterator<K>;

  constructor(of: Ordered<K>) {
    this.#of = of;
    this.#keys = of.keys();
  }

  /** Undefined when there is none. */
  next(): K | undefined {
    const { done, value } = this.#keys.next();
    if (done !== true) return value;
    this.#keys = this.#of.keys();
    const again = this.#keys.next();
    return again.done === true ? undefined : again.value;
  }
}
