import type { Pod } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden } from '../field-errors.ts';
import { mirrorAnnotation } from './annotations.ts';

/** What may not happen to containers that were added to a pod, after what is wrong with the whole of it (kubernetes v1.35, ValidatePodEphemeralContainersUpdate). */
export function ephemeralUpdateErrors(pod: Pod, old: Pod, whole: readonly FieldError[]): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [fieldForbidden('', 'static pods do not support ephemeral containers')];
  }
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  const at = 'spec.ephemeralContainers';
  const own = (old.spec.ephemeralContainers ?? []).flatMap((container) => {
    const next = now.get(container.name);
    const name = JSON.stringify(container.name);
    if (next === undefined) return [fieldForbidden(at, `existing ephemeral containers ${name} may not be removed\n`)];
    if (jsonEqual(next, container)) return [];
    // Upstream prints the difference of two Go structures here.
    return [fieldForbidden(at, `existing ephemeral containers ${name} may not be changed\n`)];
  });
  return [...whole, ...own];
}
