/**
 * A queue with one reader, who iterates. Items pushed before the reader comes are kept.
 * With a `limit`, a push that would exceed it fails the queue with the error that `overflow` makes: a reader too slow is ended.
 */
export class AsyncQueue<T> implements AsyncIterableIterator<T> {
  #items: T[] = [];
  #head = 0;
  #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;
  #ended = false;
  #error: { readonly reason: unknown } | undefined;
  readonly #limit: number;
  readonly #overflow: () => Error;
  readonly #onReturn: (() => void) | undefined;

  constructor(options: { limit?: number; overflow?: () => Error; onReturn?: () => void } = {}) {
    this.#limit = options.limit ?? Infinity;
    this.#overflow = options.overflow ?? (() => new Error('the reader of this queue is too slow'));
    this.#onReturn = options.onReturn;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: item });
    } else if (this.size >= this.#limit) this.fail(this.#overflow());
    else this.#items.push(item);
  }

  /** No more items; those pushed before are still delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** Ends with an error, after the items pushed before. */
  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#waiting !== undefined) {
      this.#waiting.reject(reason);
      this.#waiting = undefined;
    } else this.#error = { reason };
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#items.length) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#error !== undefined) {
      const { reason } = this.#error;
      this.#error = undefined;
      return Promise.reject(reason as Error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  /** All that is queued now, without waiting. */
  drain(): T[] {
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return items;
  }

  return(): Promise<IteratorResult<T>> {
    this.#ended = true;
    this.#items = [];
    this.#head = 0;
    this.#error = undefined;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
    this.#onReturn?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined as T;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
