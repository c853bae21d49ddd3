import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import { dataErrors, dataSize, frozenDataErrors } from '../data.ts';
import { immutable, invalidValue, required, tooLong } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

const mostBytes = 1024 * 1024;

export const secret: KindRules<Secret> = {
  kind: Secret,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    object.type ||= 'Opaque';
    if (object.stringData === undefined) return;
    const data = (object.data ??= {});
    for (const key in object.stringData) data[key] = Buffer.from(object.stringData[key] as string, 'utf8').toString('base64');
    delete object.stringData;
  },
  validate: (object, old) => {
    const { data = {} } = object;
    const errors: FieldError[] = [];
    if (old !== undefined && object.type !== old.type) errors.push(immutable('type', object.type));
    if (old?.immutable === true) errors.push(...frozenDataErrors(object, old, ['data']));
    errors.push(...dataErrors(data, 'data'));
    if (dataSize(data, 'base64') > mostBytes) errors.push(tooLong('data', mostBytes));
    return [...errors, ...typeErrors(object)];
  },
  warnings: typeWarnings,
  cells: ({ metadata, type, data = {} }, now) => [
    metadata.name,
    type ?? '',
    Object.keys(data).length,
    ageCell(metadata.creationTimestamp, now),
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
};

/** Keys that a Secret of a known type must have (kubernetes v1.35, ValidateSecret). */
function typeErrors({ type, data = {}, metadata }: Secret): FieldError[] {
  const need = (...keys: string[]): FieldError[] => keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`));
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name';
      return metadata.annotations?.[key] ? [] : [required(`metadata.annotations[${key}]`)];
    }
    case 'kubernetes.io/dockercfg':
      return jsonErrors(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return jsonErrors(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      return data['username'] === undefined && data['password'] === undefined ? need('username', 'password') : [];
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return need('tls.crt', 'tls.key');
    default:
      return [];
  }
}
function jsonErrors(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  const text = data[key];
  if (text === undefined) return [required(`data[${key}]`)];
  const fault = jsonFault(Buffer.from(text, 'base64').toString('utf8'));
  // What is in it may not be said.
  return fault === undefined ? [] : [invalidValue(`data[${key}]`, '<secret contents redacted>', fault)];
}
/** Why a text is no JSON object, in the words of Go's decoder. */
function jsonFault(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) || value === null) return undefined;
    const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${found} into Go value of type map[string]interface {}`;
  } catch {
    // Not JSON. The commonest faults in Go's words; none shows more than one character.
    const [first = '', second = ''] = text.trimStart().replace(/^(\{)\s+/, '$1');
    if (first === '{' && second !== '' && second !== '"') {
      return `invalid character ${goCharacter(second)} looking for beginning of object key string`;
    }
    return first === '' || /[{["\d-]/.test(first)
      ? 'unexpected end of JSON input'
      : `invalid character ${goCharacter(first)} looking for beginning of value`;
  }
}
const goCharacter = (character: string): string => (character === "'" ? "'\\''" : `'${character}'`);

/** Secrets of a known type that cannot be used as such (kubernetes v1.35, warningsForSecret). */
function typeWarnings({ type, data = {} }: Secret): string[] {
  if (type !== 'kubernetes.io/tls' || data['tls.crt'] === undefined || data['tls.key'] === undefined) return [];
  const fault = keyPairFault(Buffer.from(data['tls.crt'], 'base64'), Buffer.from(data['tls.key'], 'base64'));
  return fault === undefined ? [] : [fault];
}
function keyPairFault(certificate: Buffer, key: Buffer): string | undefined {
  if (!certificate.includes('-----BEGIN')) return 'tls: failed to find any PEM data in certificate input';
  if (!key.includes('-----BEGIN')) return 'tls: failed to find any PEM data in key input';
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
      ? undefined
      : 'tls: private key does not match public key';
  } catch (error) {
    return `tls: failed to parse the key pair: ${error instanceof Error ? error.message : String(error)}`;
  }
}
