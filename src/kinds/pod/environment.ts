import type { Container, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, required } from '../field-errors.ts';
import { dataKey, dnsLabel, dnsSubdomain, environmentName } from '../names.ts';
import { filePathErrors } from './paths.ts';
import { fieldRefErrors, resourceRefErrors } from './references.ts';

/** What is wrong with a container's environment (kubernetes v1.35, ValidateEnv, ValidateEnvFrom). */
export function environmentErrors(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, variable] of (container.env ?? []).entries()) errors.push(...variableErrors(variable, `${path}.env[${index}]`));
  for (const [index, source] of (container.envFrom ?? []).entries()) errors.push(...sourceErrors(source, index, `${path}.envFrom`));
  return errors;
}

function variableErrors(variable: EnvVar, at: string): FieldError[] {
  const errors = variable.name ? invalidEach(`${at}.name`, variable.name, environmentName(variable.name)) : [required(`${at}.name`)];
  if (variable.valueFrom === undefined) return errors;
  return [...errors, ...valueFromErrors(variable, variable.valueFrom, `${at}.valueFrom`)];
}

const variableFields = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
];
const oneOf = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';

function valueFromErrors(variable: EnvVar, from: EnvVarSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (from.fieldRef !== undefined) errors.push(...fieldRefErrors(from.fieldRef, `${at}.fieldRef`, variableFields));
  if (from.resourceFieldRef !== undefined) errors.push(...resourceRefErrors(from.resourceFieldRef, `${at}.resourceFieldRef`, false));
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const { name = '', key = '' } = from[kind] ?? {};
    if (from[kind] === undefined) continue;
    errors.push(...invalidEach(`${at}.${kind}.name`, name, dnsSubdomain(name)));
    errors.push(...(key === '' ? [required(`${at}.${kind}.key`)] : invalidEach(`${at}.${kind}.key`, key, dataKey(key))));
  }
  if (from.fileKeyRef !== undefined) errors.push(...fileKeyErrors(from.fileKeyRef, `${at}.fileKeyRef`));
  const count = Object.values(from).filter((source) => source !== undefined).length;
  if (count === 0) errors.push(invalidValue(at, '', oneOf));
  else if (variable.value) errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  return errors;
}
function fileKeyErrors({ key, volumeName, path }: Partial<FileKeySelector>, at: string): FieldError[] {
  const errors = key ? invalidEach(`${at}.key`, key, environmentName(key)) : [required(`${at}.key`)];
  errors.push(...(volumeName ? invalidEach(`${at}.volumeName`, volumeName, dnsLabel(volumeName)) : [required(`${at}.volumeName`)]));
  return [...errors, ...(path ? filePathErrors(path, `${at}.path`) : [required(`${at}.path`)])];
}

/** Upstream tells how many sources there are at the list, and the rest at the item. */
function sourceErrors(source: EnvFromSource, index: number, path: string): FieldError[] {
  const at = `${path}[${index}]`;
  const errors: FieldError[] = [];
  if (source.prefix) errors.push(...invalidEach(`${at}.prefix`, source.prefix, environmentName(source.prefix)));
  for (const kind of ['configMapRef', 'secretRef'] as const) {
    const ref = source[kind];
    if (ref === undefined) continue;
    const name = ref.name ?? '';
    errors.push(
      ...(name === '' ? [required(`${at}.${kind}.name`)] : invalidEach(`${at}.${kind}.name`, name, dnsSubdomain(name.replace(/-$/, 'a')))),
    );
  }
  if (source.configMapRef === undefined && source.secretRef === undefined) {
    errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
  } else if (source.configMapRef !== undefined && source.secretRef !== undefined) {
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}
