import { loopTurn, type Clock, type SleepOptions } from './clock.ts';
import { Heap } from './heap.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly upkeep: boolean;
  readonly fire: () => void;
  cancelled: boolean;
}

/**
 * A clock that stands still until it is wound. Between two timers every ready promise runs, in the order of the event loop, so
 * a run is a function of its seed. Timers due at one moment fire in the order in which they were set.
 */
export class SimulatedClock implements Clock {
  readonly #timers = new Heap<Timer>((a, b) => a.at - b.at || a.order - b.order);
  readonly #extraTurns: () => number;
  #now: number;
  #order = 0;
  #outside = 0;
  #working = 0;
  #live = 0;
  #wake: (() => void) | undefined;

  /** `extraTurns` adds idle turns of the event loop between steps; a correct program behaves the same with any. */
  constructor(options: { start?: number; extraTurns?: () => number } = {}) {
    this.#now = options.start ?? Date.UTC(2026, 0, 1);
    this.#extraTurns = options.extraTurns ?? (() => 0);
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, options: SleepOptions = {}): Promise<void> {
    const { signal, upkeep = false } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = () => {
        this.#drop(timer);
        reject(signal?.reason as Error);
      };
      const fire = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, upkeep, fire, cancelled: false };
      if (!upkeep) this.#working++;
      this.#live++;
      this.#timers.push(timer);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await work;
    } finally {
      this.#outside--;
      this.#wake?.();
    }
  }

  /** Winds the clock forward by `ms`, running everything that comes due. */
  async advance(ms: number): Promise<void> {
    await this.#run(this.#now + ms, () => false);
  }

  /** Winds until only upkeep is pending, at most `limitMs`. Answers whether it came to rest. */
  async untilRest(limitMs: number): Promise<boolean> {
    return this.#run(this.#now + limitMs, () => this.#working === 0);
  }

  /** Winds until `done` holds, at most `limitMs`. Answers whether it held. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    return this.#run(this.#now + limitMs, done);
  }

  /** Timers that are set: all, and those that are not upkeep. */
  pending(): { readonly all: number; readonly working: number } {
    return { all: this.#live, working: this.#working };
  }

  #drop(timer: Timer): void {
    timer.cancelled = true;
    this.#live--;
    if (!timer.upkeep) this.#working--;
  }

  async #run(end: number, done: () => boolean): Promise<boolean> {
    for (;;) {
      await this.#settle();
      if (done()) return true;
      const next = this.#timers.peek();
      if (next === undefined || next.at > end) break;
      this.#timers.pop();
      if (next.cancelled) continue;
      this.#now = next.at;
      this.#live--;
      if (!next.upkeep) this.#working--;
      next.fire();
    }
    this.#now = end;
    return false;
  }

  async #settle(): Promise<void> {
    for (let turns = 1 + this.#extraTurns(); turns > 0; turns--) await loopTurn();
    while (this.#outside > 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      await loopTurn();
    }
  }
}
