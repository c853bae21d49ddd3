import type { Container, Pod, PodSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What may not change in a pod that exists (kubernetes v1.35, ValidatePodUpdate). */
export function podUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    if ((pod.spec[list] ?? []).length !== (old.spec[list] ?? []).length) {
      errors.push(fieldForbidden(`spec.${list}`, 'pod updates may not add or remove containers'));
    }
  }
  if (errors.length > 0) return errors;
  errors.push(...deadlineErrors(pod.spec, old.spec), ...tolerationErrors(pod.spec, old.spec), ...gateErrors(pod.spec, old.spec));
  const rest = fixedPart(pod, pod, old);
  const oldRest = fixedPart(old, pod, old);
  if (!jsonEqual(rest, oldRest)) {
    const fields = changedFields(rest, oldRest).join('\n');
    errors.push(fieldForbidden('spec', `pod updates may not change fields other than ${changeable}\n${fields}`));
  }
  return errors;
}

function deadlineErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const at = 'spec.activeDeadlineSeconds';
  if (old.activeDeadlineSeconds === undefined || spec.activeDeadlineSeconds === old.activeDeadlineSeconds) return [];
  if (spec.activeDeadlineSeconds === undefined) return [invalidValue(at, null, 'must not update from a positive integer to nil value')];
  const longer = spec.activeDeadlineSeconds > old.activeDeadlineSeconds;
  return longer ? [invalidValue(at, spec.activeDeadlineSeconds, 'must be less than or equal to previous value')] : [];
}
function tolerationErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const bare = ({ tolerationSeconds: _seconds, ...rest }: { tolerationSeconds?: number }) => rest;
  const now = (spec.tolerations ?? []).map(bare);
  const kept = (old.tolerations ?? []).every((one) => now.some((other) => jsonEqual(other, bare(one))));
  return kept ? [] : [fieldForbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}
function gateErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  const added = (spec.schedulingGates ?? []).filter((gate) => !before.has(gate.name));
  return added.length === 0
    ? []
    : [fieldForbidden('spec.schedulingGates', `only deletion is allowed, but found new scheduling gate '${added[0]?.name}'`)];
}

/** The spec without what may change. */
function fixedPart(pod: Pod, next: Pod, old: Pod): Record<string, unknown> {
  const spec = clone(pod.spec) as PodSpec;
  const withoutImage = ({ image: _image, ...rest }: Container) => rest as Container;
  spec.containers = spec.containers.map(withoutImage);
  if (spec.initContainers !== undefined) spec.initContainers = spec.initContainers.map(withoutImage);
  delete spec.activeDeadlineSeconds;
  delete spec.tolerations;
  delete spec.schedulingGates;
  if ((old.spec.terminationGracePeriodSeconds ?? 0) < 0 && next.spec.terminationGracePeriodSeconds === 1) {
    delete spec.terminationGracePeriodSeconds;
  }
  if (isBinding(next, old)) delete spec.nodeName;
  // While gates hold the pod back, its placement may still be narrowed.
  if ((old.spec.schedulingGates ?? []).length > 0) {
    delete spec.nodeSelector;
    delete spec.affinity;
  }
  return spec as unknown as Record<string, unknown>;
}
/** A binding gives the node and marks the pod as scheduled in one write; nothing else can, since other writes keep the status. */
function isBinding(next: Pod, old: Pod): boolean {
  const scheduled = (pod: Pod): boolean =>
    pod.status?.conditions?.some((condition) => condition.type === 'PodScheduled' && condition.status === 'True') === true;
  return !old.spec.nodeName && scheduled(next) && !scheduled(old);
}

/** The names of the fields that differ, with both values, one a line. */
function changedFields(next: Record<string, unknown>, old: Record<string, unknown>): string[] {
  const fields = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return fields
    .filter((field) => !jsonEqual(next[field], old[field]))
    .map((field) => `  ${field}: ${JSON.stringify(old[field]) ?? 'null'} -> ${JSON.stringify(next[field]) ?? 'null'}`);
}
