import type { KubeObject } from '../../api/object.ts';
import { conditionOf, conditionText, degraded, failedForGood, healthy, progressing, type Health } from './status.ts';

export function definitionHealth(object: KubeObject): Health {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failedForGood(conditionText(names));
  const structure = conditionOf(object, 'NonStructuralSchema');
  if (structure?.status === 'True') return failedForGood(conditionText(structure));
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return healthy('established');
  if (established?.status === 'False' && established.reason !== 'Installing') return failedForGood(conditionText(established));
  return progressing('not served yet');
}

export function apiServiceHealth(object: KubeObject): Health {
  const available = conditionOf(object, 'Available');
  if (available?.status === 'True') return healthy('available');
  return progressing(available === undefined ? 'not seen yet' : conditionText(available));
}

const failures: Readonly<Record<string, readonly string[]>> = {
  AbleToScale: ['FailedGetScale', 'FailedUpdateScale'],
  ScalingActive: [
    'FailedGetResourceMetric',
    'FailedGetContainerResourceMetric',
    'FailedGetPodsMetric',
    'FailedGetObjectMetric',
    'FailedGetExternalMetric',
    'FailedComputeMetricsReplicas',
    'FailedConvertHPA',
    'InvalidMetricSourceType',
    'InvalidSelector',
    'AmbiguousSelector',
  ],
};

/** Degraded for the reasons that gitops-engine lists, else kstatus's generic rule. */
export function autoscalerHealth(object: KubeObject): Health | undefined {
  for (const [type, reasons] of Object.entries(failures)) {
    const condition = conditionOf(object, type);
    if (condition?.status === 'False' && reasons.includes(condition.reason)) return degraded(conditionText(condition));
  }
  return undefined;
}
