import type { Clock } from '../base/clock.ts';

/** One for all: each reason of its own costs a stack trace. */
const woke = new Error('woken');

/** What a loop that looks after one thing waits for: to be called to act, or only stirred, after which nothing is to be done anew. */
export class Calls {
  readonly #clock: Clock;
  #called = true;
  #stirred = true;
  #wakeUp: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  call(): void {
    this.#called = true;
    this.stir();
  }

  stir(): void {
    this.#stirred = true;
    this.#wakeUp();
  }

  /** Called or stirred since the last `take`. */
  get any(): boolean {
    return this.#stirred;
  }

  /** Answers whether it was called since it was taken last; in the beginning it is. */
  take(): boolean {
    const called = this.#called;
    this.#called = this.#stirred = false;
    return called;
  }

  /** Sleeps until it is called or stirred, or until the moment, which calls. */
  async wait(untilMs: number | undefined): Promise<void> {
    if (this.#stirred) return;
    const woken = new Promise<void>((resolve) => (this.#wakeUp = resolve));
    if (untilMs === undefined) return woken;
    const timer = new AbortController();
    const slept = this.#clock.sleep(untilMs - this.#clock.now(), { signal: timer.signal }).then(
      () => this.call(),
      () => undefined, // woken before
    );
    await Promise.race([woken, slept]);
    timer.abort(woke);
  }
}
