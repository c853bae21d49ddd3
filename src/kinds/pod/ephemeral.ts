import type { EphemeralContainer } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { absent, duplicate, fieldForbidden } from '../field-errors.ts';
import { commonErrors, imageErrors, type PodParts } from './containers.ts';

const forbidden = [
  ...(['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe'] as const),
  ...(['startupProbe', 'lifecycle'] as const),
];

/** What is wrong with containers that are added to look into a pod (kubernetes v1.35, validateEphemeralContainers). */
export function ephemeralErrors(pod: PodParts, path: string): FieldError[] {
  const others = new Set([...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return (pod.spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const errors = commonErrors(container, pod, at);
    errors.push(...imageErrors([container], path).map((error) => ({ ...error, field: `${at}.image` })));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(absent(`${at}.targetContainerName`, target));
    return [...errors, ...fieldErrors(container, at)];
  });
}
function fieldErrors(container: EphemeralContainer, at: string): FieldError[] {
  const detail = 'cannot be set for an Ephemeral Container';
  const errors = forbidden.filter((field) => isSet(container[field])).map((field) => fieldForbidden(`${at}.${field}`, detail));
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field]) errors.push(fieldForbidden(`${at}.volumeMounts[${index}].${field}`, detail));
    }
  }
  return errors;
}
/** An object or list without anything in it is as good as none. */
function isSet(value: unknown): boolean {
  return value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
