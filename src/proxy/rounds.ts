import type { Clock } from '../base/clock.ts';

/** Calls `work` every `everyMs` as long as it answers that there is more to watch; asleep otherwise. */
export class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #work: () => boolean;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: { readonly clock: Clock; readonly everyMs: number; work(): boolean }) {
    this.#clock = options.clock;
    this.#everyMs = options.everyMs;
    this.#work = () => options.work();
  }

  /** There is something to watch from now on. */
  wake(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the proxy stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    do {
      // Rejects only by the signal, when the proxy stops.
      await this.#clock.sleep(this.#everyMs, { signal, upkeep: true }).catch(() => undefined);
    } while (!signal.aborted && this.#work());
    this.#running = undefined;
  }
}
