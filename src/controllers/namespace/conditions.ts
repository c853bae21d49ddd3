import type { NamespaceCondition } from '../../api/kinds.generated.ts';
import { timestamp } from '../../base/clock.ts';
import type { Leftovers } from './content.ts';

interface State {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Where the deletion stands, as upstream says it: five conditions, False while all is well. `discovery` is what finding the kinds failed with. */
export function deletionConditions(
  former: readonly NamespaceCondition[],
  left: Leftovers | undefined,
  options: { discovery?: string | undefined; now: number },
): NamespaceCondition[] {
  const time = timestamp({ now: () => options.now });
  const out = former.map((condition) => ({ ...condition }));
  for (const state of statesOf(left, options.discovery)) {
    const at = out.findIndex((condition) => condition.type === state.type);
    const known = out[at];
    const since = known?.status === state.status ? (known.lastTransitionTime ?? time) : time;
    if (known === undefined) out.push({ ...state, lastTransitionTime: time });
    else out[at] = { ...known, ...state, lastTransitionTime: since };
  }
  return out;
}

function statesOf(left: Leftovers | undefined, discovery: string | undefined): readonly State[] {
  return [
    discovery === undefined
      ? fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered')
      : wrong('NamespaceDeletionDiscoveryFailure', 'DiscoveryFailed', discovery),
    fine('NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    failureState(left?.errors ?? []),
    left === undefined || left.remaining.size === 0
      ? fine('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : wrong(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts(left.remaining, 'has', 'resource instances')}`,
        ),
    left === undefined || left.finalizers.size === 0
      ? fine('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : wrong(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${counts(left.finalizers, 'in', 'resource instances')}`,
        ),
  ];
}

function failureState(errors: readonly string[]): State {
  const type = 'NamespaceDeletionContentFailure';
  if (errors.length === 0) return fine(type, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  const list = [...errors].sort().join(', ');
  return wrong(type, 'ContentDeletionFailed', `Failed to delete all resource types, ${errors.length} remaining: ${list}`);
}

function fine(type: string, reason: string, message: string): State {
  return { type, status: 'False', reason, message };
}
function wrong(type: string, reason: string, message: string): State {
  return { type, status: 'True', reason, message };
}
function counts(map: ReadonlyMap<string, number>, word: string, what: string): string {
  return [...map]
    .map(([name, count]) => `${name} ${word} ${count} ${what}`)
    .sort()
    .join(', ');
}
