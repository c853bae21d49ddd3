import {
  HorizontalPodAutoscaler,
  type HPAScalingRules,
  type MetricSpec,
  type MetricStatus,
  type MetricTarget,
} from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { pathSegment } from '../names.ts';
import type { KindRules } from '../rules.ts';

export const horizontalpodautoscaler: KindRules<HorizontalPodAutoscaler> = {
  kind: HorizontalPodAutoscaler,
  generation: 'none',
  defaults: ({ spec }) => {
    if (spec === undefined) return;
    if ((spec.metrics ?? []).length === 0) {
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    }
    if (spec.behavior === undefined) return;
    spec.behavior.scaleUp = withRuleDefaults(spec.behavior.scaleUp, {
      stabilizationWindowSeconds: 0,
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    });
    spec.behavior.scaleDown = withRuleDefaults(spec.behavior.scaleDown, { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] });
  },
  validate: ({ spec }) => {
    const errors: FieldError[] = [];
    const { minReplicas = 1, maxReplicas, scaleTargetRef } = spec;
    if (minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
    if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
    if (maxReplicas < minReplicas) {
      errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
    }
    for (const field of ['kind', 'name'] as const) {
      const at = `spec.scaleTargetRef.${field}`;
      errors.push(
        ...(scaleTargetRef[field] === '' ? [required(at)] : invalidEach(at, scaleTargetRef[field], pathSegment(scaleTargetRef[field]))),
      );
    }
    errors.push(...(spec.metrics ?? []).flatMap((metric, index) => metricErrors(metric, `spec.metrics[${index}]`)));
    for (const field of ['scaleUp', 'scaleDown'] as const) errors.push(...ruleErrors(spec.behavior?.[field], `spec.behavior.${field}`));
    return errors;
  },
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    targetsCell(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    ageCell(metadata.creationTimestamp, now),
  ],
};

function withRuleDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return { ...defaults, selectPolicy: 'Max', ...rules };
}

const sources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
function metricErrors(metric: MetricSpec, at: string): FieldError[] {
  if (metric.type === '') return [required(`${at}.type`, 'must specify a metric source type')];
  const own = sources[metric.type as keyof typeof sources] as (typeof sources)[keyof typeof sources] | undefined;
  if (own === undefined) return [notSupported(`${at}.type`, metric.type, Object.keys(sources))];
  const errors: FieldError[] = [];
  for (const field of Object.values(sources)) {
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
function ruleErrors(rules: HPAScalingRules | undefined, at: string): FieldError[] {
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

/** `cpu: 10%/80%`, at most two metrics. */
function targetsCell(metrics: readonly MetricSpec[], current: readonly MetricStatus[]): string {
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, 2).map((metric, index) => targetCell(metric, current[index]));
  const rest = metrics.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} + ${rest} more...` : shown.join(', ');
}
function targetCell(metric: MetricSpec, current: MetricStatus | undefined): string {
  const own = sources[metric.type as keyof typeof sources] as (typeof sources)[keyof typeof sources] | undefined;
  const source = own === undefined ? undefined : metric[own];
  if (own === undefined || source === undefined) return '<unknown type>';
  const found = current?.[own]?.current;
  const named = 'name' in source ? `${source.name}: ` : '';
  const { target } = source;
  if (target.averageUtilization !== undefined && target.averageValue === undefined) {
    const now = found?.averageUtilization === undefined ? '<unknown>' : `${found.averageUtilization}%`;
    return `${named}${now}/${target.averageUtilization}%`;
  }
  if (target.averageValue !== undefined) {
    const suffix = own === 'object' || own === 'external' ? ' (avg)' : '';
    return `${named}${found?.averageValue ?? '<unknown>'}/${target.averageValue}${suffix}`;
  }
  return `${named}${found?.value ?? '<unknown>'}/${target.value ?? '<auto>'}`;
}
