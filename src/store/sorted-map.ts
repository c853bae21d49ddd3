const chunkLimit = 512;

interface Chunk<T> {
  readonly keys: string[];
  readonly items: T[];
  /** How many items count. */
  counted: number;
}

/**
 * A map in key order (by UTF-16 unit, as `<` compares). Insertion costs a chunk of 512 at most; a range costs what it yields; `count`
 * costs a step per chunk. `counts` says which items `count` counts; after it changes for an item, tell with `recount`.
 */
export class SortedMap<T> {
  readonly #chunks: Chunk<T>[] = [];
  readonly #counts: (item: T) => boolean;
  #size = 0;

  constructor(counts: (item: T) => boolean) {
    this.#counts = counts;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.items[at] : undefined;
  }

  /** The key must be absent. */
  insert(key: string, item: T): void {
    this.#size++;
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], items: [item], counted: this.#weight(item) });
      return;
    }
    const index = lowerBound(chunk.keys, key);
    chunk.keys.splice(index, 0, key);
    chunk.items.splice(index, 0, item);
    chunk.counted += this.#weight(item);
    if (chunk.keys.length > chunkLimit) this.#split(at, chunk);
  }

  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = lowerBound(chunk.keys, key);
    if (chunk.keys[index] !== key) return;
    this.#size--;
    chunk.counted -= this.#weight(chunk.items[index] as T);
    chunk.keys.splice(index, 1);
    chunk.items.splice(index, 1);
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
  }

  /** Corrects the count after `counts` of the item at `key` has gone up or down by one. */
  recount(key: string, by: 1 | -1): void {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk !== undefined) chunk.counted += by;
  }

  /** Items from `from` on, in key order; the map must not change meanwhile. */
  *range(from: string, prefix: string): Generator<T> {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const { keys, items } = this.#chunks[at] as Chunk<T>;
      for (let index = (keys[0] as string) >= from ? 0 : lowerBound(keys, from); index < keys.length; index++) {
        if (!(keys[index] as string).startsWith(prefix)) return;
        yield items[index] as T;
      }
    }
  }

  /** How many counted items a range would yield. */
  count(from: string, prefix: string): number {
    let count = 0;
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk<T>;
      const whole = (chunk.keys[0] as string) >= from && (chunk.keys.at(-1) as string).startsWith(prefix);
      if (whole && (chunk.keys[0] as string).startsWith(prefix)) {
        count += chunk.counted;
        continue;
      }
      for (let index = lowerBound(chunk.keys, from); index < chunk.keys.length; index++) {
        if (!(chunk.keys[index] as string).startsWith(prefix)) return count;
        count += this.#weight(chunk.items[index] as T);
      }
    }
    return count;
  }

  #weight(item: T): number {
    return this.#counts(item) ? 1 : 0;
  }

  /** The chunk that holds `key` or would: the last one that starts at or before it. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#chunks[middle] as Chunk<T>).keys[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #split(at: number, chunk: Chunk<T>): void {
    const half = chunk.keys.length >> 1;
    const upper = { keys: chunk.keys.splice(half), items: chunk.items.splice(half), counted: 0 };
    for (const item of upper.items) upper.counted += this.#weight(item);
    chunk.counted -= upper.counted;
    this.#chunks.splice(at + 1, 0, upper);
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
