import type { ServiceTable } from '../api/service-table.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';

const retry = { firstMs: 200, maxMs: 10_000 } as const;

/** Hands tables to somebody who may be slow or fail: one at a time, the newest that there is, again until it was taken. */
export class TableSink {
  readonly #options: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal };
  readonly #take: (table: ServiceTable) => Promise<void>;
  readonly #backoff = new Backoff(retry);
  #next: ServiceTable | undefined;
  #running: Promise<void> | undefined;

  constructor(take: (table: ServiceTable) => Promise<void>, options: { clock: Clock; log: Log; signal: AbortSignal }) {
    this.#take = take;
    this.#options = options;
  }

  put(table: ServiceTable): void {
    this.#next = table;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way any more; after the signal nothing new begins. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (this.#next !== undefined && !signal.aborted) {
      const table = this.#next;
      this.#next = undefined;
      await this.#hand(table);
    }
    this.#running = undefined;
  }

  async #hand(table: ServiceTable): Promise<void> {
    const { clock, log, signal } = this.#options;
    try {
      await this.#take(table);
      this.#backoff.forget('');
    } catch (error) {
      if (signal.aborted) return;
      // Said once; what follows is the same until it was taken.
      const say = this.#backoff.failures('') === 0 ? 'warn' : 'debug';
      log[say]('the Services could not be handed on, trying again', { error: errorText(error) });
      this.#next ??= table;
      // Rejects only by the signal, which the caller looks at.
      await clock.sleep(this.#backoff.nextMs(''), { signal }).catch(() => undefined);
    }
  }
}
