import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import { fieldsOf, unite, without, type Fields } from './fields.ts';
import { applicationLabel, fieldManager, labelOf, lastApplied } from './tracking.ts';

/** Whose an object is. `nobody`: it is there, and no application has it. */
export type Ownership = 'absent' | 'ours' | 'nobody' | { readonly application: string };

/** By the tracking label; an object that lost its label but still has fields that we applied is ours. */
export function ownershipOf(live: KubeObject | undefined, tracking: string): Ownership {
  if (live === undefined) return 'absent';
  const label = labelOf(live, applicationLabel);
  if (label === tracking) return 'ours';
  if (label !== undefined && label !== '') return { application: label };
  return fieldsOf(live, fieldManager) === undefined ? 'nobody' : 'ours';
}

/** Managers of people and their tools who applied the object before it was handed to an application. */
const formerManagers = new Set([
  'kubectl',
  'kubectl-client-side-apply',
  'kubectl-create',
  'kubectl-replace',
  'kubectl-last-applied',
  'before-first-apply',
]);

/**
 * Entries whose fields become ours with the next apply, so that a field which leaves the manifest goes: of an object that belongs to
 * nobody those of kubectl, as Flux takes them over too; always our own that a create left behind.
 */
export function inheritedEntries(live: KubeObject, ownership: Ownership): readonly ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter((entry) => {
    if ((entry.subresource ?? '') !== '') return false;
    if (entry.manager === fieldManager) return entry.operation === 'Update';
    return ownership === 'nobody' && formerManagers.has(entry.manager ?? '');
  });
}

/** The fields of the inherited entries. Not kubectl's memory of what it applied: removing it would be a change that nobody asked for. */
export function inheritedFields(entries: readonly ManagedFieldsEntry[]): Fields {
  let all: Fields = {};
  for (const entry of entries) all = unite(all, (entry.fieldsV1 ?? {}) as Fields);
  return without(all, ['f:metadata', 'f:annotations', `f:${lastApplied}`]);
}
