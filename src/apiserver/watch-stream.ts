import { AsyncQueue } from '../base/async-queue.ts';
import type { KubeObject } from '../api/object.ts';
import { expired, internalError, serviceUnavailable, StatusError } from '../api/status.ts';
import { errorText } from '../base/log.ts';
import { Compacted, SlowWatcher, StoreClosed, type Change, type Entry, type Revision } from '../store/store.ts';
import type { Call } from './context.ts';
import { endOf } from './kind-life.ts';
import type { Selection } from './selection.ts';
import type { Subscription, Where } from './watch-hub.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** How the events of one watch are written down. */
export interface EventWriter<T> {
  event(type: EventType, change: { readonly entry: Entry<KubeObject>; readonly gone?: Change<KubeObject> }): T;
  bookmark(revision: Revision, initialEventsEnd: boolean): T;
  /** The last item of a watch that failed; undefined where the failure itself is thrown to the reader. */
  failure(error: StatusError): T | undefined;
}

export interface StreamOptions<T> {
  readonly call: Call;
  readonly writer: EventWriter<T>;
  readonly selection: Selection;
  readonly where: Where;
  /** Sent first, as ADDED. */
  readonly initial: readonly Entry<KubeObject>[];
  /** Send the bookmark that ends the initial events. */
  readonly initialBookmark: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Events that a watcher may be behind before it is sent away. */
const queueLimit = 10_000;
const bookmarkMs = 60_000;

/** Starts a watch: events in the store's order until its time is over, its reader leaves or the server stops. */
export function openStream<T>(options: StreamOptions<T>): AsyncIterableIterator<T> {
  const { call, writer, selection, where } = options;
  const life = new AbortController();
  const queue = new AsyncQueue<T>({ onReturn: () => life.abort() });
  const limit = options.initial.length + queueLimit;
  const fail = (error: StatusError): void => {
    endWith(queue, writer, error);
    life.abort();
  };
  for (const entry of options.initial) queue.push(writer.event('ADDED', { entry }));
  if (options.initialBookmark) queue.push(writer.bookmark(where.from, true));
  const subscription = call.server.hub.subscribe(
    {
      take: (change) => {
        if (queue.size < limit) pushChange(queue, writer, change, selection);
        else fail(expired(`the watcher is more than ${queueLimit} events behind`));
      },
      fail: (error) => fail(statusOf(error)),
    },
    where,
  );
  tieLife(life, queue, subscription, [call.request.signal, call.server.signal, endOf(call.kind)]);
  void keepTime(options, queue, { subscription, life });
  return queue;
}

function pushChange<T>(queue: AsyncQueue<T>, writer: EventWriter<T>, change: Change<KubeObject>, selection: Selection): void {
  const before = change.previous !== undefined && (selection.everything || selection.matches(change.previous));
  const now = change.type === 'put' && (selection.everything || selection.matches(change.entry));
  if (now) queue.push(writer.event(before ? 'MODIFIED' : 'ADDED', change));
  else if (before)
    queue.push(writer.event('DELETED', change.type === 'delete' ? change : { entry: change.previous as Entry<KubeObject>, gone: change }));
}

function endWith<T>(queue: AsyncQueue<T>, writer: EventWriter<T>, error: StatusError): void {
  const last = writer.failure(error);
  if (last === undefined) return queue.fail(error);
  queue.push(last);
  queue.end();
}

/** What the store says about a watch, as clients know it. */
function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof Compacted) return expired(`too old resource version: ${error.requested} (${error.oldest})`);
  if (error instanceof SlowWatcher) return expired(error.message);
  if (error instanceof StoreClosed) return serviceUnavailable('the API server is shutting down');
  return internalError(errorText(error), error);
}

function tieLife<T>(
  life: AbortController,
  queue: AsyncQueue<T>,
  subscription: Subscription,
  ends: readonly (AbortSignal | undefined)[],
): void {
  const end = () => {
    queue.end();
    life.abort();
  };
  const leave = () => {
    subscription[Symbol.dispose]();
    for (const signal of ends) signal?.removeEventListener('abort', end);
  };
  if (life.signal.aborted) return leave();
  life.signal.addEventListener('abort', leave, { once: true });
  for (const signal of ends) {
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  }
}

/** Sends bookmarks about once a minute, and ends the watch, with a last one, when its time is over. */
async function keepTime<T>(
  options: StreamOptions<T>,
  queue: AsyncQueue<T>,
  of: { subscription: Subscription; life: AbortController },
): Promise<void> {
  const { call, writer, bookmarks } = options;
  const { clock } = call.server;
  const end = clock.now() + options.timeoutMs;
  try {
    for (let left = options.timeoutMs; left > 0; left = end - clock.now()) {
      await clock.sleep(bookmarks ? Math.min(left, bookmarkMs) : left, { signal: of.life.signal, upkeep: true });
      if (bookmarks) queue.push(writer.bookmark(of.subscription.position(), false));
    }
    queue.end();
    of.life.abort();
  } catch (error) {
    // The one expected failure is the end of the watch, which wakes the sleep.
    if (!of.life.signal.aborted) throw error;
  }
}
