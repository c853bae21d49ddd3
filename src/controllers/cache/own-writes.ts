import { keyOf, keyText, type KubeObject } from '../../api/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Informer } from '../../reconcile/controller.ts';

const remembered = 1000;
/** A cache that is behind for so long is taken as it is: what it waits for was never to come. Who waits asks again after this time. */
export const patienceMs = 60_000;
/** The answer of a reconcile whose cache is behind: what it waits for will come and bring the key back. */
export const behind = { requeueAfterMs: patienceMs, upkeep: true } as const;

/**
 * Knows when a cache is behind our own writes: what is decided on it would be decided twice. Writes stand under the key of whoever they
 * were made for, such as the owner. Compares versions only for equality, so that it works on any server.
 *
 * A controller makes it before it asks to be queued for the kind, so that it is never queued by a change and then told to wait for it.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #cache: Informer<T>;
  /** Versions that our updates have replaced, by the object's key and uid. */
  readonly #replaced = new Map<string, Map<string, number>>();
  /** Objects that were made or deleted and that the cache does not show so, by the key that they stand under. */
  readonly #unseen = new Map<string, Map<string, { readonly what: 'made' | 'deleted'; readonly at: number }>>();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #keyOfUnseen = new Map<string, string>();
  /** Uids that the cache has shown to be gone lately: one may be shown before the answer to its create comes. */
  readonly #gone = new Set<string>();

  constructor(cache: Informer<T>, clock: Pick<Clock, 'now'>) {
    this.#cache = cache;
    this.#clock = clock;
    cache.onChange((object, previous) => {
      const known = object ?? previous;
      if (known === undefined) return;
      if (object === undefined) this.#forget(known);
      this.#see(keyText(keyOf(known)), isGoing(object));
    });
  }

  /** After an update whose base was `base`, and which has made `made`: the same version where it has changed nothing. */
  updated(base: Readonly<T>, made: Readonly<KubeObject>): void {
    if (made.metadata.resourceVersion === base.metadata.resourceVersion) return;
    const versions = this.#replaced.get(idOf(base)) ?? new Map<string, number>();
    this.#replaced.set(idOf(base), versions.set(base.metadata.resourceVersion ?? '', this.#clock.now()));
  }

  made(key: string, object: Readonly<T>): void {
    const shown = this.#cache.get(keyOf(object))?.metadata.uid === object.metadata.uid || this.#gone.has(object.metadata.uid ?? '');
    if (!shown) this.#note(key, object, 'made');
  }

  /** Seen when the cache shows that it is going, with finalizers or time to end, or gone. */
  deleted(key: string, object: Readonly<T>): void {
    const cached = this.#cache.get(keyOf(object));
    if (cached?.metadata.uid === object.metadata.uid && !isGoing(cached)) this.#note(key, object, 'deleted');
  }

  /** Is one of these cached objects older than our last update of it, or is something under the key not shown yet? */
  isBehind(key: string, cached: readonly Readonly<T>[]): boolean {
    let behind = [...(this.#unseen.get(key)?.values() ?? [])].some(({ at }) => this.#isRecent(at));
    for (const object of cached) {
      const at = this.#replaced.get(idOf(object))?.get(object.metadata.resourceVersion ?? '');
      if (at !== undefined && this.#isRecent(at)) behind = true;
      else this.#replaced.delete(idOf(object));
    }
    return behind;
  }

  #isRecent(at: number): boolean {
    return this.#clock.now() - at < patienceMs;
  }

  #forget(object: Readonly<T>): void {
    this.#replaced.delete(idOf(object));
    this.#gone.add(object.metadata.uid ?? '');
    for (const oldest of this.#gone) {
      if (this.#gone.size <= remembered) break;
      this.#gone.delete(oldest);
    }
  }

  #note(key: string, object: Readonly<T>, what: 'made' | 'deleted'): void {
    const name = keyText(keyOf(object));
    this.#keyOfUnseen.set(name, key);
    const here = this.#unseen.get(key) ?? new Map<string, { what: 'made' | 'deleted'; at: number }>();
    this.#unseen.set(key, here.set(name, { what, at: this.#clock.now() }));
  }

  /** The cache shows a change of this object: one that was made is there, one that was deleted is going or gone. */
  #see(name: string, going: boolean): void {
    const key = this.#keyOfUnseen.get(name);
    const here = key === undefined ? undefined : this.#unseen.get(key);
    if (key === undefined || here === undefined || (here.get(name)?.what === 'deleted' && !going)) return;
    this.#keyOfUnseen.delete(name);
    here.delete(name);
    if (here.size === 0) this.#unseen.delete(key);
  }
}

function isGoing(object: KubeObject | undefined): boolean {
  return object === undefined || object.metadata.deletionTimestamp !== undefined;
}

function idOf(object: KubeObject): string {
  return `${keyText(keyOf(object))} ${object.metadata.uid ?? ''}`;
}
