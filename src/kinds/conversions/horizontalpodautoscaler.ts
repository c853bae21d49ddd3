import {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  type AutoscalingV1HorizontalPodAutoscalerStatus,
  type HorizontalPodAutoscalerCondition,
  type HorizontalPodAutoscalerStatus,
  type MetricSpec,
  type MetricStatus,
} from '../../api/kinds.generated.ts';
import { isRecord } from '../../base/json.ts';
import { newerBehavior, olderBehavior } from '../autoscaler/older-behavior.ts';
import { newerMetric, olderMetric, type OlderMetric } from '../autoscaler/older-metrics.ts';
import { anyConversion, type Conversion } from '../kind.ts';

/** What the older version cannot say stands in its annotations. */
const annotation = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
} as const;

/** HorizontalPodAutoscaler of autoscaling/v1, which is stored as that of v2 (kubernetes v1.35, apis/autoscaling/v1 conversion). */
export const horizontalpodautoscaler: Conversion = anyConversion<AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler>({
  kind: AutoscalingV1HorizontalPodAutoscaler,
  stored: HorizontalPodAutoscaler,
  fromStored: older,
  toStored: newer,
});

function older(stored: Readonly<HorizontalPodAutoscaler>): AutoscalingV1HorizontalPodAutoscaler {
  const { status, ...rest } = stored;
  const { metrics, behavior, ...spec } = stored.spec;
  const { currentMetrics, conditions } = status ?? {};
  const target = metrics?.find(isCpuUse)?.resource?.target.averageUtilization;
  const others = (metrics ?? []).filter((metric) => !isCpuUse(metric));
  const said = {
    ...(others.length > 0 && { [annotation.metrics]: others.map(olderMetric) }),
    ...(currentMetrics && currentMetrics.length > 0 && { [annotation.currentMetrics]: currentMetrics.map(olderMetric) }),
    ...(conditions && conditions.length > 0 && { [annotation.conditions]: conditions.map(orderedCondition) }),
    ...(behavior && { [annotation.behavior]: olderBehavior(behavior) }),
  };
  const texts = Object.fromEntries(Object.entries(said).map(([key, value]) => [key, JSON.stringify(value)]));
  const annotations = { ...stored.metadata.annotations, ...texts };
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: { ...stored.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    ...(status && { status: olderStatus(status) }),
  };
}
function olderStatus({
  currentMetrics,
  conditions: _,
  ...status
}: HorizontalPodAutoscalerStatus): AutoscalingV1HorizontalPodAutoscalerStatus {
  const use = currentMetrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.current.averageUtilization;
  return { ...status, currentReplicas: status.currentReplicas ?? 0, ...(use !== undefined && { currentCPUUtilizationPercentage: use }) };
}
function isCpuUse({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
}
/** In the order in which Kubernetes writes them. */
function orderedCondition({ type, status, ...rest }: HorizontalPodAutoscalerCondition): HorizontalPodAutoscalerCondition {
  const { lastTransitionTime, reason, message } = rest;
  return {
    type,
    status,
    ...(lastTransitionTime !== undefined && { lastTransitionTime }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
}

/** What was sent may lack a spec: the rules of the newer version say so. */
type Sent = Omit<AutoscalingV1HorizontalPodAutoscaler, 'spec'> & { readonly spec?: AutoscalingV1HorizontalPodAutoscaler['spec'] };
function newer(own: Readonly<Sent>): HorizontalPodAutoscaler {
  const { metadata, status: ownStatus } = own;
  const { targetCPUUtilizationPercentage: target, ...spec } = own.spec as
    AutoscalingV1HorizontalPodAutoscaler['spec'] | Record<string, never>;
  const others = listIn<OlderMetric>(metadata.annotations, annotation.metrics).map((one): MetricSpec => newerMetric(one, 'target'));
  const cpu: MetricSpec[] =
    target === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  const metrics = [...others, ...cpu];
  const behavior = jsonIn(metadata.annotations, annotation.behavior);
  const status = ownStatus === undefined ? undefined : newerStatus(ownStatus, metadata.annotations);
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !Object.values<string>(annotation).includes(key));
  const { annotations: _, ...rest } = metadata;
  return {
    ...own,
    apiVersion: 'autoscaling/v2',
    metadata: { ...rest, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) },
    spec: {
      ...(spec as HorizontalPodAutoscaler['spec']),
      ...(metrics.length > 0 && { metrics }),
      ...(isRecord(behavior) && { behavior: newerBehavior(behavior) }),
    },
    ...(status && { status }),
  };
}
function newerStatus(
  own: AutoscalingV1HorizontalPodAutoscalerStatus,
  annotations: Readonly<Record<string, string>> | undefined,
): HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: use, ...rest } = own;
  const told = listIn<OlderMetric>(annotations, annotation.currentMetrics).map((one): MetricStatus => newerMetric(one, 'current'));
  const cpu: MetricStatus[] =
    use === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: use } } }];
  const currentMetrics = told.length > 0 ? told : cpu;
  const conditions = listIn<HorizontalPodAutoscalerCondition>(annotations, annotation.conditions);
  return { ...rest, ...(currentMetrics.length > 0 && { currentMetrics }), ...(conditions.length > 0 && { conditions: [...conditions] }) };
}

function listIn<T>(annotations: Readonly<Record<string, string>> | undefined, key: string): readonly T[] {
  const value = jsonIn(annotations, key);
  return Array.isArray(value) ? (value as T[]) : [];
}
function jsonIn(annotations: Readonly<Record<string, string>> | undefined, key: string): unknown {
  const text = annotations?.[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Somebody has written the annotation by hand: as upstream, what cannot be read says nothing.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
