import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { errorText } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';

/** Several listeners of one place that is watched or polled; it begins with the first and ends with the last. */
export interface Watch extends Disposable {
  readonly how: string;
}
export interface WatchAround {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
interface Listener {
  readonly changed: () => void;
  readonly intervalMs: number;
}

/** Those who want to hear of one place. */
export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #start: () => Watch;
  #running: Watch | undefined;

  /** `start` begins to watch; it is called again after everybody had gone. */
  constructor(start: () => Watch) {
    this.#start = start;
  }

  add(changed: () => void, intervalMs: number): Disposable & { readonly how: string } {
    const listener = { changed, intervalMs };
    this.#all.add(listener);
    this.#running ??= this.#start();
    const how = () => this.#running?.how ?? 'not watched any more';
    return {
      get how() {
        return how();
      },
      [Symbol.dispose]: () => {
        this.#all.delete(listener);
        if (this.#all.size === 0) this.close();
      },
    };
  }

  tell(): void {
    for (const { changed } of [...this.#all]) changed();
  }

  /** Watches anew: what was watched has been replaced by something else at the same place. */
  restart(): void {
    if (this.#running === undefined) return;
    this.#running[Symbol.dispose]();
    this.#running = this.#start();
  }

  /** The shortest interval that anybody asked for. */
  get intervalMs(): number {
    return Math.min(...[...this.#all].map((listener) => listener.intervalMs));
  }

  close(): void {
    this.#running?.[Symbol.dispose]();
    this.#running = undefined;
    this.#all.clear();
  }
}

/**
 * Watches files with chokidar. Where the system grants no watch (a limit, a file system without events), `poll` is called at the
 * interval instead, and `how` says so.
 */
export function watchFiles(
  root: { readonly paths: readonly string[]; readonly ignored: (path: string) => boolean; readonly what: string },
  listeners: { tell(): void; readonly intervalMs: number },
  around: WatchAround,
): Watch {
  let how = `watching ${root.what}`;
  let polling: Watch | undefined;
  let closed = false;
  const fallBack = (error: unknown) => {
    if (closed || polling !== undefined) return;
    around.log.warn(`${root.what} cannot be watched and will be polled`, { error: errorText(error) });
    polling = pollEvery(listeners, () => Promise.resolve(listeners.tell()), around);
    how = `${polling.how} (cannot watch ${root.what}: ${errorText(error)})`;
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch([...root.paths], { ignoreInitial: true, atomic: false, followSymlinks: false, ignored: (path) => root.ignored(path) });
    watcher.on('all', () => listeners.tell());
    // A file that is replaced twice in a row is missed while chokidar puts its watch on the new one; its folder says it all the same.
    watcher.on('raw', (_event, name, details) => {
      const place = (details as { watchedPath?: unknown } | undefined)?.watchedPath;
      if (typeof place !== 'string' || typeof name !== 'string') return;
      if (!root.ignored(place.endsWith(`/${name}`) ? place : join(place, name))) listeners.tell();
    });
    watcher.on('error', fallBack);
    // What changed before the watch stood would never be heard of.
    watcher.on('ready', () => listeners.tell());
  } catch (error) {
    fallBack(error);
  }
  return {
    get how() {
      return how;
    },
    [Symbol.dispose]: () => {
      closed = true;
      polling?.[Symbol.dispose]();
      watcher?.close().catch((error: unknown) => around.log.debug('a watch did not close', { error: errorText(error) }));
    },
  };
}

/** Calls `look` again and again, each time after the interval, give or take a tenth, so that many do not call at once. */
export function pollEvery(
  listeners: { readonly intervalMs: number },
  look: (signal: AbortSignal) => Promise<void>,
  around: WatchAround,
): Watch {
  const stop = new AbortController();
  const run = async () => {
    while (!stop.signal.aborted) {
      await around.clock.sleep(listeners.intervalMs * (0.9 + 0.2 * around.random.next()), { signal: stop.signal, upkeep: true });
      await look(stop.signal);
    }
  };
  run().catch((error: unknown) => {
    if (!stop.signal.aborted) around.log.error('polling ended', { error: errorText(error) });
  });
  const seconds = listeners.intervalMs / 1000;
  return {
    how: `polling every ${seconds >= 1 ? `${Math.round(seconds)}s` : `${listeners.intervalMs}ms`}`,
    [Symbol.dispose]: () => stop.abort(new Error('nobody watches any more')),
  };
}
