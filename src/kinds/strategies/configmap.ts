import { ConfigMap } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { dataErrors, dataSize, frozenDataErrors } from '../data.ts';
import { invalidValue, tooLong } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

const mostBytes = 1024 * 1024;

export const configmap: KindRules<ConfigMap> = {
  kind: ConfigMap,
  generation: 'none',
  validate: (object, old) => {
    const { data = {}, binaryData = {} } = object;
    const errors: FieldError[] = [];
    for (const key of Object.keys(data)) {
      if (Object.hasOwn(binaryData, key)) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    errors.push(...dataErrors(data, 'data'), ...dataErrors(binaryData, 'binaryData'));
    if (dataSize(data, 'text') + dataSize(binaryData, 'base64') > mostBytes) errors.push(tooLong('', mostBytes));
    if (old?.immutable === true) errors.push(...frozenDataErrors(object, old, ['data', 'binaryData']));
    return errors;
  },
  cells: ({ metadata, data = {}, binaryData = {} }, now) => [
    metadata.name,
    Object.keys(data).length + Object.keys(binaryData).length,
    ageCell(metadata.creationTimestamp, now),
  ],
};
