import type { Kind, KubeObject, ObjectKey } from '../../api/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Reader } from '../../client/cluster.ts';
import { startInformer } from '../../reconcile/informer.ts';

export interface WatchOptions {
  readonly cluster: Reader;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
/** An object that is watched as long as somebody follows it. */
export interface Followed<T> extends Disposable {
  /** Settles when it is known whether there is such an object. */
  readonly known: Promise<void>;
  get(): Readonly<T> | undefined;
}

interface Entry {
  readonly stop: AbortController;
  readonly known: Promise<void>;
  readonly done: Promise<void>;
  readonly listeners: Set<() => void>;
  get(): Readonly<KubeObject> | undefined;
}

/** Single objects that running pods use, one watch each however many pods use it; what says that it is immutable is read once. */
export class WatchedObjects {
  readonly #options: WatchOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** `changed` is called after each change of the object, its coming and going included. */
  follow<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, changed: () => void): Followed<T> {
    const id = JSON.stringify([kind.group, kind.plural, key.namespace, key.name]);
    const entry = this.#entries.get(id) ?? this.#start(kind, key);
    this.#entries.set(id, entry);
    entry.listeners.add(changed);
    return {
      known: entry.known,
      // The entry's id names the kind.
      get: () => entry.get() as Readonly<T> | undefined,
      [Symbol.dispose]: () => {
        entry.listeners.delete(changed);
        if (entry.listeners.size > 0 || this.#entries.get(id) !== entry) return;
        this.#entries.delete(id);
        this.#end(entry);
      },
    };
  }

  async stop(): Promise<void> {
    for (const entry of this.#entries.values()) this.#end(entry);
    this.#entries.clear();
    await Promise.all(this.#ending);
  }

  #start<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Entry {
    const stop = new AbortController();
    const scope = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` };
    const { informer, done } = startInformer(kind, { ...this.#options, scope, signal: stop.signal });
    const listeners = new Set<() => void>();
    const subscription = informer.onChange((object) => {
      if ((object as { immutable?: boolean } | undefined)?.immutable === true) {
        subscription[Symbol.dispose]();
        stop.abort(new Error('the object is immutable'));
      }
      for (const listener of [...listeners]) listener();
    });
    return { stop, known: informer.synced, done, listeners, get: () => informer.get(key) };
  }

  #end(entry: Entry): void {
    entry.stop.abort(new Error('nobody follows the object'));
    const ending = entry.done.finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
