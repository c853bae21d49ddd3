import type { Controller } from '../reconcile/controller.ts';
import { cronjob } from './cronjob.ts';
import { deployment } from './deployment.ts';
import { disruption } from './disruption.ts';
import { endpointslice } from './endpointslice.ts';
import { ephemeralVolume } from './ephemeral-volume.ts';
import { garbageCollector } from './garbage-collector.ts';
import { job } from './job.ts';
export { localPathProvisioner, memoryVolumeFolders, type VolumeFolders } from './local-path-provisioner.ts';
import { namespace } from './namespace.ts';
import { nodeLifecycle } from './node-lifecycle.ts';
import { persistentvolumeBinder } from './persistentvolume-binder.ts';
import { persistentvolumeExpander } from './persistentvolume-expander.ts';
import { podGarbageCollector } from './pod-garbage-collector.ts';
import { pvProtection } from './pv-protection.ts';
import { pvcProtection } from './pvc-protection.ts';
import { replicaset } from './replicaset.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceaccount } from './serviceaccount.ts';
export { serviceLoadBalancer } from './service-load-balancer.ts';
export { serviceLoopbackPorts } from './service-loopback-ports.ts';
import { taintEviction } from './taint-eviction.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';

/** Every controller of the control plane; each calls as the user `system:controller:<identityOf(it)>`. */
export const controllers: readonly Controller[] = [
  deployment,
  replicaset,
  job,
  cronjob,
  ttlAfterFinished,
  endpointslice,
  namespace,
  serviceaccount,
  rootCaPublisher,
  nodeLifecycle,
  taintEviction,
  podGarbageCollector,
  disruption,
  persistentvolumeBinder,
  persistentvolumeExpander,
  pvcProtection,
  pvProtection,
  ephemeralVolume,
  garbageCollector,
];
