/** Work that is done once for all who ask while it is under way. */
export class Rounds {
  readonly #work: () => Promise<void>;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for a round that begins after now. Rejects as the work does. */
  mark(): Promise<void> {
    this.#next ??= this.#round(this.#current);
    return this.#next;
  }

  /** Resolves when every round that was asked for is done. */
  reached(): Promise<void> {
    return this.#next ?? this.#current ?? Promise.resolve();
  }

  async #round(before: Promise<void> | undefined): Promise<void> {
    // Its own failure is told to those who asked for it.
    await before?.catch(() => undefined);
    await Promise.resolve();
    const own = this.#next;
    this.#current = own;
    this.#next = undefined;
    try {
      await this.#work();
    } finally {
      if (this.#current === own) this.#current = undefined;
    }
  }
}
