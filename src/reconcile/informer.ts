import type { Kind, KubeObject, ObjectKey } from '../api/object.ts';
import { isExpired } from '../api/status.ts';
import { unlessAborted } from '../base/abort.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ListOptions, Reader } from '../client/cluster.ts';
import type { Informer, InformerScope } from './controller.ts';
import { lean } from './lean.ts';
import { ObjectIndex } from './object-index.ts';

export interface InformerOptions {
  readonly cluster: Reader;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly scope?: InformerScope | undefined;
}

type Listener<T> = (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void;

/** After a failure: 0.8 s doubling to 30 s, and up to as much again by chance, as client-go's reflector. */
const retry = { firstMs: 800, maxMs: 30_000 } as const;
/** A watch that lasted so long makes up for the failures before it. */
const steadyMs = 10_000;

/**
 * Lists once, then follows the watch, from where it broke off where the server still knows that revision, else by listing again.
 * Ends with the signal; `done` settles then. Listeners are told in the order in which they came, of changes in the order of their
 * revisions; what a new list brings is told in its own order, and then what is missing in it. A listener that throws is logged and
 * does not disturb the others. Reads are answered from the last state that is known, also while the connection is down.
 */
export function startInformer<T extends KubeObject>(
  kind: Kind<T>,
  options: InformerOptions,
): { informer: Informer<T>; done: Promise<void> } {
  const informer = new ListWatchInformer(kind, options);
  return { informer, done: informer.follow() };
}

class ListWatchInformer<T extends KubeObject> implements Informer<T> {
  readonly synced: Promise<void>;
  hasSynced = false;
  readonly #kind: Kind<T>;
  readonly #options: InformerOptions;
  readonly #index = new ObjectIndex<T>();
  readonly #listeners = new Set<Listener<T>>();
  #markSynced: () => void = () => undefined;
  #revision = '';
  #listed = false;

  constructor(kind: Kind<T>, options: InformerOptions) {
    this.#kind = kind;
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  get(key: ObjectKey): Readonly<T> | undefined {
    return this.#index.get(key);
  }

  list(filter: { namespace?: string; labels?: Readonly<Record<string, string>> } = {}): readonly Readonly<T>[] {
    return this.#index.list(filter);
  }

  ownedBy(uid: string): readonly Readonly<T>[] {
    return this.#index.ownedBy(uid);
  }

  onChange(listener: Listener<T>): Disposable {
    this.#listeners.add(listener);
    for (const object of this.#index.list()) this.#call(listener, object, undefined);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async follow(): Promise<void> {
    const { signal, clock, random } = this.#options;
    const backoff = new Backoff(retry);
    while (!signal.aborted) {
      const since = clock.now();
      const failed = await this.#round();
      if (clock.now() - since >= steadyMs) backoff.forget('');
      const first = backoff.failures('') === 0;
      const delayMs = backoff.nextMs('') * (1 + random.next());
      if (failed || !first) await clock.sleep(delayMs, { signal }).catch(() => undefined);
    }
  }

  /** One list, where there is none, and one watch, until it ends. Answers whether it ended with a failure. */
  async #round(): Promise<boolean> {
    const { signal, log } = this.#options;
    try {
      if (!this.#listed) await this.#relist();
      this.#listed = true;
      await this.#watch();
      return false;
    } catch (error) {
      if (signal.aborted) return false;
      if (isExpired(error)) {
        this.#listed = false;
        log.debug('the watch is too old, listing again', { kind: this.#kind.kind });
        return false;
      }
      log.warn('list or watch failed, trying again', { kind: this.#kind.kind, error: errorText(error) });
      return true;
    }
  }

  async #relist(): Promise<void> {
    const { cluster, signal } = this.#options;
    const answer = await unlessAborted(cluster.list(this.#kind, this.#scope()), signal);
    this.#revision = answer.resourceVersion;
    const seen = new Set<string>();
    for (const object of answer.items) {
      seen.add(ObjectIndex.keyOf(object));
      this.#put(this.#shown(object));
    }
    for (const object of this.#index.list()) if (!seen.has(ObjectIndex.keyOf(object))) this.#remove(object);
    this.hasSynced = true;
    this.#markSynced();
  }

  async #watch(): Promise<void> {
    const { cluster, signal } = this.#options;
    for await (const event of cluster.watch(this.#kind, this.#revision, { ...this.#scope(), signal })) {
      if (signal.aborted) return;
      if (event.type === 'BOOKMARK') this.#revision = event.resourceVersion;
      else {
        const object = this.#shown(event.object);
        if (event.type === 'DELETED') this.#remove(object);
        else this.#put(object);
        this.#revision = event.object.metadata.resourceVersion ?? this.#revision;
      }
    }
  }

  #scope(): ListOptions {
    const { managedFields: _shown, ...scope } = this.#options.scope ?? {};
    return scope;
  }

  #shown(object: Readonly<T>): Readonly<T> {
    const { namespace = '', name } = object.metadata;
    return this.#options.scope?.managedFields === true ? object : lean(object, this.#index.get({ namespace, name }));
  }

  #put(object: Readonly<T>): void {
    const previous = this.#index.get({ namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    if (previous !== undefined && sameState(previous, object)) return;
    this.#index.put(object);
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      // Deleted and made anew while nobody was looking: two changes, not one.
      this.#notify(undefined, previous);
      this.#notify(object, undefined);
    } else this.#notify(object, previous);
  }

  /** `last` is the state at deletion: newer than what the cache has. */
  #remove(last: Readonly<T>): void {
    if (this.#index.remove(last)) this.#notify(undefined, last);
  }

  #notify(object: Readonly<T> | undefined, previous: Readonly<T> | undefined): void {
    for (const listener of [...this.#listeners]) this.#call(listener, object, previous);
  }

  #call(listener: Listener<T>, object: Readonly<T> | undefined, previous: Readonly<T> | undefined): void {
    try {
      listener(object, previous);
    } catch (error) {
      this.#options.log.error('a listener of an informer failed', { kind: this.#kind.kind, error: errorText(error) });
    }
  }
}

function sameState(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion
  );
}
