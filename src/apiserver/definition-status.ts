import type { KubeObject } from '../api/object.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { clone } from '../base/json.ts';
import type { Names, NamesVerdict } from './definition-names.ts';

/** Keeps a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** A CustomResourceDefinition, as far as its status goes. */
export interface DefinitionShape extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: Names;
    readonly versions: readonly { readonly name: string; readonly storage: boolean }[];
  };
  status?: {
    conditions?: Condition[];
    acceptedNames?: Names;
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

export function isEstablished(definition: Readonly<DefinitionShape>): boolean {
  return definition.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;
}

/** The definition with the status that its server gives it (apiextensions-apiserver v1.35: naming, establishing and approval controllers, finalizer). */
export function definitionStatus(definition: Readonly<DefinitionShape>, found: { names: NamesVerdict; clock: Clock }): DefinitionShape {
  const next = clone(definition) as DefinitionShape;
  const { accepted, conflict } = found.names;
  const conditions = [...(next.status?.conditions ?? [])];
  const set = conditionSetter(conditions, timestamp(found.clock));
  if (conflict === undefined) {
    set('NamesAccepted', 'True', { reason: 'NoConflicts', message: 'no conflicts found' });
    if (!isEstablished(definition)) {
      set('Established', 'True', { reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' });
    }
  } else {
    set('NamesAccepted', 'False', conflict);
    if (!conditions.some(({ type }) => type === 'Established')) {
      set('Established', 'False', { reason: 'NotAccepted', message: 'not all names are accepted' });
    }
  }
  setApproval(next, set);
  if (next.metadata.deletionTimestamp !== undefined) {
    set('Terminating', 'True', { reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' });
  }
  const storage = next.spec.versions.find((version) => version.storage)?.name;
  const storedVersions = next.status?.storedVersions ?? [];
  next.status = {
    ...next.status,
    conditions,
    acceptedNames: accepted,
    storedVersions: storage === undefined || storedVersions.includes(storage) ? storedVersions : [...storedVersions, storage],
  };
  return next;
}

/** The definition when the last of its objects has gone. */
export function withoutInstances(definition: Readonly<DefinitionShape>, clock: Clock): DefinitionShape {
  const conditions = [...(definition.status?.conditions ?? [])];
  conditionSetter(conditions, timestamp(clock))('Terminating', 'False', {
    reason: 'InstanceDeletionCompleted',
    message: 'removed all instances',
  });
  return { ...definition, status: { ...definition.status, conditions } };
}

type SetCondition = (type: string, status: string, text: { reason: string; message: string }) => void;
function conditionSetter(conditions: Condition[], now: string): SetCondition {
  return (type, status, text) => {
    const at = conditions.findIndex((condition) => condition.type === type);
    const known = conditions[at];
    if (known?.status === status && known.reason === text.reason && known.message === text.message) return;
    const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? now) : now;
    const condition: Condition = { type, status, lastTransitionTime, ...text };
    if (at < 0) conditions.push(condition);
    else conditions[at] = condition;
  };
}

const approval = 'api-approved.kubernetes.io';
/** Groups that are Kubernetes' own say whether they were approved. */
function setApproval({ spec, metadata }: DefinitionShape, set: SetCondition): void {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group)) return;
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const text = metadata.annotations?.[approval] ?? '';
  if (text.startsWith('unapproved')) {
    set(type, 'False', { reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(text)}` });
  } else set(type, 'True', { reason: 'ApprovedAnnotation', message: `approved in ${text}` });
}
