import type { AppArmorProfile, PodSpec, SeccompProfile } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { descendingErrors } from './paths.ts';
import { eachContainer } from './windows.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
export const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
type Annotations = Readonly<Record<string, string>>;

/** What is wrong with annotations that mean something to a pod (kubernetes v1.35, ValidatePodSpecificAnnotations). */
export function podAnnotationErrors(annotations: Annotations | undefined, spec: PodSpec, path: string): FieldError[] {
  if (annotations === undefined) return [];
  const errors: FieldError[] = [];
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(invalidValue(`${path}[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  const cost = annotations[deletionCost];
  if (cost !== undefined && !isInt32(cost)) errors.push(invalidValue(`${path}[${deletionCost}]`, cost, 'must be a 32bit integer'));
  for (const [key, value] of Object.entries(annotations)) {
    if (key === seccompAnnotation || key.startsWith(seccompPrefix)) errors.push(...seccompErrors(value, `${path}.${key}`));
  }
  return [...errors, ...appArmorErrors(annotations, spec, path)];
}
function isInt32(text: string): boolean {
  return /^(?:0|-\d+|[1-9]\d*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31;
}
function seccompErrors(profile: string, at: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith('localhost/')) return descendingErrors(profile.slice('localhost/'.length), at);
  return [invalidValue(at, profile, 'must be a valid seccomp profile')];
}
function appArmorErrors(annotations: Annotations, spec: PodSpec, path: string): FieldError[] {
  const containers = new Set<string>();
  eachContainer(spec, '', ({ name }) => containers.add(name));
  return Object.entries(annotations).flatMap(([key, profile]) => {
    if (!key.startsWith(appArmorPrefix)) return [];
    const name = key.slice(appArmorPrefix.length);
    const errors = containers.has(name) ? [] : [invalidValue(`${path}[${key}]`, name, 'container not found')];
    if (['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/')) return errors;
    return [...errors, invalidValue(`${path}[${key}]`, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)];
  });
}

/** What was said once in annotations and is said in fields today must be said alike (validateSeccompAnnotationsAndFields ...). */
export function profileMatchErrors(annotations: Annotations | undefined, spec: PodSpec, path: string): FieldError[] {
  if (annotations === undefined) return [];
  const errors: FieldError[] = [];
  const { seccompProfile, appArmorProfile } = spec.securityContext ?? {};
  errors.push(
    ...matchErrors('seccomp', annotations[seccompAnnotation], { profile: seccompProfile, at: `${path}.securityContext.seccompProfile` }),
  );
  eachContainer(spec, path, ({ name, securityContext }, at) => {
    const of = { profile: securityContext?.seccompProfile, at: `${at}.securityContext.seccompProfile` };
    errors.push(...matchErrors('seccomp', annotations[`${seccompPrefix}${name}`], of));
  });
  if (spec.os?.name === 'windows') return errors;
  eachContainer(spec, path, ({ name, securityContext }, at) => {
    const of = { profile: securityContext?.appArmorProfile ?? appArmorProfile, at: `${at}.securityContext.appArmorProfile` };
    errors.push(...matchErrors('apparmor', annotations[`${appArmorPrefix}${name}`], of));
  });
  return errors;
}
interface Profiled {
  readonly profile: SeccompProfile | AppArmorProfile | undefined;
  readonly at: string;
}
function matchErrors(kind: 'seccomp' | 'apparmor', annotation: string | undefined, { profile, at }: Profiled): FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const differs = fieldForbidden(`${at}.type`, `${kind} type in annotation and field must match`);
  const defaults = kind === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default'];
  if (profile.type === 'Unconfined') return annotation === 'unconfined' ? [] : [differs];
  if (profile.type === 'RuntimeDefault') return defaults.includes(annotation) ? [] : [differs];
  if (profile.type !== 'Localhost') return [];
  if (!annotation.startsWith('localhost/')) return [differs];
  if (annotation.slice('localhost/'.length) === profile.localhostProfile) return [];
  return [fieldForbidden(`${at}.localhostProfile`, `${kind} profile in annotation and field must match`)];
}
