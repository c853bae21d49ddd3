import { OldestFirst } from './oldest-first.ts';

/** One turn in so many is for those who can wait. */
const share = 8;

/** Lets at most so many run at a time, in the order in which they came: those who can wait (`last`) when nobody else does, and now and then. */
export class Slots {
  #free: number;
  #turn = 0;
  readonly #waiting = new Line();
  readonly #last = new Line();

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>, options: { readonly last?: boolean } = {}): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await (options.last === true ? this.#last : this.#waiting).wait();
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  #end(): void {
    const first = this.#turn++ % share === 0 ? this.#last : this.#waiting;
    if (!first.callNext() && !this.#waiting.callNext() && !this.#last.callNext()) this.#free++;
  }
}

/** Who waits, in order. */
class Line {
  readonly #waiting = new Set<() => void>();
  readonly #oldest = new OldestFirst(this.#waiting);

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** False when nobody waits. */
  callNext(): boolean {
    const next = this.#oldest.next();
    if (next === undefined) return false;
    this.#waiting.delete(next);
    next();
    return true;
  }
}
