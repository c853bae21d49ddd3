import { VolumeAttributesClass } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { fieldForbidden, required } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { parameterErrors, provisionerErrors } from '../storage/driver.ts';

export const volumeattributesclass: KindRules<VolumeAttributesClass> = {
  kind: VolumeAttributesClass,
  complete: true,
  generation: 'none',
  validate: (object, old) => {
    const { driverName = '', parameters = {} }: Sent<VolumeAttributesClass> = object;
    const errors = old === undefined ? [] : changeErrors(object, old);
    errors.push(...provisionerErrors('driverName', driverName), ...parameterErrors('parameters', parameters));
    return Object.keys(parameters).length > 0 ? errors : [...errors, required('parameters', 'must contain at least one key/value pair')];
  },
};

function changeErrors(object: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  const errors: FieldError[] = [];
  if (object.driverName !== old.driverName) errors.push(fieldForbidden('driverName', 'updates to driverName are forbidden.'));
  if (jsonEqual(object.parameters ?? {}, old.parameters ?? {})) return errors;
  return [...errors, fieldForbidden('parameters', 'updates to parameters are forbidden.')];
}
