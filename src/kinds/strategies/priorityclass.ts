import { PriorityClass } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { choiceErrors, fieldForbidden, immutable } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';

const highestOfUsers = 1_000_000_000;
const ofSystem: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 };

/** As upstream's ValidatePriorityClass and its update (kubernetes v1.35). */
export const priorityclass: KindRules<PriorityClass> = {
  kind: PriorityClass,
  complete: true,
  generation: 'spec',
  defaults: (object) => {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: (object, old) => {
    if (old !== undefined) return updateErrors(object, old);
    const errors = object.metadata.name?.startsWith('system-') ? systemErrors(object) : userErrors(object);
    const policy: string | undefined = object.preemptionPolicy;
    return policy === undefined ? errors : [...errors, ...choiceErrors('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never'])];
  },
  cells: ({ metadata, value, globalDefault = false, preemptionPolicy = '' }, now) => [
    metadata.name,
    value,
    globalDefault,
    ageCell(metadata.creationTimestamp, now),
    preemptionPolicy,
  ],
};
function userErrors({ value }: PriorityClass): FieldError[] {
  if ((value ?? 0) <= highestOfUsers) return [];
  return [fieldForbidden('value', `maximum allowed value of a user defined priority is ${highestOfUsers}`)];
}
function systemErrors({ metadata, value, globalDefault = false }: PriorityClass): FieldError[] {
  const known = ofSystem[metadata.name];
  let fault = `${metadata.name} is not a known system priority class`;
  if (known !== undefined) {
    if (value !== known) fault = `value of ${metadata.name} PriorityClass must be ${known}`;
    else if (globalDefault) fault = `globalDefault of ${metadata.name} PriorityClass must be false`;
    else return [];
  }
  return [fieldForbidden('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${fault}`)];
}
function updateErrors(object: PriorityClass, old: PriorityClass): FieldError[] {
  const errors = object.value === old.value ? [] : [fieldForbidden('value', 'may not be changed in an update.')];
  if (object.preemptionPolicy === old.preemptionPolicy) return errors;
  return [...errors, immutable('preemptionPolicy', object.preemptionPolicy ?? null)];
}
