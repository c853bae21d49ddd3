import { refOf, refText } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { jsonEqual, valueAt } from '../../base/json.ts';
import { reloadedBy, sourceChange, staleReads, type SourceChange } from '../../gitops/stale-reads.ts';
import { workloadOf } from './pods.ts';
import { cautionOn, type Rule, type World } from './world.ts';

/** ConfigMaps and Secrets that change while the pods that read them do not notice. */
export const staleConfig: Rule = {
  name: 'stale-config',
  find: (world) => {
    const changed = sources(world);
    if (changed.size === 0) return [];
    const spaces = new Set([...changed.keys()].map((name) => world.changed.get(name)?.ref.namespace ?? ''));
    return [...spaces].flatMap((space) => world.after.workloadsIn(space).flatMap(({ object }) => unaware(world, object, changed)));
  },
};

function sources({ changes }: World): Map<string, SourceChange> {
  return new Map(
    changes.flatMap(({ ref, name, base, head }) => {
      if (base === undefined || head === undefined || ref.group !== '' || (ref.kind !== 'ConfigMap' && ref.kind !== 'Secret')) return [];
      return [[name, sourceChange(base, head)] as const];
    }),
  );
}

function unaware(world: World, object: Parameters<typeof staleReads>[0], changed: ReadonlyMap<string, SourceChange>): Caution[] {
  const before = world.before.get(refText(refOf(object)));
  if (before === undefined || reloadedBy(object) !== undefined) return [];
  const [old, now] = [workloadOf(before), workloadOf(object)];
  const path = now?.path.split('.').slice(0, -1) ?? [];
  if (old === undefined || !jsonEqual(valueAt(before, path), valueAt(object, path))) return [];
  return staleReads(object, changed).map(({ source, read, fields }) => {
    const how = read === 'env' ? 'into its environment' : 'by a subPath';
    const message =
      `takes ${source.kind} ${source.name} ${how}, and nothing of this merge restarts it: ` +
      'its pods keep the old values until they are replaced (kubectl rollout restart)';
    return cautionOn(world, object, { rule: 'stale-config', severity: 'caution', message, fields });
  });
}
