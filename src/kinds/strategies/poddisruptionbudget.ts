import { PodDisruptionBudget, type PodDisruptionBudgetSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { invalidValue, notSupported } from '../field-errors.ts';
import { pathSegment } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { KindRules } from '../rules.ts';
import { amountErrors, notMoreThanAllErrors } from '../workload/amounts.ts';
import { conditionErrors } from '../workload/conditions.ts';
import { negativeErrors } from '../workload/counts.ts';

export const poddisruptionbudget: KindRules<PodDisruptionBudget> = {
  kind: PodDisruptionBudget,
  complete: true,
  nameRule: pathSegment,
  unconditionalUpdate: false,
  defaults: (object) => {
    object.spec ??= {};
  },
  validate: ({ spec = {}, status }, _old, subresource) => {
    if (subresource !== 'status') return specErrors(spec);
    return [...conditionErrors(status?.conditions, 'status.conditions'), ...negativeErrors({ ...status }, counted)];
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.minAvailable ?? 'N/A',
    spec?.maxUnavailable ?? 'N/A',
    status?.disruptionsAllowed ?? 0,
    ageCell(metadata.creationTimestamp, now),
  ],
};
const counted = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];

/** As upstream's ValidatePodDisruptionBudgetSpec (kubernetes v1.35). */
function specErrors(spec: PodDisruptionBudgetSpec): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const amount = spec[field];
    if (amount !== undefined) errors.push(...amountErrors(`spec.${field}`, amount), ...notMoreThanAllErrors(`spec.${field}`, amount));
  }
  errors.push(...labelSelectorErrors(spec.selector, 'spec.selector'));
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  if (policy === undefined || policies.includes(policy)) return errors;
  return [...errors, notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)];
}
