/** Delays that double from `firstMs` to at most `maxMs`, per key; forgotten on success. */
export class Backoff {
  readonly #failures = new Map<string, number>();
  readonly #firstMs: number;
  readonly #maxMs: number;

  constructor(options: { firstMs: number; maxMs: number }) {
    this.#firstMs = options.firstMs;
    this.#maxMs = options.maxMs;
  }

  /** The delay before the next attempt at `key`; counts one more failure. */
  nextMs(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(failures, 40));
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
