import { isPassing } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import { OldestFirst } from '../base/oldest-first.ts';
import type { Random } from '../base/random.ts';
import { EventCorrelator, type Correlated } from './event-correlator.ts';
import { writeEvent, type EventSource, type Recorder } from './events.ts';

export interface EventSenderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** At once, of all recorders: telling comes after the work that is told of. */
const concurrency = 8;
const attempts = 12;
const retry = { firstMs: 500, maxMs: 10_000 } as const;

/**
 * Sends the events of any number of recorders in the order in which they are told, in the background: a failure that passes is tried again,
 * another one drops the event with a line in the log. Recorders of one component share one memory of what was told. What waits is no request
 * yet, since thousands may wait when much happens: it takes no more room than it will in the store.
 */
export class EventSender {
  /** Settles after the signal, when nothing is under way any more. */
  readonly done: Promise<void>;
  readonly #options: EventSenderOptions;
  readonly #correlators = new Map<string, EventCorrelator>();
  /** What is to be written, in order. */
  readonly #line = new Map<Correlated, EventSource>();
  readonly #oldest = new OldestFirst(this.#line);
  readonly #underWay = new Set<Correlated>();
  /** Told again while it is written: back into the line after that. */
  readonly #again = new Set<Correlated>();
  readonly #backoff = new Backoff<Correlated>(retry);
  readonly #idle: (() => void)[] = [];

  constructor(options: EventSenderOptions) {
    this.#options = options;
    const { signal } = options;
    signal.addEventListener('abort', () => this.#idle.splice(0).forEach((wake) => wake()), { once: true });
    this.done = Promise.all(Array.from({ length: concurrency }, () => this.#work(signal))).then(() => undefined);
  }

  /** Until the signal of its source. */
  recorder(source: EventSource): Recorder {
    const { component } = source;
    const correlator = this.#correlators.get(component) ?? new EventCorrelator(this.#options.clock);
    this.#correlators.set(component, correlator);
    return {
      event: (about, type, what) => {
        if (source.signal.aborted) return;
        const item = correlator.observe(about, type, what);
        if (item !== undefined) this.#add(item, source);
      },
    };
  }

  #add(item: Correlated, source: EventSource): void {
    if (this.#options.signal.aborted) return;
    if (this.#underWay.has(item)) this.#again.add(item);
    else {
      this.#line.set(item, source);
      this.#idle.shift()?.();
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const item = this.#oldest.next();
      const source = item && this.#line.get(item);
      if (item === undefined || source === undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else {
        this.#line.delete(item);
        await this.#send(item, source);
      }
    }
  }

  /** One write of an event at a time: what is said meanwhile goes into the next. */
  async #send(item: Correlated, source: EventSource): Promise<void> {
    this.#underWay.add(item);
    try {
      source.signal.throwIfAborted();
      await writeEvent(source, this.#options, item);
      this.#backoff.forget(item);
    } catch (error) {
      this.#failed(error, item, source);
    }
    this.#underWay.delete(item);
    if (this.#again.delete(item)) this.#add(item, source);
  }

  #failed(error: unknown, item: Correlated, source: EventSource): void {
    const { log, clock, signal } = this.#options;
    if (!source.signal.aborted && isPassing(error) && this.#backoff.failures(item) + 1 < attempts) {
      // The abort ends the sleep.
      void clock.sleep(this.#backoff.nextMs(item), { signal }).then(
        () => this.#add(item, source),
        () => undefined,
      );
      return;
    }
    this.#backoff.forget(item);
    if (source.signal.aborted) return;
    const { component, host } = source;
    log.warn('an event could not be sent', { component, host, reason: item.reason, message: item.message, error: errorText(error) });
  }
}
