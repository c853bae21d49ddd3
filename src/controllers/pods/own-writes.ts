import { keyOf, keyText, type KubeObject } from '../../api/object.ts';

/**
 * Remembers which states of an object our own writes have replaced. A cache that still shows one of them is behind us: what is decided
 * on it would be decided twice. Works on any server, for it compares versions only for equality.
 */
export class OwnWrites {
  readonly #replaced = new Map<string, Set<string>>();

  /** To be called after a write whose base had `resourceVersion`. */
  wrote(base: KubeObject): void {
    const key = OwnWrites.#keyOf(base);
    const versions = this.#replaced.get(key);
    if (versions === undefined) this.#replaced.set(key, new Set([base.metadata.resourceVersion ?? '']));
    else versions.add(base.metadata.resourceVersion ?? '');
  }

  /** Is this cached state older than what we have written? Once it is not, what was remembered is forgotten. */
  isBehind(cached: KubeObject): boolean {
    const key = OwnWrites.#keyOf(cached);
    const behind = this.#replaced.get(key)?.has(cached.metadata.resourceVersion ?? '') ?? false;
    if (!behind) this.#replaced.delete(key);
    return behind;
  }

  /** Of an object that is gone. */
  forget(key: string): void {
    for (const known of this.#replaced.keys()) if (known.startsWith(`${key} `)) this.#replaced.delete(known);
  }

  static #keyOf(object: KubeObject): string {
    return `${keyText(keyOf(object))} ${object.metadata.uid ?? ''}`;
  }
}
