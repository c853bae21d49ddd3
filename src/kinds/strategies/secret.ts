import { Secret } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { dataErrors, dataSize, frozenDataErrors } from '../data.ts';
import { immutable, invalidValue, required, tooLong } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

const mostBytes = 1024 * 1024;

export const secret: KindRules<Secret> = {
  kind: Secret,
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
    const errors = [...dataErrors(data, 'data'), ...typeErrors(object)];
    if (dataSize(data, 'base64') > mostBytes) errors.push(tooLong('data', mostBytes));
    if (old === undefined) return errors;
    if (object.type !== old.type) errors.push(immutable('type', object.type));
    if (old.immutable === true) errors.push(...frozenDataErrors(object, old, ['data']));
    return errors;
  },
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
  try {
    JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return [];
  } catch {
    // Not JSON: what is in it may not be said.
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', 'must be valid JSON')];
  }
}
