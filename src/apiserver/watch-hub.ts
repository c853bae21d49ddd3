import type { KubeObject } from '../api/object.ts';
import { Compacted, SlowWatcher, StoreClosed, type Change, type Entry, type Revision, type Store } from '../store/store.ts';

/** Takes changes as they come. `take` must not throw and must not wait. */
export interface Subscriber {
  take(change: Change<KubeObject>): void;
  /** No more changes will come: the store has lost what lies between. */
  fail(error: unknown): void;
}
/** Narrows what a subscriber is asked about: only changes where the field has the value before or after. */
export interface FieldIndex {
  readonly field: string;
  readonly value: string;
  of(entry: Entry<KubeObject>): string;
}
/** What to watch: `resource` is the prefix of the whole resource (`apps/deployments/`), `prefix` that or a part of it. */
export interface Where {
  readonly resource: string;
  readonly prefix: string;
  /** Changes after this revision. */
  readonly from: Revision;
  readonly index?: FieldIndex | undefined;
}
export interface Subscription extends Disposable {
  /** All changes up to here have been handed to the subscriber. */
  position(): Revision;
}

interface Seat {
  readonly subscriber: Subscriber;
  readonly prefix: string;
  readonly after: Revision;
}
/** The subscribers of one resource. */
interface Feed {
  /** Nothing of this resource has changed between this revision and the hub's last. */
  lastChange: Revision;
  readonly seats: Set<Seat>;
  readonly indexed: Map<string, { readonly of: FieldIndex['of']; readonly byValue: Map<string, Set<Seat>> }>;
}

/** The revision at which a change happened. */
export function revisionOf(change: Change<KubeObject>): Revision {
  return change.type === 'put' ? change.entry.revision : change.revision;
}

/**
 * Hands each change of the store to all who watch it: one watch of the store, and a table from resources and field values to
 * watchers, so that a change costs only those whom it concerns. Order is the store's; nothing is lost or handed out twice.
 */
export class WatchHub {
  readonly #store: Store<KubeObject>;
  readonly #signal: AbortSignal;
  readonly #start: Revision;
  readonly #feeds = new Map<string, Feed>();
  readonly #waiting: { readonly revision: Revision; readonly resolve: () => void }[] = [];
  #last: Revision;
  #ended: unknown;

  constructor(store: Store<KubeObject>, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
    this.#start = this.#last = store.revision();
  }

  /** Hands out changes until the signal, or until the store closes; call once. */
  async run(): Promise<void> {
    while (!this.#signal.aborted && this.#ended === undefined) {
      try {
        for await (const change of this.#store.watch('', this.#last, this.#signal)) this.#handOut(change);
        this.#end(new StoreClosed());
      } catch (error) {
        if (error instanceof SlowWatcher) continue;
        if (!(error instanceof Compacted)) this.#end(error);
        else {
          this.#failAll(error);
          this.#last = this.#store.revision();
        }
      }
    }
  }

  /** Every change at `where` after its revision, until the answer is disposed of. */
  subscribe(subscriber: Subscriber, where: Where): Subscription {
    if (this.#ended !== undefined) subscriber.fail(this.#ended);
    const feed = this.#feed(where.resource);
    if (where.from >= feed.lastChange) {
      const seat = takeSeat(feed, { subscriber, prefix: where.prefix, after: where.from }, where.index);
      return { position: () => Math.max(where.from, this.#last), [Symbol.dispose]: () => seat[Symbol.dispose]() };
    }
    const own = new AbortController();
    const late = { position: where.from, seat: undefined as Disposable | undefined };
    void this.#catchUp(subscriber, where, { own: own.signal, late });
    return {
      position: () => (late.seat === undefined ? late.position : Math.max(late.position, this.#last)),
      [Symbol.dispose]: () => {
        own.abort();
        late.seat?.[Symbol.dispose]();
      },
    };
  }

  /** Resolves when all changes up to `revision` have been handed out. */
  reached(revision: Revision): Promise<void> {
    if (this.#last >= revision || this.#signal.aborted || this.#ended !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ revision, resolve });
      this.#waiting.sort((a, b) => a.revision - b.revision);
    });
  }

  #feed(resource: string): Feed {
    let feed = this.#feeds.get(resource);
    if (feed === undefined) this.#feeds.set(resource, (feed = { lastChange: this.#start, seats: new Set(), indexed: new Map() }));
    return feed;
  }

  #handOut(change: Change<KubeObject>): void {
    const revision = revisionOf(change);
    const { key } = change.entry;
    const feed = this.#feed(key.slice(0, key.indexOf('/', key.indexOf('/') + 1) + 1));
    this.#last = feed.lastChange = revision;
    for (const seat of feed.seats) give(seat, change, revision);
    for (const { of, byValue } of feed.indexed.values()) {
      const now = of(change.entry);
      const before = change.previous === undefined ? now : of(change.previous);
      for (const seat of byValue.get(now) ?? []) give(seat, change, revision);
      if (before !== now) for (const seat of byValue.get(before) ?? []) give(seat, change, revision);
    }
    while ((this.#waiting[0]?.revision ?? Infinity) <= revision) this.#waiting.shift()?.resolve();
  }

  /** The store says no more: who watches is told, and who comes later too. */
  #end(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#ended = error;
    this.#failAll(error);
  }

  #failAll(error: unknown): void {
    for (const feed of this.#feeds.values()) {
      const indexed = [...feed.indexed.values()].flatMap(({ byValue }) => [...byValue.values()].flatMap((seats) => [...seats]));
      for (const seat of [...feed.seats, ...indexed]) seat.subscriber.fail(error);
    }
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Reads the past of the resource from the store until it meets the feed, then takes a seat there in the same step. */
  async #catchUp(
    subscriber: Subscriber,
    where: Where,
    state: { readonly own: AbortSignal; readonly late: { position: Revision; seat: Disposable | undefined } },
  ): Promise<void> {
    const { own, late } = state;
    const feed = this.#feed(where.resource);
    try {
      for await (const change of this.#store.watch(where.resource, where.from, own)) {
        if (own.aborted || this.#signal.aborted) return;
        late.position = revisionOf(change);
        const met = late.position >= feed.lastChange;
        if (met) late.seat = takeSeat(feed, { subscriber, prefix: where.prefix, after: late.position }, where.index);
        if (change.entry.key.startsWith(where.prefix)) subscriber.take(change);
        if (met) return;
      }
    } catch (error) {
      if (!own.aborted) subscriber.fail(error);
    }
  }
}

function takeSeat(feed: Feed, seat: Seat, index: FieldIndex | undefined): Disposable {
  if (index === undefined) {
    feed.seats.add(seat);
    return { [Symbol.dispose]: () => feed.seats.delete(seat) };
  }
  const { field, value, of } = index;
  let table = feed.indexed.get(field);
  if (table === undefined) feed.indexed.set(field, (table = { of, byValue: new Map() }));
  const { byValue } = table;
  let seats = byValue.get(value);
  if (seats === undefined) byValue.set(value, (seats = new Set()));
  seats.add(seat);
  return {
    [Symbol.dispose]: () => {
      if (!seats.delete(seat) || seats.size > 0 || byValue.get(value) !== seats) return;
      byValue.delete(value);
      if (byValue.size === 0 && feed.indexed.get(field)?.byValue === byValue) feed.indexed.delete(field);
    },
  };
}

function give(seat: Seat, change: Change<KubeObject>, revision: Revision): void {
  if (revision > seat.after && change.entry.key.startsWith(seat.prefix)) seat.subscriber.take(change);
}
