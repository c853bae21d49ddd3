/** The library: a control plane in this process, clients of any cluster, and plans. */
export type { Cluster, Reader, Writer } from './client/cluster.ts';
export type { Kind, KubeObject, ObjectKey, ObjectMeta, ObjectRef, WatchEvent } from './api/object.ts';
export type { Action, FieldChange, Finding, Plan, PlanStep } from './api/plan.ts';
export { isAlreadyExists, isConflict, isExpired, isForbidden, isInvalid, isNotFound, StatusError } from './api/status.ts';
export { realClock, type Clock } from './base/clock.ts';
export { createLog, silentLog, type Log } from './base/log.ts';
export { secureRandom, seededRandom, type Random } from './base/random.ts';
export { SimulatedClock } from './base/simulated-clock.ts';
export { connect, type Connection } from './client/connect.ts';
export { contextOf, loadKubeconfig } from './client/kubeconfig.ts';
export { connectTransport } from './client/transport.ts';
export { simulatedNode } from './controlplane/nodes.ts';
export { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './controlplane/start.ts';
export { runtimes } from './agent/runtimes/index.ts';
export { planMarkdown } from './report/markdown.ts';
export { planText } from './report/text.ts';
