import type { ResourceKind } from '../kinds/kind.ts';

const lives = new WeakMap<ResourceKind, AbortController>();
function lifeOf(kind: ResourceKind): AbortController {
  const known = lives.get(kind);
  if (known !== undefined) return known;
  const life = new AbortController();
  lives.set(kind, life);
  return life;
}

/** Aborted when a custom kind is no longer served as it was; undefined for built-in kinds, which stay. Watches end with it. */
export function endOf(kind: ResourceKind): AbortSignal | undefined {
  return kind.custom ? lifeOf(kind).signal : undefined;
}

/** Ends the watches of a custom kind that goes, or that another one takes the place of. */
export function endKind(kind: ResourceKind): void {
  lifeOf(kind).abort();
}
