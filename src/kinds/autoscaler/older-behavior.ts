import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../api/kinds.generated.ts';
import { isRecord } from '../../base/json.ts';

/** The behavior as the annotation of autoscaling/v1 has it: Kubernetes writes its internal form, whose fields have no JSON names. */
export function olderBehavior({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): object {
  return { ScaleUp: olderRules(scaleUp), ScaleDown: olderRules(scaleDown) };
}
function olderRules(rules: HPAScalingRules | undefined): object | null {
  if (rules === undefined) return null;
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies: rules.policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
    Tolerance: rules.tolerance ?? null,
  };
}

/** Read back, whatever the case of its names is, as Go reads JSON; null is as good as nothing. */
export function newerBehavior(older: unknown): HorizontalPodAutoscalerBehavior {
  return withNames(older) as HorizontalPodAutoscalerBehavior;
}
const names = new Map(
  ['scaleUp', 'scaleDown', 'stabilizationWindowSeconds', 'selectPolicy', 'policies', 'tolerance', 'type', 'value', 'periodSeconds'].map(
    (name) => [name.toLowerCase(), name],
  ),
);
function withNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNames);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const known = names.get(name.toLowerCase());
    return known === undefined || field === null ? [] : [[known, withNames(field)] as const];
  });
  return Object.fromEntries(fields);
}
