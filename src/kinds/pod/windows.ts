import type { Container, PodSpec, WindowsSecurityContextOptions } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';

const largestSpec = 64 * 1024;
const longestDomain = 256;
const longestUser = 104;

/** What is wrong with settings for Windows (kubernetes v1.35, validateWindowsSecurityContextOptions). */
export function windowsErrors(options: WindowsSecurityContextOptions | undefined, at: string): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options ?? {};
  const errors = name === undefined ? [] : invalidEach(`${at}.gmsaCredentialSpecName`, name, dnsSubdomain(name));
  if (spec === '') errors.push(invalidValue(`${at}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'));
  if (spec !== undefined && Buffer.byteLength(spec) > largestSpec) {
    errors.push(invalidValue(`${at}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec size must be under 64 KiB'));
  }
  return user === undefined ? errors : [...errors, ...invalidEach(`${at}.runAsUserName`, user, userFaults(user))];
}
function userFaults(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // Control characters.
  if ([...name].some((letter) => letter < ' ' || letter === '\u007f')) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts[parts.length - 1] as string;
  const faults = parts.length === 1 ? [] : domainFaults(parts[0] as string);
  if (user === '') faults.push("runAsUserName's User cannot be empty");
  else if (user.length > longestUser) faults.push(`runAsUserName's User length must not be longer than ${longestUser} characters`);
  if (/^[. ]+$/.test(user)) faults.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    faults.push(String.raw`runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`);
  }
  return faults;
}
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
function domainFaults(domain: string): string[] {
  const faults = domain.length >= longestDomain ? [`runAsUserName's Domain length must be under ${longestDomain} characters`] : [];
  if (netBios.test(domain) || dnsName.test(domain)) return faults;
  return [...faults, "runAsUserName's Domain doesn't match the NetBios nor the DNS format"];
}

/** Calls for each container with its path: init containers, containers, those added later. */
export function eachContainer(spec: PodSpec, path: string, visit: (container: Container, at: string) => void): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) visit(container, `${path}.${list}[${index}]`);
  }
}

/** Containers that are processes of a Windows node: all of them are, or none (validateWindowsHostProcessPod). */
export function hostProcessErrors(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const all: boolean[] = [];
  eachContainer(spec, path, (container, at) => {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    all.push(own ?? ofPod ?? false);
  });
  if (!all.includes(true)) return errors;
  if (all.includes(false)) {
    errors.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  }
  if (spec.hostNetwork === true) return errors;
  return [...errors, invalidValue(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers')];
}

/** What a pod that says its operating system may not set (validateLinux, validateWindows). */
export function systemErrors(spec: PodSpec, path: string): FieldError[] {
  return spec.os?.name === 'windows' ? foreignToWindows(spec, path) : foreignToLinux(spec, path);
}
function foreignToLinux(spec: PodSpec, path: string): FieldError[] {
  const detail = 'windows options cannot be set for a linux pod';
  const set = spec.securityContext?.windowsOptions !== undefined;
  const errors = set ? [fieldForbidden(`${path}.securityContext.windowsOptions`, detail)] : [];
  eachContainer(spec, path, ({ securityContext }, at) => {
    if (securityContext?.windowsOptions === undefined) return;
    errors.push(fieldForbidden(`${at}.securityContext.windowsOptions`, detail));
  });
  return errors;
}
/** Fields of the pod, those of its security context after a dot, in the order in which they are told. */
const podFields = [
  ...['.appArmorProfile', '.seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC', '.seccompProfile', '.fsGroup', '.fsGroupChangePolicy'],
  ...['.sysctls', 'shareProcessNamespace', '.runAsUser', '.runAsGroup', '.supplementalGroups', '.supplementalGroupsPolicy'],
  '.seLinuxChangePolicy',
] as const;
const containerFields = [
  ...(['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'] as const),
  ...(['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const),
];
function foreignToWindows(spec: PodSpec, path: string): FieldError[] {
  const detail = 'cannot be set for a windows pod';
  const errors: FieldError[] = [];
  const isSet = (value: unknown, field: string): boolean =>
    field === 'hostPID' || field === 'hostIPC' ? value === true : value !== undefined && !(Array.isArray(value) && value.length === 0);
  for (const field of podFields) {
    const inContext = field.startsWith('.');
    const holder = (inContext ? spec.securityContext : spec) as Record<string, unknown> | undefined;
    if (isSet(holder?.[inContext ? field.slice(1) : field], field)) {
      errors.push(fieldForbidden(inContext ? `${path}.securityContext${field}` : `${path}.${field}`, detail));
    }
  }
  eachContainer(spec, path, ({ securityContext }, at) => {
    for (const field of containerFields) {
      if (securityContext?.[field] !== undefined) errors.push(fieldForbidden(`${at}.securityContext.${field}`, detail));
    }
  });
  return errors;
}
