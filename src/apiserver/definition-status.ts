import type { KubeObject } from '../api/object.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { clone } from '../base/json.ts';

/** Keeps a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** A CustomResourceDefinition, as far as its status goes. */
export interface DefinitionShape extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string; readonly kind: string; readonly singular?: string; readonly listKind?: string };
    readonly versions: readonly { readonly name: string; readonly storage: boolean }[];
  };
  status?: {
    conditions?: Condition[];
    acceptedNames?: object;
    storedVersions?: string[];
  };
}
interface Condition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason: string;
  message: string;
}

/** The definition with the status that its server gives it (apiextensions-apiserver, naming and establishing controllers). */
export function definitionStatus(
  definition: Readonly<DefinitionShape>,
  found: { conflict: string | undefined; clock: Clock },
): DefinitionShape {
  const next = clone(definition) as DefinitionShape;
  const { conflict, clock } = found;
  const now = timestamp(clock);
  const conditions = [...(next.status?.conditions ?? [])];
  const set = (type: string, status: string, text: { reason: string; message: string }) => {
    const at = conditions.findIndex((condition) => condition.type === type);
    const known = conditions[at];
    if (known?.status === status && known.reason === text.reason && known.message === text.message) return;
    const condition: Condition = {
      type,
      status,
      lastTransitionTime: known?.status === status ? (known.lastTransitionTime ?? now) : now,
      ...text,
    };
    if (at < 0) conditions.push(condition);
    else conditions[at] = condition;
  };
  if (conflict === undefined) {
    set('NamesAccepted', 'True', { reason: 'NoConflicts', message: 'no conflicts found' });
    set('Established', 'True', { reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' });
  } else {
    set('NamesAccepted', 'False', { reason: 'NameConflict', message: conflict });
    if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) {
      set('Established', 'False', { reason: 'NotAccepted', message: 'not all names are accepted' });
    }
  }
  if (next.metadata.deletionTimestamp !== undefined) {
    set('Terminating', 'True', { reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' });
  }
  const storage = next.spec.versions.find((version) => version.storage)?.name;
  const storedVersions = next.status?.storedVersions ?? [];
  next.status = {
    ...next.status,
    conditions,
    acceptedNames: conflict === undefined ? acceptedNames(next) : (next.status?.acceptedNames ?? { plural: '', kind: '' }),
    storedVersions: storage === undefined || storedVersions.includes(storage) ? storedVersions : [...storedVersions, storage],
  };
  return next;
}

function acceptedNames({ spec }: DefinitionShape): object {
  const { names } = spec;
  return { ...clone(names), singular: names.singular ?? names.kind.toLowerCase(), listKind: names.listKind ?? `${names.kind}List` };
}
