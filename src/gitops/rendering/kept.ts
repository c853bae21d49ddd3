import type { Recent } from '../recent.ts';

/** What is under way or made counts for all who ask; failures are not kept. */
export function once<T>(kept: Recent<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}
