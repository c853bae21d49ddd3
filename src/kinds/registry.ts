import type { Kind } from '../api/object.ts';
import type { KindRegistry, ResourceKind } from './kind.ts';

/** A registry that serves `kinds`, in their order; what is added later stands behind them. A kind added again replaces the former. */
export function createKindRegistry(kinds: readonly ResourceKind[]): KindRegistry {
  const byPlural = new Map<string, ResourceKind>();
  const byKind = new Map<string, ResourceKind>();
  let generation = 0;
  let listed: readonly ResourceKind[] | undefined;

  const changed = (): void => {
    generation += 1;
    listed = undefined;
  };
  const put = (kind: ResourceKind): void => {
    const former = byPlural.get(pluralKey(kind.kind));
    if (former !== undefined) byKind.delete(kindKey(former.kind));
    byPlural.set(pluralKey(kind.kind), kind);
    byKind.set(kindKey(kind.kind), kind);
    changed();
  };
  kinds.forEach(put);

  return {
    find: (group, version, plural) => byPlural.get(`${group}/${version}/${plural}`),
    findKind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
    all: () => (listed ??= Object.freeze([...byPlural.values()])),
    add: put,
    remove: (kind) => {
      const former = byPlural.get(pluralKey(kind));
      if (former === undefined) return;
      byPlural.delete(pluralKey(kind));
      byKind.delete(kindKey(former.kind));
      changed();
    },
    get generation() {
      return generation;
    },
  };
}
const pluralKey = (kind: Kind): string => `${kind.group}/${kind.version}/${kind.plural}`;
const kindKey = (kind: Kind): string => `${kind.group}/${kind.version}/${kind.kind}`;
