import type { HPAScalingPolicy, HPAScalingRules } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, notSupported, required } from '../field-errors.ts';
import type { Sent } from '../sent.ts';

const longestWindow = 3600;
const longestPeriod = 1800;
/** What is wrong with how fast it may scale in one direction (kubernetes v1.35, validateScalingRules). */
export function scalingErrors(rules: Sent<HPAScalingRules> | undefined, at: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, tolerance, policies = [] } = rules;
  const windowAt = `${at}.stabilizationWindowSeconds`;
  if (window < 0) errors.push(invalidValue(windowAt, window, 'must be greater than or equal to zero'));
  if (window > longestWindow) errors.push(invalidValue(windowAt, window, `must be less than or equal to ${longestWindow}`));
  const choices = ['Disabled', 'Max', 'Min'];
  if (selectPolicy !== undefined && !choices.includes(selectPolicy)) {
    errors.push(notSupported(`${at}.selectPolicy`, selectPolicy, choices));
  }
  if (policies.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'));
  errors.push(...policies.flatMap((policy, index) => policyErrors(policy, `${at}.policies[${index}]`)));
  if (tolerance !== undefined && compareQuantities(tolerance, '0') < 0) {
    errors.push(invalidValue(`${at}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  }
  return errors;
}
function policyErrors({ type = '', value = 0, periodSeconds = 0 }: Sent<HPAScalingPolicy>, at: string): FieldError[] {
  const errors = type === 'Pods' || type === 'Percent' ? [] : [notSupported(`${at}.type`, type, ['Percent', 'Pods'])];
  if (value <= 0) errors.push(invalidValue(`${at}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalidValue(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  if (periodSeconds <= longestPeriod) return errors;
  return [...errors, invalidValue(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${longestPeriod}`)];
}
