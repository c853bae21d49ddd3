import type { Container, Pod, ResourceRequirements } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { mirrorAnnotation } from './annotations.ts';
import { qosClassOf } from './quality.ts';

/** What is wrong with new amounts for a pod that runs, after what is wrong with the whole of it (kubernetes v1.35, ValidatePodResize). */
export function resizeErrors(pod: Pod, old: Pod, whole: readonly FieldError[]): FieldError[] {
  const impossible = impossibility(pod, old);
  if (impossible !== undefined) return [fieldForbidden('', impossible)];
  const errors = [...whole];
  const quality = old.status?.qosClass ?? qosClassOf(old.spec);
  if (quality !== qosClassOf(pod.spec)) errors.push(invalidValue('spec', quality, 'Pod QOS Class may not change as a result of resizing'));
  const running = (old.status?.containerStatuses ?? []).find(({ state }) => state?.running !== undefined);
  if (running !== undefined && running.resources === undefined) {
    errors.push(fieldForbidden('spec', 'Pod running on node without support for resize'));
  }
  const order = (['containers', 'initContainers'] as const).flatMap((list) => orderErrors(pod, old, list));
  if (order.length > 0) return [...errors, ...order];
  for (const list of ['initContainers', 'containers'] as const) errors.push(...lossErrors(pod, old, list));
  return [...errors, ...foreignErrors(pod, old)];
}
/** The same containers in the same order. */
function orderErrors(pod: Pod, old: Pod, list: 'containers' | 'initContainers'): FieldError[] {
  const [now, before] = [pod.spec[list] ?? [], old.spec[list] ?? []];
  if (now.length !== before.length) return [fieldForbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, index) => {
    if (now[index]?.name === name) return [];
    return [fieldForbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)];
  });
}
function lossErrors(pod: Pod, old: Pod, list: 'containers' | 'initContainers'): FieldError[] {
  return (old.spec[list] ?? []).flatMap((before, index) => {
    const now = pod.spec[list]?.[index];
    if (now === undefined || (list === 'initContainers' && before.restartPolicy !== 'Always')) return [];
    return oneErrors(now, before, `spec.${list}[${index}].resources`);
  });
}
function impossibility(pod: Pod, old: Pod): string | undefined {
  const whole = ({ spec }: Pod): boolean => Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits }).length > 0;
  if (whole(old) || whole(pod)) return 'pods with pod-level resources cannot be resized';
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return 'static pods cannot be resized';
  return old.spec.os?.name === 'windows' ? 'windows pods cannot be resized' : undefined;
}
function oneErrors(now: Container, before: Container, at: string): FieldError[] {
  const removed = (field: 'requests' | 'limits'): boolean =>
    Object.keys(before.resources?.[field] ?? {}).some((name) => now.resources?.[field]?.[name] === undefined);
  const errors = removed('requests') ? [fieldForbidden(`${at}.requests`, 'resource requests cannot be removed')] : [];
  if (removed('limits')) errors.push(fieldForbidden(`${at}.limits`, 'resource limits cannot be removed'));
  return errors;
}

/** Only processors and memory of containers and sidecars are given anew. */
function foreignErrors(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, before] of (old.spec.containers ?? []).entries()) {
    const now = pod.spec.containers[index] as Container;
    if (!jsonEqual(fixedPart(now), fixedPart(before))) errors.push(fieldForbidden('spec', 'only cpu and memory resources are mutable'));
  }
  for (const [index, before] of (old.spec.initContainers ?? []).entries()) {
    const now = pod.spec.initContainers?.[index] as Container;
    if (before.restartPolicy === 'Always') {
      if (jsonEqual(fixedPart(now), fixedPart(before))) continue;
      errors.push(fieldForbidden('spec', 'only cpu and memory resources for sidecar containers are mutable'));
    } else if (!jsonEqual(now, before)) {
      errors.push(fieldForbidden('spec', 'resources for non-sidecar init containers are immutable'));
    }
  }
  return errors;
}
function fixedPart({ resources, ...rest }: Container): unknown {
  return { ...rest, claims: resources?.claims, limits: otherAmounts(resources, 'limits'), requests: otherAmounts(resources, 'requests') };
}
function otherAmounts(resources: ResourceRequirements | undefined, field: 'limits' | 'requests'): unknown {
  const { cpu: _cpu, memory: _memory, ...others } = resources?.[field] ?? {};
  return others;
}
