import type { HPAScalingRules, MetricSpec, MetricTarget } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue, notSupported, required } from '../field-errors.ts';

/** The field that holds a metric's source, by the metric's type. */
export const metricSources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
/** What is wrong with one metric (kubernetes v1.35, validateMetricSpec). */
export function metricErrors(metric: MetricSpec, at: string): FieldError[] {
  if (metric.type === '') return [required(`${at}.type`, 'must specify a metric source type')];
  const own = metricSources[metric.type as keyof typeof metricSources] as (typeof metricSources)[keyof typeof metricSources] | undefined;
  if (own === undefined) return [notSupported(`${at}.type`, metric.type, Object.keys(metricSources))];
  const errors: FieldError[] = [];
  for (const field of Object.values(metricSources)) {
    if (field !== own && metric[field] !== undefined) {
      const detail = `must specify populate information for only one metric source type: ${metric.type}`;
      errors.push(fieldForbidden(`${at}.${field}`, detail));
    }
  }
  const source = metric[own];
  if (source === undefined) return [...errors, required(`${at}.${own}`, 'must populate information for the given metric source')];
  if ('name' in source && source.name === '') errors.push(required(`${at}.${own}.name`, 'must specify a resource name'));
  return [...errors, ...targetErrors(source.target, `${at}.${own}.target`)];
}
function targetErrors(target: MetricTarget, at: string): FieldError[] {
  if (target.type === '') return [required(`${at}.type`, 'must specify a metric target type')];
  const types = ['AverageValue', 'Utilization', 'Value'];
  if (!types.includes(target.type)) return [notSupported(`${at}.type`, target.type, types)];
  const errors: FieldError[] = [];
  if (target.averageUtilization !== undefined && target.averageUtilization < 1) {
    errors.push(invalidValue(`${at}.averageUtilization`, target.averageUtilization, 'must be greater than 0'));
  }
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field];
    if (amount !== undefined && compareQuantities(amount, '0') <= 0)
      errors.push(invalidValue(`${at}.${field}`, amount, 'must be positive'));
  }
  if (target.averageUtilization === undefined && target.value === undefined && target.averageValue === undefined) {
    errors.push(required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization'));
  }
  return errors;
}

const longestWindow = 3600;
const longestPeriod = 1800;
/** What is wrong with how fast it may scale in one direction. */
export function scalingErrors(rules: HPAScalingRules | undefined, at: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const window = rules.stabilizationWindowSeconds ?? 0;
  if (window < 0) errors.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window > longestWindow) {
    errors.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, `must be less than or equal to ${longestWindow}`));
  }
  const choices = ['Disabled', 'Max', 'Min'];
  if (rules.selectPolicy !== undefined && !choices.includes(rules.selectPolicy)) {
    errors.push(notSupported(`${at}.selectPolicy`, rules.selectPolicy, choices));
  }
  if (rules.policies?.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'));
  return [...errors, ...policyErrors(rules, at)];
}
function policyErrors(rules: HPAScalingRules, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, policy] of (rules.policies ?? []).entries()) {
    const here = `${at}.policies[${index}]`;
    if (policy.type !== 'Pods' && policy.type !== 'Percent') errors.push(notSupported(`${here}.type`, policy.type, ['Percent', 'Pods']));
    if (policy.value <= 0) errors.push(invalidValue(`${here}.value`, policy.value, 'must be greater than zero'));
    if (policy.periodSeconds <= 0) errors.push(invalidValue(`${here}.periodSeconds`, policy.periodSeconds, 'must be greater than zero'));
    if (policy.periodSeconds > longestPeriod) {
      errors.push(invalidValue(`${here}.periodSeconds`, policy.periodSeconds, `must be less than or equal to ${longestPeriod}`));
    }
  }
  return errors;
}
