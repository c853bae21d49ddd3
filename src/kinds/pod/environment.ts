import type { Container, EnvFromSource, EnvVar, EnvVarSource } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dataKey, environmentName } from '../names.ts';

/** What is wrong with a container's environment (kubernetes v1.35, ValidateEnv, ValidateEnvFrom). */
export function environmentErrors(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, variable] of (container.env ?? []).entries()) errors.push(...variableErrors(variable, `${path}.env[${index}]`));
  for (const [index, source] of (container.envFrom ?? []).entries()) errors.push(...sourceErrors(source, `${path}.envFrom[${index}]`));
  return errors;
}

function variableErrors(variable: EnvVar, at: string): FieldError[] {
  const errors = variable.name === '' ? [required(`${at}.name`)] : invalidEach(`${at}.name`, variable.name, environmentName(variable.name));
  if (variable.valueFrom === undefined) return errors;
  return [...errors, ...valueFromErrors(variable, variable.valueFrom, `${at}.valueFrom`)];
}

function valueFromErrors(variable: EnvVar, from: EnvVarSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = Object.values(from).filter((source) => source !== undefined).length;
  if (count === 0) {
    errors.push(
      invalidValue(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'),
    );
  } else if (variable.value !== undefined && variable.value !== '') {
    errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  } else if (count > 1) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  if (from.fieldRef !== undefined) errors.push(...fieldRefErrors(from.fieldRef, `${at}.fieldRef`));
  if (from.resourceFieldRef !== undefined) errors.push(...resourceRefErrors(from.resourceFieldRef.resource, `${at}.resourceFieldRef`));
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = from[kind];
    if (ref === undefined) continue;
    if (!ref.name) errors.push(required(`${at}.${kind}.name`));
    errors.push(...(ref.key === '' ? [required(`${at}.${kind}.key`)] : invalidEach(`${at}.${kind}.key`, ref.key, dataKey(ref.key))));
  }
  return errors;
}

const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
function fieldRefErrors(ref: { apiVersion?: string; fieldPath: string }, at: string): FieldError[] {
  if (ref.fieldPath === '') return [required(`${at}.fieldPath`)];
  if (/^metadata\.(labels|annotations)\['.+'\]$/.test(ref.fieldPath) || fieldPaths.includes(ref.fieldPath)) return [];
  if (/^metadata\.(labels|annotations)\[/.test(ref.fieldPath) || !/^[a-zA-Z.]+$/.test(ref.fieldPath)) {
    return [invalidValue(`${at}.fieldPath`, ref.fieldPath, 'error converting fieldPath: field label not supported')];
  }
  return [notSupported(`${at}.fieldPath`, ref.fieldPath, fieldPaths)];
}
const resourceNames = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
function resourceRefErrors(resource: string, at: string): FieldError[] {
  if (resource === '') return [required(`${at}.resource`)];
  if (/^(limits|requests)\.hugepages-/.test(resource) || resourceNames.includes(resource)) return [];
  return [notSupported(`${at}.resource`, resource, resourceNames)];
}

function sourceErrors(source: EnvFromSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (source.prefix) errors.push(...invalidEach(`${at}.prefix`, source.prefix, environmentName(source.prefix)));
  if (source.configMapRef === undefined && source.secretRef === undefined) {
    return [...errors, invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`')];
  }
  if (source.configMapRef !== undefined && source.secretRef !== undefined) {
    errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  }
  for (const kind of ['configMapRef', 'secretRef'] as const) {
    if (source[kind] !== undefined && !source[kind].name) errors.push(required(`${at}.${kind}.name`));
  }
  return errors;
}
