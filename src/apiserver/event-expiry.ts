import type { KubeObject } from '../api/object.ts';
import { loopTurn, parseTime } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import { RevisionMarks } from '../store/revision-marks.ts';
import { RevisionMismatch, type Entry, type Revision } from '../store/store.ts';
import type { ServerContext } from './context.ts';

const prefix = 'core/events/';
/** As kube-apiserver's --event-ttl. */
export const eventMs = 3600_000;
const roundMs = 300_000;
/** So many are looked at, and at most deleted, at once. */
const pageSize = 500;

interface EventShape extends KubeObject {
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly series?: { readonly lastObservedTime?: string };
}

/** Deletes events an hour after they were last written, since nobody else ever would. Ends with the server. */
export async function expireEvents(server: ServerContext): Promise<void> {
  const { clock, log, signal } = server;
  const age = new EventAge(server.store.revision());
  while (!signal.aborted) {
    try {
      age.mark(clock.now(), server.store.revision());
      await clock.sleep(roundMs, { signal, upkeep: true });
      await round(server, age);
    } catch (error) {
      if (!signal.aborted) log.warn('old events could not be deleted', { error: errorText(error) });
    }
  }
}

/**
 * When events were written last: after the start by their revisions, so that none has to be read; those that were there before by what
 * they say themselves, and they are read again only when one of them may be due.
 */
class EventAge {
  readonly #start: Revision;
  readonly #marks = new RevisionMarks();
  #earlierDue = 0;
  #nextDue = Infinity;

  /** `start`: the newest revision of the time before. */
  constructor(start: Revision) {
    this.#start = start;
  }

  mark(at: number, revision: Revision): void {
    this.#marks.add(at, revision);
  }

  /** Tells those that are due at `now`. To be told all of them, then `end`. */
  begin(now: number): (entry: Entry<KubeObject>) => boolean {
    const before = now - eventMs;
    const written = this.#marks.newestAt(before) ?? 0;
    const read = now >= this.#earlierDue;
    this.#nextDue = read ? Infinity : this.#earlierDue;
    return (entry) => {
      if (entry.revision > this.#start) return entry.revision <= written;
      if (!read) return false;
      const seen = lastSeen(entry.value());
      if (seen > before) this.#nextDue = Math.min(this.#nextDue, seen + eventMs);
      return seen <= before;
    };
  }

  end(): void {
    this.#earlierDue = this.#nextDue;
  }
}

async function round({ store, clock }: ServerContext, age: EventAge): Promise<void> {
  const isDue = age.begin(clock.now());
  for (let after: string | undefined; ;) {
    const { entries, next } = await store.list(prefix, { limit: pageSize, ...(after !== undefined && { after }) });
    await Promise.all(entries.filter(isDue).map((entry) => remove(store, entry)));
    if (next === undefined) break;
    after = next;
    // Others want to be served too.
    await clock.outside(loopTurn());
  }
  age.end();
}

async function remove(store: ServerContext['store'], { key, revision }: Entry<KubeObject>): Promise<void> {
  try {
    await store.delete(key, revision);
  } catch (error) {
    // It was seen again, or deleted, in between.
    if (!(error instanceof RevisionMismatch)) throw error;
  }
}

function lastSeen(event: EventShape): number {
  const times = [event.metadata.creationTimestamp, event.lastTimestamp, event.eventTime, event.series?.lastObservedTime];
  return Math.max(...times.map((time) => parseTime(time) ?? 0));
}
