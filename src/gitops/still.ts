import type { KubeObject, ObjectRef } from '../api/object.ts';
import type { Desired, DesiredSet } from './desired.ts';
import { exclusiveClaims } from './exclusive.ts';
import { autoscaledNames, autoscalersIn } from './inspect.ts';
import { isHook } from './predict.ts';

/**
 * What two revisions ask for in the same way and nothing else depends on, as `refText`: a plan from the one to the other has nothing to
 * do for it, and the server judges no other object by it. Pure.
 */
export function stillIn(before: DesiredSet, after: DesiredSet): ReadonlySet<string> {
  const autoscaled = autoscaledNames([...autoscalersIn(before), ...autoscalersIn(after)]);
  const same = (item: Desired): boolean => before.byName.get(item.name)?.digest === item.digest;
  const still = after.items.filter(
    (item) => same(item) && !isHook(item) && !autoscaled.has(item.name) && standsAlone(item.ref, item.object),
  );
  return new Set(still.map((item) => item.name));
}

/** Kinds of which the server asks nothing when it judges another object. Policies, classes, quotas, pods and the like are not among them. */
const alone = new Set([
  ...['/ConfigMap', '/Secret', '/Service', '/Endpoints', 'discovery.k8s.io/EndpointSlice', 'networking.k8s.io/NetworkPolicy'],
  ...['apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', 'apps/DaemonSet', 'batch/Job', 'batch/CronJob'],
  ...['autoscaling/HorizontalPodAutoscaler', 'policy/PodDisruptionBudget', 'networking.k8s.io/Ingress'],
]);
function standsAlone({ group, kind }: ObjectRef, object: KubeObject): boolean {
  if (kind === 'Service') return exclusiveClaims(object).length === 0;
  return alone.has(`${group}/${kind}`) || isCustomGroup(group);
}
/** Groups of users have a dot and do not end as those of Kubernetes do. */
export function isCustomGroup(group: string): boolean {
  return group.includes('.') && !group.endsWith('.k8s.io');
}
