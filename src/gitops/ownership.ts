import type { KubeObject, ManagedFieldsEntry } from '../api/object.ts';
import { fieldsOf, fieldValue, leavesOf, type FieldPath, type Fields } from './fields.ts';
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

/**
 * Fields of the inherited entries that go with the next apply unless the manifest has them. Not kubectl's memory of what it applied, and
 * only what somebody meant: of our own create what that manifest had, of kubectl's what its memory has, where it keeps one. The rest of
 * a create's fields are the server's defaults.
 */
export function inheritedPaths(live: KubeObject, entries: readonly ManagedFieldsEntry[], created: KubeObject | undefined): FieldPath[] {
  const memory = rememberedBy(live);
  const out = new Map<string, FieldPath>();
  for (const entry of entries) {
    const own = entry.manager === fieldManager;
    const meant = own ? created : memory;
    if (own && meant === undefined) continue;
    for (const path of leavesOf((entry.fieldsV1 ?? {}) as Fields)) {
      if (path[2] === `f:${lastApplied}`) continue;
      if (meant === undefined || fieldValue(meant, path) !== undefined) out.set(path.join('\0'), path);
    }
  }
  return [...out.values()];
}

/** What client-side apply wrote down; undefined where it did not, or not readably. */
function rememberedBy(live: KubeObject): unknown {
  const text = live.metadata.annotations?.[lastApplied];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // somebody edited it: as if there were none
    return undefined;
  }
}
