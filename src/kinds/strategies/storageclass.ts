import { StorageClass, type TopologySelectorTerm } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { duplicate, fieldForbidden, immutable, invalidEach, notSupported, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { parameterErrors, provisionerErrors } from '../storage/driver.ts';
import { oldLabelWarning } from '../storage/warnings.ts';

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];

export const storageclass: KindRules<StorageClass> = {
  kind: StorageClass,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate: (object, old) => (old === undefined ? createErrors(object) : updateErrors(object, old)),
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
      matchLabelExpressions.flatMap(({ key }, number) =>
        oldLabelWarning(key, `allowedTopologies[${index}].matchLabelExpressions[${number}]`),
      ),
    ),
};

function createErrors({ provisioner = '', parameters = {}, reclaimPolicy = '', volumeBindingMode, allowedTopologies }: Sent<StorageClass>) {
  const errors = [...provisionerErrors('provisioner', provisioner), ...parameterErrors('parameters', parameters)];
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)) {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies));
  }
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (!bindingModes.includes(volumeBindingMode)) errors.push(notSupported('volumeBindingMode', volumeBindingMode, bindingModes));
  return [...errors, ...topologyErrors(allowedTopologies ?? [])];
}
function updateErrors(object: StorageClass, old: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (field: string): number => errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
  if (!jsonEqual(object.parameters ?? {}, old.parameters ?? {})) forbid('parameters');
  if (object.provisioner !== old.provisioner) forbid('provisioner');
  if (object.reclaimPolicy !== old.reclaimPolicy) forbid('reclaimPolicy');
  if (object.volumeBindingMode !== old.volumeBindingMode) errors.push(immutable('volumeBindingMode', object.volumeBindingMode));
  return errors;
}

function topologyErrors(terms: readonly Sent<TopologySelectorTerm>[]): FieldError[] {
  const seen = new Set<string>();
  return terms.flatMap(({ matchLabelExpressions = [] }, index) => {
    const at = `allowedTopologies[${index}].matchLabelExpressions`;
    const keys = new Map<string, string[]>();
    const errors = matchLabelExpressions.flatMap(({ key = '', values = [] }, number) => {
      const here = `${at}[${number}]`;
      const broken = values.length === 0 ? [required(`${here}.values`)] : [];
      broken.push(
        ...values.flatMap((value, place) => (values.indexOf(value) < place ? [duplicate(`${here}.values[${place}]`, value)] : [])),
      );
      broken.push(...invalidEach(`${here}.key`, key, qualifiedName(key)));
      if (keys.has(key)) broken.push(duplicate(`${here}.key`, key));
      keys.set(key, [...new Set(values)].sort());
      return broken;
    });
    const same = JSON.stringify([...keys].sort());
    if (seen.has(same)) errors.push(duplicate(at, ''));
    seen.add(same);
    return errors;
  });
}
