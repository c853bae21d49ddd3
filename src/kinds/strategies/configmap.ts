import { ConfigMap } from '../../api/kinds.generated.ts';
import { ageCell } from '../cells.ts';
import { dataErrors, dataSize, frozenDataErrors } from '../data.ts';
import { invalidEach, invalidValue, tooLong } from '../field-errors.ts';
import { dataKey } from '../names.ts';
import type { KindRules } from '../rules.ts';

const mostBytes = 1024 * 1024;

export const configmap: KindRules<ConfigMap> = {
  kind: ConfigMap,
  complete: true,
  generation: 'none',
  validate: (object, old) => {
    const { data = {}, binaryData = {} } = object;
    const errors = old?.immutable === true ? frozenDataErrors(object, old, ['data', 'binaryData']) : [];
    for (const key of Object.keys(data)) {
      errors.push(...invalidEach(`data[${key}]`, key, dataKey(key)));
      if (Object.hasOwn(binaryData, key)) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    errors.push(...dataErrors(binaryData, 'binaryData'));
    if (dataSize(data, 'text') + dataSize(binaryData, 'base64') > mostBytes) errors.push(tooLong('', mostBytes));
    return errors;
  },
  cells: ({ metadata, data = {}, binaryData = {} }, now) => [
    metadata.name,
    Object.keys(data).length + Object.keys(binaryData).length,
    ageCell(metadata.creationTimestamp, now),
  ],
};
