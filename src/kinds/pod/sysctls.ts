import type { PodSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, invalidValue, required } from '../field-errors.ts';

const pattern = String.raw`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;
const longest = 253;
const nameRule = `must have at most ${longest} characters and match regex ${pattern}`;
const compiled = new RegExp(pattern);

/** What is wrong with the kernel settings of a pod (kubernetes v1.35, validateSysctls). */
export function sysctlErrors(spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name = '' }, index) => {
    const at = `${path}[${index}].name`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (name.length > longest || !compiled.test(name)) errors.push(invalidValue(at, name, nameRule));
    else if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
    const shared = namespaceOf(name);
    if (shared !== undefined && spec[shared] === true) errors.push(invalidValue(at, name, `may not be specified when '${shared}' is true`));
    return errors;
  });
}
/** What a pod must not share with its node, when it has a setting of its own. */
function namespaceOf(name: string): 'hostIPC' | 'hostNetwork' | undefined {
  const dotted = name.replaceAll('/', '.');
  if (dotted === 'kernel.sem' || /^(?:kernel\.shm|kernel\.msg|fs\.mqueue\.)/.test(dotted)) return 'hostIPC';
  return dotted.startsWith('net.') ? 'hostNetwork' : undefined;
}
