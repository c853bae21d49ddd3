import { HorizontalPodAutoscaler, type HorizontalPodAutoscalerSpec, type HPAScalingRules } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { targetsCell } from '../autoscaler/cells.ts';
import { metricErrors, referenceErrors } from '../autoscaler/metrics.ts';
import { scalingErrors } from '../autoscaler/validate.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { negativeErrors } from '../workload/counts.ts';

export const horizontalpodautoscaler: KindRules<HorizontalPodAutoscaler> = {
  kind: HorizontalPodAutoscaler,
  complete: true,
  generation: 'none',
  defaults: (object) => {
    // Without a spec it is invalid: the schema says which fields are missing.
    const spec = (object.spec ??= {} as HorizontalPodAutoscalerSpec);
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
  validate: ({ spec, status }, old, subresource) => {
    if (subresource === 'status') return negativeErrors({ ...status }, ['currentReplicas', 'desiredReplicas']);
    return specErrors(spec, old?.spec.minReplicas === 0 ? 0 : 1);
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

/** As upstream's validateHorizontalPodAutoscalerSpec (kubernetes v1.35). */
function specErrors(spec: Sent<HorizontalPodAutoscalerSpec>, least: number): FieldError[] {
  const { minReplicas: min, maxReplicas: max = 0, scaleTargetRef = {}, metrics = [], behavior = {} } = spec;
  const errors: FieldError[] = [];
  if (min !== undefined && min < least) errors.push(invalidValue('spec.minReplicas', min, `must be greater than or equal to ${least}`));
  if (max < 1) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  if (min !== undefined && max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  errors.push(...referenceErrors(scaleTargetRef, 'spec.scaleTargetRef'));
  errors.push(...metrics.flatMap((metric, index) => metricErrors(metric, `spec.metrics[${index}]`)));
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    errors.push(fieldForbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  }
  errors.push(...scalingErrors(behavior.scaleUp, 'spec.behavior.scaleUp'));
  return [...errors, ...scalingErrors(behavior.scaleDown, 'spec.behavior.scaleDown')];
}
function withRuleDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return { ...defaults, selectPolicy: 'Max', ...rules };
}
