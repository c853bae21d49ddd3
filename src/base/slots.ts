import { OldestFirst } from './oldest-first.ts';

/** Lets at most so many run at a time, in the order in which they came. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();
  readonly #first = new OldestFirst(this.#waiting);

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  #end(): void {
    const next = this.#first.next();
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
