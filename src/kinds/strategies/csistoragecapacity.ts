import { CSIStorageCapacity } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { nonnegativeAmountErrors } from '../amounts.ts';
import { immutable, invalidEach } from '../field-errors.ts';
import { dnsSubdomain } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';

export const csistoragecapacity: KindRules<CSIStorageCapacity> = {
  kind: CSIStorageCapacity,
  complete: true,
  generation: 'none',
  validate: (object, old) => (old === undefined ? createErrors(object) : changeErrors(object, old)),
};

function createErrors(object: CSIStorageCapacity): FieldError[] {
  const { storageClassName = '', capacity }: Sent<CSIStorageCapacity> = object;
  const errors = labelSelectorErrors(object.nodeTopology, 'nodeTopology');
  errors.push(...invalidEach('storageClassName', storageClassName, dnsSubdomain(storageClassName)));
  return capacity === undefined ? errors : [...errors, ...nonnegativeAmountErrors('capacity', capacity)];
}
function changeErrors(object: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  const errors: FieldError[] = [];
  if (!jsonEqual(object.nodeTopology, old.nodeTopology)) errors.push(immutable('nodeTopology', object.nodeTopology ?? null));
  if (object.storageClassName !== old.storageClassName) errors.push(immutable('storageClassName', object.storageClassName));
  return errors;
}
