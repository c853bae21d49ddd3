import type { PolicyRule } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, required } from '../field-errors.ts';
import type { Sent } from '../sent.ts';

/** What is wrong with the rules of a Role or ClusterRole (kubernetes v1.35, rbac validatePolicyRule). */
export function policyRuleErrors(rules: readonly Sent<PolicyRule>[], namespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const errors = (rule.verbs ?? []).length === 0 ? [required(`${at}.verbs`, 'verbs must contain at least one value')] : [];
    return [...errors, ...((rule.nonResourceURLs ?? []).length > 0 ? pathErrors(rule, at, namespaced) : resourceErrors(rule, at))];
  });
}

function pathErrors(
  { nonResourceURLs, apiGroups = [], resources = [], resourceNames = [] }: Sent<PolicyRule>,
  at: string,
  namespaced: boolean,
) {
  const field = `${at}.nonResourceURLs`;
  const errors: FieldError[] = [];
  if (namespaced) errors.push(invalidValue(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
  if (apiGroups.length + resources.length + resourceNames.length > 0) {
    errors.push(invalidValue(field, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
  }
  return errors;
}
function resourceErrors({ apiGroups = [], resources = [], resourceNames = [] }: Sent<PolicyRule>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (apiGroups.length === 0) errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0) errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  if (resourceNames.length > 0 && resources.length > 1) {
    errors.push(required(`${at}.resourceNames`, 'resource names cannot apply to multiple resources'));
  }
  return errors;
}
