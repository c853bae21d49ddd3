import { clone } from '../base/json.ts';
import { DecodedValues } from './decoded-values.ts';
import { History, type StoredChange } from './history.ts';
import { RecentBytes } from './recent-bytes.ts';
import { SortedMap } from './sorted-map.ts';
import {
  Compacted,
  FutureRevision,
  RevisionMismatch,
  type Change,
  type Codec,
  type Entry,
  type ListOptions,
  type Revision,
} from './store.ts';
import { encodeJson, settle, StoredEntry, type EntryParts, type Kept } from './stored-entry.ts';
import { failedWatch, WatchHub } from './watch-hub.ts';

export interface StateOptions {
  /** History beyond this is dropped, oldest first. Default 64 MiB. */
  readonly historyBytes?: number;
  /** Decoded values kept, by their JSON. Default 8 MiB. */
  readonly decodedBytes?: number;
  /** JSON of newest entries kept in memory where there is a disk to read it from. Default 16 MiB. */
  readonly recentBytes?: number;
  /** Changes that a watcher may be behind. Default 10,000. */
  readonly watchLimit?: number;
}
interface Slot<V extends object> {
  newest: StoredEntry<V>;
}
const noLabels: Readonly<Record<string, string>> = Object.freeze({});
const mebibyte = 1024 * 1024;

/**
 * Everything that readers see, in memory and all of it synchronous: the newest entry of each key, older ones while history keeps them,
 * the last changes, the watchers. A back end prepares a write, makes it durable, then commits it here.
 */
export class State<V extends object> {
  readonly #codec: Codec<V>;
  readonly #decoded: DecodedValues<V>;
  readonly #fleeting: DecodedValues<V>;
  readonly #hub: WatchHub<V>;
  readonly #historyBytes: number;
  readonly #slots = new SortedMap<Slot<V>>((slot) => !slot.newest.deleted);
  readonly #kept: Kept | undefined;
  readonly #recent: RecentBytes<V> | undefined;
  #history: History<V>;
  #revision: Revision = 0;

  /** Without `kept` all bytes are in memory. */
  constructor(codec: Codec<V>, options: StateOptions = {}, kept?: Kept) {
    this.#codec = codec;
    this.#kept = kept;
    this.#recent = kept === undefined ? undefined : new RecentBytes(kept, options.recentBytes ?? 16 * mebibyte);
    const { decodedBytes = 8 * mebibyte } = options;
    this.#decoded = new DecodedValues(decodedBytes);
    this.#fleeting = new DecodedValues(decodedBytes / 32, { fleeting: true });
    this.#hub = new WatchHub(options.watchLimit ?? 10_000);
    this.#historyBytes = options.historyBytes ?? 64 * mebibyte;
    this.#history = new History(0);
  }

  get revision(): Revision {
    return this.#revision;
  }
  /** For tests and figures. */
  get figures(): { readonly keys: number; readonly history: number; readonly historyBytes: number; readonly watchers: number } {
    return { keys: this.#slots.size, history: this.#history.length, historyBytes: this.#history.bytes, watchers: this.#hub.size };
  }

  /** Takes what a back end has kept, before the first use. Nothing older than `revision` is known. */
  load(entries: Iterable<EntryParts>, revision: Revision): void {
    for (const { json, ...parts } of entries) {
      const newest = new StoredEntry({ ...parts, size: json.length, json: this.#kept ?? json }, this.#decodedOf(parts.key));
      this.#slots.insert(parts.key, { newest });
    }
    this.#revision = revision;
    this.#history = new History(revision);
  }

  get(key: string): StoredEntry<V> | undefined {
    const newest = this.#slots.get(key)?.newest;
    return newest?.deleted === false ? newest : undefined;
  }

  /** The entry at `expected`; undefined when it is absent and shall be. @throws RevisionMismatch */
  check(key: string, expected: Revision): StoredEntry<V> | undefined {
    const found = this.get(key);
    if ((found?.revision ?? 0) !== expected) throw new RevisionMismatch(key, expected, found);
    return found;
  }

  /** The entry at `expected`, which must be there. @throws RevisionMismatch */
  checkPresent(key: string, expected: Revision): StoredEntry<V> {
    const found = this.get(key);
    if (found?.revision !== expected) throw new RevisionMismatch(key, expected, found);
    return found;
  }

  /** What a put of `value` at `revision` will be. Nobody sees it before `commit`. */
  preparePut(key: string, value: V, revision: Revision): StoredEntry<V> {
    const previous = this.#pinned(key);
    const stamped = settle(this.#codec.stamp(value, revision));
    return this.#entry(key, stamped, { created: previous?.created ?? revision, revision, deleted: false });
  }

  /** What the deletion of a present key at `revision` will be. */
  prepareDelete(key: string, revision: Revision): StoredEntry<V> {
    const previous = this.#pinned(key);
    if (previous === undefined) throw new RevisionMismatch(key, revision, undefined);
    const stamped = settle(this.#codec.stamp(clone(previous.value()) as V, revision));
    return this.#entry(key, stamped, { created: previous.created, revision, deleted: true });
  }

  /** Makes a prepared write the newest revision and tells the watchers. */
  commit(entry: StoredEntry<V>): void {
    const change = this.#place(entry);
    this.#revision = entry.revision;
    this.#history.add(change);
    if (!entry.deleted) this.#recent?.add(entry);
    while (this.#history.bytes > this.#historyBytes) this.#dropOldest();
    this.#hub.publish(change);
  }

  list(prefix: string, options: ListOptions): { entries: readonly Entry<V>[]; revision: Revision; next?: string } {
    const { limit = Infinity, after, at = this.#revision } = options;
    if (at > this.#revision) throw new FutureRevision(at, this.#revision);
    this.#history.check(at);
    const entries: Entry<V>[] = [];
    for (const slot of this.#slots.range(behind(prefix, after), prefix)) {
      const entry = asOf(slot.newest, at);
      if (entry === undefined || entry.deleted) continue;
      if (entries.length >= limit) return { entries, revision: at, next: entries.at(-1)?.key ?? after ?? '' };
      entries.push(entry);
    }
    return { entries, revision: at };
  }

  count(prefix: string, after: string | undefined): number {
    return this.#slots.count(behind(prefix, after), prefix);
  }

  watch(prefix: string, from: Revision, signal: AbortSignal): AsyncIterable<Change<V>> {
    if (from < this.#history.oldest) return failedWatch(new Compacted(from, this.#history.oldest));
    return this.#hub.add(prefix, this.#history.after(from, prefix), { from, signal });
  }

  /** Forgets what readers at `before` and later do not need. */
  compact(before: Revision): void {
    while (this.#history.length > 0 && this.#history.oldest < before) this.#dropOldest();
  }

  close(): void {
    this.#hub.close();
  }

  /** The present entry of a key, which a prepared write will supersede: its bytes are in memory from now on. */
  #pinned(key: string): StoredEntry<V> | undefined {
    const entry = this.get(key);
    if (entry !== undefined) this.#recent?.pin(entry);
    return entry;
  }

  #entry(key: string, value: V, parts: { created: Revision; revision: Revision; deleted: boolean }): StoredEntry<V> {
    const labels = this.#codec.labels(value);
    const json = encodeJson(value);
    const some = Object.keys(labels).length > 0;
    const decoded = this.#decodedOf(key);
    const entry = new StoredEntry<V>({ key, json, size: json.length, labels: some ? labels : noLabels, ...parts }, decoded);
    decoded.keep(entry, value);
    return entry;
  }

  #decodedOf(key: string): DecodedValues<V> {
    return this.#codec.fleeting?.(key) === true ? this.#fleeting : this.#decoded;
  }

  #place(entry: StoredEntry<V>): StoredChange<V> {
    const slot = this.#slots.get(entry.key);
    const previous = slot?.newest.deleted === false ? slot.newest : undefined;
    entry.older = slot?.newest;
    if (slot === undefined) this.#slots.insert(entry.key, { newest: entry });
    else {
      slot.newest = entry;
      if (entry.deleted !== (previous === undefined)) this.#slots.recount(entry.key, entry.deleted ? -1 : 1);
    }
    if (entry.deleted) return { type: 'delete', revision: entry.revision, previous: previous as StoredEntry<V>, entry };
    return previous === undefined ? { type: 'put', entry } : { type: 'put', entry, previous };
  }

  #dropOldest(): void {
    const change = this.#history.drop();
    if (change === undefined) return;
    const { entry } = change;
    entry.older = undefined;
    if (entry.deleted && this.#slots.get(entry.key)?.newest === entry) this.#slots.remove(entry.key);
  }
}

/** The smallest key that a list under `prefix` behind `after` may give. */
function behind(prefix: string, after: string | undefined): string {
  return after === undefined || after < prefix ? prefix : `${after}\u0000`;
}

function asOf<V extends object>(newest: StoredEntry<V>, at: Revision): StoredEntry<V> | undefined {
  let entry: StoredEntry<V> | undefined = newest;
  while (entry !== undefined && entry.revision > at) entry = entry.older;
  return entry;
}
