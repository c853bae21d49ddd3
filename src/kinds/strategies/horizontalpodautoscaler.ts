import { HorizontalPodAutoscaler, type HorizontalPodAutoscalerSpec, type HPAScalingRules } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell } from '../cells.ts';
import { targetsCell } from '../autoscaler/cells.ts';
import { metricErrors, scalingErrors } from '../autoscaler/validate.ts';
import { invalidEach, invalidValue, required } from '../field-errors.ts';
import { pathSegment } from '../names.ts';
import type { KindRules } from '../rules.ts';

export const horizontalpodautoscaler: KindRules<HorizontalPodAutoscaler> = {
  kind: HorizontalPodAutoscaler,
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
    for (const field of ['scaleUp', 'scaleDown'] as const) errors.push(...scalingErrors(spec.behavior?.[field], `spec.behavior.${field}`));
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
