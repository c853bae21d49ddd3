import { keyOf, keyText, type KubeObject, type ObjectKey } from '../../api/object.ts';
import type { Informer } from '../../reconcile/controller.ts';

interface Assumed<T> {
  readonly object: Readonly<T>;
  /** Versions that our writes have replaced. */
  readonly replaced: Set<string>;
}

/**
 * The objects of a cache with our own writes laid over it, until it shows them or something newer: who decides for many objects one after
 * the other sees what it has decided before. Compares versions only for equality, so that it works on any server.
 */
export class AssumedObjects<T extends KubeObject> {
  readonly #cache: Informer<T>;
  readonly #assumed = new Map<string, Assumed<T>>();
  readonly #changed: (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void;

  /** `changed` is told of each change of what `get` answers, and of all that is there. */
  constructor(cache: Informer<T>, changed: (object: Readonly<T> | undefined, previous: Readonly<T> | undefined) => void = () => undefined) {
    this.#cache = cache;
    this.#changed = changed;
    cache.onChange((object, previous) => {
      const known = object ?? previous;
      if (known === undefined) return;
      const key = keyText(keyOf(known));
      const assumed = this.#assumed.get(key);
      if (assumed !== undefined && object !== undefined && isOlder(object, assumed)) return;
      this.#assumed.delete(key);
      changed(object, assumed?.object ?? previous);
    });
  }

  get(key: ObjectKey): Readonly<T> | undefined {
    return this.#assumed.get(keyText(key))?.object ?? this.#cache.get(key);
  }

  /** After a write on `base`, which answered `written`. */
  put(base: Readonly<T>, written: Readonly<T>): void {
    const key = keyText(keyOf(base));
    const assumed = this.#assumed.get(key);
    const replaced = new Set([...(assumed?.replaced ?? []), base.metadata.resourceVersion ?? '']);
    const next = { object: written, replaced };
    const cached = this.#cache.get(keyOf(base));
    // The cache may have overtaken the answer.
    if (cached === undefined || !isOlder(cached, next) || base.metadata.resourceVersion === written.metadata.resourceVersion) return;
    this.#assumed.set(key, next);
    this.#changed(written, assumed?.object ?? cached);
  }
}

function isOlder<T extends KubeObject>(object: Readonly<T>, { object: assumed, replaced }: Assumed<T>): boolean {
  return object.metadata.uid === assumed.metadata.uid && replaced.has(object.metadata.resourceVersion ?? '');
}
