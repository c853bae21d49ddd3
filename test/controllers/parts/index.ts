import { cronjob } from './cronjob.ts';
import { daemonset } from './daemonset.ts';
import { deployment } from './deployment.ts';
import { endpoints } from './endpoints.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { job } from './job.ts';
import type { Part } from './part.ts';
import { disruption } from './disruption.ts';
import { nodeLifecycle } from './node-lifecycle.ts';
import { podGarbageCollector } from './pod-garbage-collector.ts';
import { podReplacement } from './pod-replacement.ts';
import { replicaset } from './replicaset.ts';
import { taintEviction } from './taint-eviction.ts';
import { replicationcontroller } from './replicationcontroller.ts';
import { serviceaccountToken } from './serviceaccount-token.ts';
import { statefulset } from './statefulset.ts';
import { storage } from './storage.ts';

/** Every part that the seeds tell their stories of. */
export const parts: readonly Part[] = [
  replicaset,
  deployment,
  job,
  cronjob,
  horizontalPodAutoscaler,
  replicationcontroller,
  statefulset,
  daemonset,
  endpoints,
  serviceaccountToken,
  storage,
  disruption,
  nodeLifecycle,
  taintEviction,
  podGarbageCollector,
  podReplacement,
];
