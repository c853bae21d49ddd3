import type { Store } from './store.ts';

/** The same store, which outlives who uses it: closing it closes nothing. */
export function keptOpen<T extends object>(store: Store<T>): Store<T> {
  return {
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    count: (prefix, after) => store.count(prefix, after),
    put: (key, value, expected) => store.put(key, value, expected),
    delete: (key, expected) => store.delete(key, expected),
    watch: (prefix, from, signal) => store.watch(prefix, from, signal),
    revision: () => store.revision(),
    compact: (before) => store.compact(before),
    close: () => Promise.resolve(),
  };
}
