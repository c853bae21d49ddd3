/** One counter for the whole store, +1 per write. Becomes resourceVersion one floor up. */
export type Revision = number;

/**
 * What was written is what everybody reads: `json` is made once, and read from disk again where it is not in memory; `value()` decodes
 * on demand, frozen, from a bounded cache. Both throw when the disk cannot be read.
 */
export interface Entry<V> {
  readonly key: string;
  /** Bytes of `json`. */
  readonly size: number;
  readonly json: Uint8Array;
  value(): V;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: Revision;
  readonly revision: Revision;
}
export type Change<V> =
  | { readonly type: 'put'; readonly entry: Entry<V>; readonly previous?: Entry<V> }
  /** `entry` is the last state, stamped with the revision of the deletion. */
  | { readonly type: 'delete'; readonly revision: Revision; readonly previous: Entry<V>; readonly entry: Entry<V> };

/** What the room above says about its values; every back end is opened with one. */
export interface Codec<V> {
  /** Writes the revision into the value (metadata.resourceVersion). The value is the store's own by then. */
  stamp(value: V, revision: Revision): V;
  labels(value: V): Readonly<Record<string, string>>;
  /** Keys whose bytes are encrypted on disk. */
  secret(key: string): boolean;
  /** Keys whose values few read after all have been told of them: they are not kept decoded for longer than that. Default: none. */
  fleeting?(key: string): boolean;
}

export interface ListOptions {
  readonly limit?: number;
  /** Starts behind this key. */
  readonly after?: string;
  readonly at?: Revision;
}

export interface Store<V extends object> {
  get(key: string): Promise<Entry<V> | undefined>;
  /** Entries under `prefix` in key order, all as of one revision: `at`, else the newest. @throws Compacted, FutureRevision */
  list(prefix: string, options?: ListOptions): Promise<{ entries: readonly Entry<V>[]; revision: Revision; next?: string }>;
  /** How many entries a list under `prefix` (behind `after`) would give now. */
  count(prefix: string, after?: string): Promise<number>;
  /** Writes if the key is at `expected` (0: absent). The value is the store's from now on: it is stamped and frozen. @throws RevisionMismatch, with the entry found */
  put(key: string, value: V, expected: Revision): Promise<Entry<V>>;
  /** @throws RevisionMismatch */
  delete(key: string, expected: Revision): Promise<Revision>;
  /** Every change under `prefix` after `from`, in order, none lost, none twice, until `signal`. A reader too slow is ended. @throws Compacted */
  watch(prefix: string, from: Revision, signal: AbortSignal): AsyncIterable<Change<V>>;
  /** The newest revision. */
  revision(): Revision;
  /** Forgets history before `before`: older watches and lists end with Compacted. */
  compact(before: Revision): Promise<void>;
  close(): Promise<void>;
}

/** The key was not at the expected revision. `found` is what is there, undefined when absent. */
export class RevisionMismatch extends Error {
  readonly key: string;
  readonly found: Entry<object> | undefined;

  constructor(key: string, expected: Revision, found: Entry<object> | undefined) {
    super(`${key} is at revision ${found?.revision ?? 0}, not ${expected}`);
    this.name = 'RevisionMismatch';
    this.key = key;
    this.found = found;
  }
}

/** The revision asked for is older than the history kept. */
export class Compacted extends Error {
  readonly requested: Revision;
  readonly oldest: Revision;

  constructor(requested: Revision, oldest: Revision) {
    super(`revision ${requested} has been compacted; the oldest kept is ${oldest}`);
    this.name = 'Compacted';
    this.requested = requested;
    this.oldest = oldest;
  }
}

/** The revision asked for is not written yet. */
export class FutureRevision extends Error {
  readonly requested: Revision;
  readonly newest: Revision;

  constructor(requested: Revision, newest: Revision) {
    super(`revision ${requested} is not written yet; the newest is ${newest}`);
    this.name = 'FutureRevision';
    this.requested = requested;
    this.newest = newest;
  }
}

/** The store was closed, or can no longer write. */
export class StoreClosed extends Error {
  constructor(why = 'the store is closed', cause?: unknown) {
    super(why, { cause });
    this.name = 'StoreClosed';
  }
}

/** A watcher did not read fast enough and was ended. */
export class SlowWatcher extends Error {
  constructor(limit: number) {
    super(`the watcher is more than ${limit} changes behind`);
    this.name = 'SlowWatcher';
  }
}
