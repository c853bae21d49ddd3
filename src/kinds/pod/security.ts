import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, notSupported, required, tooLong } from '../field-errors.ts';
import { descendingErrors } from './paths.ts';
import { sysctlErrors } from './sysctls.ts';
import { windowsErrors } from './windows.ts';

const largestId = 2_147_483_647;
/** A user or group id of the system. */
export function idErrors(id: number | undefined, at: string): FieldError[] {
  const good = id === undefined || (id >= 0 && id <= largestId);
  return good ? [] : [invalidValue(at, id, `must be between 0 and ${largestId}, inclusive`)];
}
function choiceErrors(value: string | undefined, at: string, choices: readonly string[]): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(at, value, choices)];
}

/** What is wrong with a container's security (kubernetes v1.35, ValidateSecurityContext). */
export function containerSecurityErrors(context: SecurityContext | undefined, at: string, hostUsers: boolean): FieldError[] {
  if (context === undefined) return [];
  const errors = [...idErrors(context.runAsUser, `${at}.runAsUser`), ...idErrors(context.runAsGroup, `${at}.runAsGroup`)];
  errors.push(...choiceErrors(context.procMount, `${at}.procMount`, ['Default', 'Unmasked']));
  if (hostUsers && context.procMount === 'Unmasked') {
    errors.push(invalidValue(`${at}.procMount`, 'Unmasked', '`hostUsers` must be false to use `Unmasked`'));
  }
  errors.push(...seccompErrors(context.seccompProfile, `${at}.seccompProfile`), ...escalationErrors(context, at));
  errors.push(...windowsErrors(context.windowsOptions, `${at}.windowsOptions`));
  return [...errors, ...appArmorErrors(context.appArmorProfile, `${at}.appArmorProfile`)];
}
function escalationErrors(context: SecurityContext, at: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  if (context.privileged === true) {
    errors.push(invalidValue(at, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  }
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue;
    errors.push(invalidValue(at, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
  return errors;
}

/** What is wrong with a pod's security (validatePodSpecSecurityContext). */
export function podSecurityErrors(spec: PodSpec, path: string): FieldError[] {
  const context = spec.securityContext;
  if (context === undefined) return [];
  const at = `${path}.securityContext`;
  const errors = (['fsGroup', 'runAsUser', 'runAsGroup'] as const).flatMap((field) => idErrors(context[field], `${at}.${field}`));
  errors.push(...(context.supplementalGroups ?? []).flatMap((id, index) => idErrors(id, `${at}.supplementalGroups[${index}]`)));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(invalidValue(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  errors.push(...sysctlErrors(spec, `${at}.sysctls`));
  errors.push(...choiceErrors(context.fsGroupChangePolicy, `${at}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']));
  errors.push(...seccompErrors(context.seccompProfile, `${at}.seccompProfile`));
  errors.push(...windowsErrors(context.windowsOptions, `${at}.windowsOptions`));
  errors.push(...appArmorErrors(context.appArmorProfile, `${at}.appArmorProfile`));
  errors.push(...choiceErrors(context.supplementalGroupsPolicy, `${at}.supplementalGroupsPolicy`, ['Merge', 'Strict']));
  return [...errors, ...choiceErrors(context.seLinuxChangePolicy, `${at}.seLinuxChangePolicy`, ['MountOption', 'Recursive'])];
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
/** What is wrong with a filter of system calls (validateSeccompProfileField). */
function seccompErrors(profile: SeccompProfile | undefined, at: string): FieldError[] {
  if (profile === undefined) return [];
  const errors: FieldError[] = [];
  if (!profile.type) errors.push(required(`${at}.type`, 'type is required when seccompProfile is set'));
  else errors.push(...choiceErrors(profile.type, `${at}.type`, profileTypes));
  const file = profile.localhostProfile;
  if (profile.type !== 'Localhost') {
    const detail = 'can only be set when seccomp type is Localhost';
    return file === undefined ? errors : [...errors, invalidValue(`${at}.localhostProfile`, profile, detail)];
  }
  if (file === undefined) return [...errors, required(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost')];
  return [...errors, ...descendingErrors(file, `${at}.localhostProfile`)];
}

const longestProfile = 4095;
/** What is wrong with an AppArmor profile (ValidateAppArmorProfileField). */
function appArmorErrors(profile: AppArmorProfile | undefined, at: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: name } = profile;
  const nameAt = `${at}.localhostProfile`;
  if (!type) return [required(`${at}.type`, 'type is required when appArmorProfile is set')];
  if (!profileTypes.includes(type)) return [notSupported(`${at}.type`, type, profileTypes)];
  if (type !== 'Localhost') {
    return name === undefined ? [] : [invalidValue(nameAt, name, 'can only be set when AppArmor type is Localhost')];
  }
  const missing = required(nameAt, 'must be set when AppArmor type is Localhost');
  if (name === undefined) return [missing];
  const errors: FieldError[] = [];
  if (name.trim() !== name) errors.push(invalidValue(nameAt, name, 'must not be padded with whitespace'));
  else if (name === '') errors.push(missing);
  return name.length > longestProfile ? [...errors, tooLong(nameAt, longestProfile)] : errors;
}
