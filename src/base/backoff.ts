/** Delays that double from `firstMs` to at most `maxMs`, per key; forgotten on success. */
export class Backoff<K = string> {
  readonly #failures = new Map<K, number>();
  readonly #firstMs: number;
  readonly #maxMs: number;

  constructor(options: { firstMs: number; maxMs: number }) {
    this.#firstMs = options.firstMs;
    this.#maxMs = options.maxMs;
  }

  /** The delay before the next attempt at `key`; counts one more failure. */
  nextMs(key: K): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(failures, 40));
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }
}
