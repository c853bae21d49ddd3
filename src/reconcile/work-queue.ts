import { keyText, type ObjectKey } from '../api/object.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { OldestFirst } from '../base/oldest-first.ts';
import type { Result, WorkQueue } from './controller.ts';

/** Delays after a failure: 5 ms doubling to 1000 s, as client-go's default item rate limiter. */
export const defaultBackoff = { firstMs: 5, maxMs: 1_000_000 } as const;

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
  /** When it aborts, delays are dropped and nothing is taken in any more. */
  readonly signal: AbortSignal;
}

/**
 * A queue of names in the order in which they came. It keeps four promises (as client-go's workqueue):
 * fair (first in, first out), stingy (a key added twice before it is worked on is worked on once), one worker per key, and
 * a key added while it is worked on is worked on once more afterwards.
 */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedQueue(options);
}

/**
 * A delay under way. A key has at most one of each sort: the first due of those that were asked for from outside, and the one that
 * its last work asked for, which every later work replaces.
 */
/** Why a delay ended early; nobody reads it. One for all: each reason of its own costs a stack trace. */
const superseded = new Error('the delay is not needed any more');
interface Delay {
  readonly at: number;
  readonly cancel: AbortController;
}

class KeyedQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  /** Keys to work on, in order; a Map, so that a key stands in it once. */
  readonly #ready = new Map<string, ObjectKey>();
  readonly #first = new OldestFirst(this.#ready);
  readonly #underWay = new Set<string>();
  /** Added while under way: back into the line when done. */
  readonly #again = new Map<string, ObjectKey>();
  readonly #delays = new Map<string, Delay>();
  #idle: (() => void)[] = [];
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#backoff = new Backoff(options.backoff ?? defaultBackoff);
    if (options.signal.aborted) this.#stop();
    else options.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  add(key: ObjectKey, afterMs = 0, options: { upkeep?: true } = {}): void {
    if (this.#stopped) return;
    const text = keyText(key);
    if (afterMs > 0) this.#addLater(key, { slot: options.upkeep === true ? `${text} upkeep` : text, afterMs, upkeep: options.upkeep });
    else this.#addNow(text, key);
  }

  async run(work: (key: ObjectKey) => Promise<Result>, options: { concurrency: number; signal: AbortSignal }): Promise<void> {
    const stop = (): void => this.#stop();
    if (options.signal.aborted) stop();
    options.signal.addEventListener('abort', stop, { once: true });
    const workers = Array.from({ length: options.concurrency }, () => this.#worker(work));
    await Promise.all(workers);
    options.signal.removeEventListener('abort', stop);
  }

  async #worker(work: (key: ObjectKey) => Promise<Result>): Promise<void> {
    while (!this.#stopped) {
      const text = this.#first.next();
      const key = text === undefined ? undefined : this.#ready.get(text);
      if (text === undefined || key === undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else {
        this.#ready.delete(text);
        this.#underWay.add(text);
        await this.#workOn(text, key, work);
      }
    }
  }

  async #workOn(text: string, key: ObjectKey, work: (key: ObjectKey) => Promise<Result>): Promise<void> {
    let result: Result = undefined;
    let failed = false;
    try {
      result = await work(key);
    } catch {
      // Whoever runs the queue has logged it; for the queue a failure is a reason to come back, whatever it was.
      failed = true;
    }
    this.#underWay.delete(text);
    if (this.#stopped) return;
    if (failed) this.add(key, this.#backoff.nextMs(text));
    else {
      this.#backoff.forget(text);
      this.#cancel(`${text} again`);
      if (result !== undefined) this.#addLater(key, { slot: `${text} again`, afterMs: result.requeueAfterMs, upkeep: result.upkeep });
    }
    if (this.#again.delete(text)) this.#addNow(text, key);
  }

  #addNow(text: string, key: ObjectKey): void {
    if (this.#underWay.has(text)) this.#again.set(text, key);
    else if (!this.#ready.has(text)) {
      this.#ready.set(text, key);
      this.#idle.shift()?.();
    }
  }

  #addLater(key: ObjectKey, how: { slot: string; afterMs: number; upkeep: true | undefined }): void {
    const { slot, afterMs, upkeep } = how;
    const at = this.#clock.now() + afterMs;
    const waiting = this.#delays.get(slot);
    if (waiting !== undefined && waiting.at <= at) return;
    this.#cancel(slot);
    const delay: Delay = { at, cancel: new AbortController() };
    this.#delays.set(slot, delay);
    this.#clock.sleep(afterMs, { signal: delay.cancel.signal, upkeep }).then(
      () => {
        if (this.#delays.get(slot) === delay) this.#delays.delete(slot);
        if (!this.#stopped) this.#addNow(keyText(key), key);
      },
      // Cancelled: an earlier delay took its place, or the queue has stopped.
      () => undefined,
    );
  }

  #cancel(slot: string): void {
    this.#delays.get(slot)?.cancel.abort(superseded);
    this.#delays.delete(slot);
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const delay of this.#delays.values()) delay.cancel.abort(superseded);
    this.#delays.clear();
    this.#ready.clear();
    this.#again.clear();
    for (const wake of this.#idle.splice(0)) wake();
  }
}
