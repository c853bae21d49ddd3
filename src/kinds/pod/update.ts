import type { Affinity, Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { appArmorPrefix, mirrorAnnotation } from './annotations.ts';
import { imageErrors } from './containers.ts';
import { tolerationErrors } from './placement.ts';

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What may not change in a pod that exists, in upstream's order (kubernetes v1.35, ValidatePodUpdate). */
export function podUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    const now = pod.spec[list] ?? [];
    if (now.length !== (old.spec[list] ?? []).length) {
      return [...errors, fieldForbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
    for (const [index, { image }] of now.entries()) {
      if (!image) errors.push({ type: 'FieldValueRequired', field: `spec.${list}[${index}].image`, detail: '' });
    }
    errors.push(...imageErrors(now, `spec.${list}`));
  }
  const deadline = deadlineErrors(pod.spec, old.spec);
  errors.push(...deadline);
  // A wrong deadline ends it, one that is gone does not.
  if (deadline.length > 0 && pod.spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(...addedTolerationErrors(pod.spec, old.spec), ...gateErrors(pod.spec, old.spec));
  return jsonEqual(pod.spec, old.spec) ? errors : [...errors, ...fixedErrors(pod, old)];
}

/** What may not change in annotations (ValidatePodSpecificAnnotationUpdates). */
export function annotationUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const [now, before] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  const at = (key: string): string => `metadata.annotations[${key}]`;
  const changed = Object.keys(before).filter((key) => now[key] !== before[key]);
  const added = Object.keys(now).filter((key) => before[key] === undefined);
  return [
    ...changed.flatMap((key) => [
      ...(key.startsWith(appArmorPrefix) ? [fieldForbidden(at(key), 'may not remove or update AppArmor annotations')] : []),
      ...(key === mirrorAnnotation ? [fieldForbidden(at(key), 'may not remove or update mirror pod annotation')] : []),
    ]),
    ...added.flatMap((key) => [
      ...(key.startsWith(appArmorPrefix) ? [fieldForbidden(at(key), 'may not add AppArmor annotations')] : []),
      ...(key === mirrorAnnotation ? [fieldForbidden(at(key), 'may not add mirror pod annotation')] : []),
    ]),
  ];
}

function deadlineErrors({ activeDeadlineSeconds: now }: PodSpec, { activeDeadlineSeconds: before }: PodSpec): FieldError[] {
  const at = 'spec.activeDeadlineSeconds';
  if (now === undefined) {
    return before === undefined ? [] : [invalidValue(at, null, 'must not update from a positive integer to nil value')];
  }
  if (now < 0 || now > 2 ** 31 - 1) return [invalidValue(at, now, 'must be between 0 and 2147483647, inclusive')];
  return before !== undefined && before < now ? [invalidValue(at, now, 'must be less than or equal to previous value')] : [];
}
function addedTolerationErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const bare = ({ tolerationSeconds: _seconds, ...rest }: { tolerationSeconds?: number }) => rest;
  const now = (spec.tolerations ?? []).map(bare);
  const kept = (old.tolerations ?? []).every((one) => now.some((other) => jsonEqual(other, bare(one))));
  if (!kept) return [fieldForbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
  return tolerationErrors(spec.tolerations, 'spec.tolerations');
}
function gateErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) => {
    if (before.has(name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [fieldForbidden(`spec.schedulingGates[${index}].name`, detail)];
  });
}

/** Nothing but the changeable fields may differ; of a pod that is held back also not where it may run, unless that is narrowed. */
function fixedErrors(pod: Pod, old: Pod): FieldError[] {
  const next = clone(pod.spec) as PodSpec;
  for (const list of ['containers', 'initContainers'] as const) {
    next[list]?.forEach((container, index) => keepField(container, old.spec[list]?.[index] as Container, 'image'));
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) keepField(next, old.spec, field);
  if ((old.spec.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1) {
    keepField(next, old.spec, 'terminationGracePeriodSeconds');
  }
  if (isBinding(pod, old)) keepField(next, old.spec, 'nodeName');
  const errors = (old.spec.schedulingGates ?? []).length > 0 ? narrowingErrors(next, old.spec) : [];
  if (jsonEqual(next, old.spec)) return errors;
  // Upstream prints the difference of two Go structures here.
  const fields = changedFields(next, old.spec).join('\n');
  return [...errors, fieldForbidden('spec', `pod updates may not change fields other than ${changeable}\n${fields}`)];
}
function keepField<T extends object>(next: T, old: T, field: keyof T): void {
  const value = old[field];
  if (value === undefined) delete next[field];
  else next[field] = clone(value) as T[keyof T];
}
/** A binding gives the node and marks the pod as scheduled in one write; nothing else can, since other writes keep the status. */
function isBinding(next: Pod, old: Pod): boolean {
  const scheduled = (pod: Pod): boolean =>
    pod.status?.conditions?.some((condition) => condition.type === 'PodScheduled' && condition.status === 'True') === true;
  return !old.spec.nodeName && scheduled(next) && !scheduled(old);
}

/** Says what does not narrow it, and makes the rest as it was. */
function narrowingErrors(next: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value);
  if (!kept) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', next.nodeSelector ?? {}, detail));
  }
  keepField(next, old, 'nodeSelector');
  const [now, before] = [next.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (jsonEqual(now, before)) return errors;
  errors.push(...termErrors(now, before));
  const affinity: Affinity = { ...next.affinity };
  if (before === undefined) delete affinity.nodeAffinity;
  else affinity.nodeAffinity = before;
  if (Object.keys(affinity).length === 0 && old.affinity === undefined) delete next.affinity;
  else next.affinity = affinity;
  return errors;
}
function termErrors(now: NodeAffinity | undefined, before: NodeAffinity | undefined): FieldError[] {
  const terms = before?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const next = now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const at = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (terms.length === 0) return [];
  if (terms.length !== next.length) {
    return [invalidValue(at, next, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  const changed = terms.flatMap((term, index) => (onlyGrows(next[index] as NodeSelectorTerm, term) ? [] : [index]));
  return changed.map((index) => invalidValue(`${at}[${index}]`, next[index], 'only additions are allowed (no mutations or deletions)'));
}
function onlyGrows(next: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = (['matchExpressions', 'matchFields'] as const).map((field) => [next[field] ?? [], old[field] ?? []] as const);
  if (lists.every(([, before]) => before.length === 0)) return lists.every(([now]) => now.length === 0);
  return lists.every(([now, before]) => jsonEqual(now.slice(0, before.length), before));
}

/** The names of the fields that differ, with both values, one a line. */
function changedFields(next: PodSpec, old: PodSpec): string[] {
  const [now, before] = [next as unknown as Record<string, unknown>, old as unknown as Record<string, unknown>];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return fields
    .filter((field) => !jsonEqual(now[field], before[field]))
    .map((field) => `  ${field}: ${JSON.stringify(before[field]) ?? 'null'} -> ${JSON.stringify(now[field]) ?? 'null'}`);
}
