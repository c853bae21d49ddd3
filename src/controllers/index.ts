import type { Controller } from '../reconcile/controller.ts';
import { cronjob } from './cronjob.ts';
import { daemonset } from './daemonset.ts';
import { deployment } from './deployment.ts';
import { disruption } from './disruption.ts';
import { endpoints } from './endpoints.ts';
import { endpointsliceMirroring } from './endpointslice-mirroring.ts';
import { endpointslice } from './endpointslice.ts';
import { ephemeralVolume } from './ephemeral-volume.ts';
import { garbageCollector } from './garbage-collector.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { job } from './job.ts';
export { ingressStatus } from './ingress-status.ts';
export { localPathProvisioner, memoryVolumeFolders, type VolumeFolders } from './local-path-provisioner.ts';
import { namespace } from './namespace.ts';
import { createNodeIpam, nodeIpam } from './node-ipam.ts';
import { createNodeLifecycle, nodeLifecycle, type NodeMonitorOptions } from './node-lifecycle.ts';
import type { RangeOptions } from './nodes/ranges.ts';
import { persistentvolumeBinder } from './persistentvolume-binder.ts';
import { persistentvolumeExpander } from './persistentvolume-expander.ts';
import { podReplacement } from './pod-replacement.ts';
import { persistentvolumeProtection } from './persistentvolume-protection.ts';
import { persistentvolumeclaimProtection } from './persistentvolumeclaim-protection.ts';
import { ttl } from './ttl.ts';
import { createPodGarbageCollector, podGarbageCollector, type PodGarbageOptions } from './pod-garbage-collector.ts';
import { replicaset } from './replicaset.ts';
import { replicationcontroller } from './replicationcontroller.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceaccountToken } from './serviceaccount-token.ts';
import { serviceaccount } from './serviceaccount.ts';
export { serviceAddresses } from './service-addresses.ts';
export { serviceLoadBalancer } from './service-load-balancer.ts';
export { serviceLoopbackPorts } from './service-loopback-ports.ts';
export { serviceRange } from './service-range.ts';
import { statefulset } from './statefulset.ts';
import { taintEviction } from './taint-eviction.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';

/** Every controller of the control plane; each calls as the user `system:controller:<identityOf(it)>`. */
export const controllers: readonly Controller[] = [
  deployment,
  daemonset,
  replicaset,
  replicationcontroller,
  statefulset,
  job,
  cronjob,
  horizontalPodAutoscaler,
  ttlAfterFinished,
  endpointslice,
  endpoints,
  endpointsliceMirroring,
  namespace,
  serviceaccount,
  serviceaccountToken,
  rootCaPublisher,
  nodeLifecycle,
  nodeIpam,
  taintEviction,
  podGarbageCollector,
  disruption,
  podReplacement,
  persistentvolumeBinder,
  persistentvolumeExpander,
  persistentvolumeclaimProtection,
  persistentvolumeProtection,
  ephemeralVolume,
  ttl,
  garbageCollector,
];

export interface ControllerSettings {
  readonly nodeMonitor?: NodeMonitorOptions;
  readonly podGarbage?: PodGarbageOptions;
  readonly ranges?: RangeOptions;
}

/** The same, set up otherwise than by default. */
export function controllersWith({ nodeMonitor, podGarbage, ranges }: ControllerSettings): readonly Controller[] {
  const own = [createNodeLifecycle(nodeMonitor), createPodGarbageCollector(podGarbage), createNodeIpam(ranges)];
  return controllers.map((each) => own.find(({ name }) => name === each.name) ?? each);
}
