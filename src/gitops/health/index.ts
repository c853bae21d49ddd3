import { splitApiVersion, type KubeObject } from '../../api/object.ts';
import { valueAt } from '../../base/json.ts';
import { apiServiceHealth, autoscalerHealth, definitionHealth } from './extensions.ts';
import { cronJobHealth, jobHealth } from './jobs.ts';
import { ingressHealth, serviceHealth } from './networking.ts';
import { podHealth } from './pods.ts';
import {
  conditionOf,
  conditionText,
  failedForGood,
  healthy,
  progressing,
  type Health,
  type HealthOptions,
  type HealthRule,
  type HealthStatus,
} from './status.ts';
import { claimHealth, volumeHealth } from './storage.ts';
import { daemonSetHealth, deploymentHealth, podDisruptionBudgetHealth, replicaSetHealth, statefulSetHealth } from './workloads.ts';

/** What a kind says beyond the generic rules; undefined falls through to them. */
const rules: Readonly<Record<string, HealthRule>> = {
  '/Pod': podHealth,
  '/Service': serviceHealth,
  '/PersistentVolumeClaim': claimHealth,
  '/PersistentVolume': volumeHealth,
  '/ReplicationController': replicaSetHealth,
  'apps/Deployment': deploymentHealth,
  'apps/ReplicaSet': replicaSetHealth,
  'apps/StatefulSet': statefulSetHealth,
  'apps/DaemonSet': daemonSetHealth,
  'batch/Job': jobHealth,
  'batch/CronJob': cronJobHealth,
  'networking.k8s.io/Ingress': ingressHealth,
  'autoscaling/HorizontalPodAutoscaler': autoscalerHealth,
  'policy/PodDisruptionBudget': podDisruptionBudgetHealth,
  'apiextensions.k8s.io/CustomResourceDefinition': definitionHealth,
  'apiregistration.k8s.io/APIService': apiServiceHealth,
};

/**
 * What state a live object is in. Pure. kstatus's rules, except: a Job is healthy when complete, a paused Deployment or a
 * suspended Job is suspended, a failed Pod is degraded, and no address is waited for where nothing provides one.
 */
export function healthOf(object: KubeObject, options: HealthOptions = {}): Health {
  const rule = rules[`${splitApiVersion(object.apiVersion).group}/${object.kind}`];
  return deleting(object) ?? unobserved(object) ?? reported(object) ?? rule?.(object, options) ?? readiness(object);
}

const severity: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'];

/** The worst of several; Healthy of none. */
export function worstHealth(all: Iterable<HealthStatus>): HealthStatus {
  let worst = 0;
  for (const status of all) worst = Math.max(worst, severity.indexOf(status));
  return severity[worst] as HealthStatus;
}

function deleting(object: KubeObject): Health | undefined {
  if (object.metadata.deletionTimestamp === undefined) return undefined;
  const finalizers = object.metadata.finalizers ?? [];
  return progressing(finalizers.length === 0 ? 'is being deleted' : `is being deleted; waits for finalizers ${finalizers.join(', ')}`);
}
function unobserved(object: KubeObject): Health | undefined {
  const seen = valueAt(object, ['status', 'observedGeneration']);
  const { generation } = object.metadata;
  if (typeof seen !== 'number' || generation === undefined || seen === generation) return undefined;
  return progressing(`generation ${generation} not seen by its controller yet, which is at ${seen}`);
}
function reported(object: KubeObject): Health | undefined {
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(conditionText(reconciling));
  const stalled = conditionOf(object, 'Stalled');
  return stalled?.status === 'True' ? failedForGood(conditionText(stalled)) : undefined;
}
function readiness(object: KubeObject): Health {
  const ready = conditionOf(object, 'Ready');
  if (ready === undefined) return healthy('present');
  return ready.status === 'True' ? healthy('ready') : progressing(conditionText(ready));
}

export type { Health, HealthOptions, HealthStatus } from './status.ts';
