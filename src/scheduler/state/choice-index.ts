import { pairOf, type PodChoice } from './terms.ts';

/** Things that are about some pods, found by a label that those pods have: asking costs what may match, not what is there. */
export class ChoiceIndex<T extends { readonly choice: PodChoice }> {
  readonly #byPair = new Map<string, Map<string, Set<T>>>();
  readonly #others = new Set<T>();

  add(item: T): void {
    this.#setFor(item).add(item);
  }

  delete(item: T): void {
    const pair = pairOf(item.choice);
    if (pair === undefined) {
      this.#others.delete(item);
      return;
    }
    const [key, value] = pair;
    const values = this.#byPair.get(key);
    const found = values?.get(value);
    if (values === undefined || found === undefined) return;
    found.delete(item);
    if (found.size === 0) values.delete(value);
    if (values.size === 0) this.#byPair.delete(key);
  }

  /** Those that may be about a pod with these labels; each once. */
  forEach(labels: Readonly<Record<string, string>>, call: (item: T) => void): void {
    if (this.#byPair.size > 0) {
      for (const key in labels) {
        const found = this.#byPair.get(key)?.get(labels[key] as string);
        if (found !== undefined) for (const item of found) call(item);
      }
    }
    for (const item of this.#others) call(item);
  }

  #setFor(item: T): Set<T> {
    const pair = pairOf(item.choice);
    if (pair === undefined) return this.#others;
    const [key, value] = pair;
    let values = this.#byPair.get(key);
    if (values === undefined) this.#byPair.set(key, (values = new Map<string, Set<T>>()));
    let found = values.get(value);
    if (found === undefined) values.set(value, (found = new Set()));
    return found;
  }
}
