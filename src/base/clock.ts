/** The only source of time. The simulated one moves when nothing else can: it runs all that is ready, then jumps to the next timer. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves after `ms`, rejects with the signal's reason on abort.
   * `upkeep`: recurs without work of its own (leases, steady probes, resync, bookmarks, polls). At rest only upkeep is pending.
   */
  sleep(ms: number, options?: SleepOptions): Promise<void>;
  /** Real I/O under way (git, files, lmdb, compression): a simulated clock stands still until it has settled. */
  outside<T>(work: Promise<T>): Promise<T>;
}
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
  readonly upkeep?: true | undefined;
}

/** The time now as Kubernetes writes it in metadata: RFC 3339, whole seconds, UTC. */
export function timestamp(clock: Pick<Clock, 'now'>): string {
  const second = Math.floor(clock.now() / 1000);
  // Each write asks for it, many in one second.
  if (second !== last.second) last = { second, text: new Date(second * 1000).toISOString().slice(0, 19) + 'Z' };
  return last.text;
}
let last = { second: NaN, text: '' };
/** RFC 3339 with microseconds (MicroTime), as Leases and Events carry it. */
export function microTimestamp(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().slice(0, 23) + '000Z';
}
/** Milliseconds since the epoch of an RFC 3339 time; undefined when it is none. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A Date for libraries that ask for one. */
export function dateAt(ms: number): Date {
  return new Date(ms);
}

/** A turn of the real event loop: every promise that is ready has run when it resolves. */
export function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A monotonic stopwatch for measurements only: answers milliseconds since it was made. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process alive. Made in `cli` alone. */
export function realClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: sleepFor,
    outside: (work) => work,
  };
}

async function sleepFor(ms: number, options: SleepOptions = {}): Promise<void> {
  for (let left = ms; ; left -= longestTimerMs) {
    await timer(Math.min(Math.max(0, left), longestTimerMs), options.signal);
    if (left <= longestTimerMs) return;
  }
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = () => {
      clearTimeout(handle);
      reject(signal?.reason as Error);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
