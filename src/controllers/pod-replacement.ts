import { keyOf, type Kind, type KubeObject, type ObjectKey } from '../api/object.ts';
import { Pod, ReplicaSet, ReplicationController, StatefulSet, type ContainerStatus } from '../api/kinds.generated.ts';
import { controllerOf } from '../api/owner.ts';
import { avoidNodesAnnotation, nodesToAvoid, replaceAfter } from '../api/replacement.ts';
import { isConflict, isNotFound, StatusError } from '../api/status.ts';
import { parseTime, timestamp } from '../base/clock.ts';
import type { Context, Controller, Result } from '../reconcile/controller.ts';
import { isPodActive } from './pods/pod-state.ts';

/** How long new pods rather go elsewhere. */
const avoidMs = 10 * 60_000;
/** So long after the last failure, so that the budget knows of it. */
const settleMs = 5000;
/** A budget that does not allow it is asked again. */
const retryMs = 10_000;
/** Owners whose new pods can be told where not to go. */
const placing: readonly Kind<KubeObject>[] = [ReplicaSet, StatefulSet, ReplicationController];
/** Jobs count failures themselves; pods of a DaemonSet come back to the same node. */
const excluded = ['Job', 'DaemonSet'];

/**
 * Evicts pods whose restarts do not help, where their template asks for it (`steersman.dev/replace-after-restarts`): a container was
 * restarted so often and has failed again. Within the pod's disruption budget; for ten minutes new pods of the same owner prefer other nodes.
 */
export const podReplacement: Controller = {
  name: 'pod-replacement',
  reconciles: Pod,
  watches: placing.map((kind) => ({ kind, keysFor: () => [] })),
  start: (context) => (key) => reconcile(context, key),
};

async function reconcile(context: Context, key: ObjectKey): Promise<Result> {
  const pod = context.informer(Pod).get(key);
  const limit = replaceAfter(pod?.metadata.annotations);
  const useless = pod === undefined || limit === undefined || !isReplaced(pod) ? undefined : uselessContainer(pod, limit);
  if (pod === undefined || useless === undefined) return;
  const waitMs = (parseTime(useless.lastState?.terminated?.finishedAt) ?? 0) + settleMs - context.clock.now();
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  await avoid(context, pod);
  return replace(context, pod, useless);
}

async function replace(context: Context, pod: Readonly<Pod>, useless: ContainerStatus): Promise<Result> {
  try {
    await evict(context, pod);
    context.event(pod, 'Normal', 'ReplacingPod', `${told(useless)}: the pod is evicted, and another takes its place`);
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return;
    if (!(error instanceof StatusError) || error.reason !== 'TooManyRequests') throw error;
    const why = error.details?.causes?.[0]?.message ?? error.message;
    context.event(pod, 'Warning', 'ReplacementBlocked', `${told(useless)}, but the pod cannot be evicted: ${why}`);
    return { requeueAfterMs: retryMs, upkeep: true };
  }
}

/** Is it at work for an owner that makes another in its place? */
function isReplaced(pod: Readonly<Pod>): boolean {
  const owner = controllerOf(pod);
  return owner !== undefined && !excluded.includes(owner.kind) && isPodActive(pod) && (pod.spec.nodeName ?? '') !== '';
}

function uselessContainer({ status }: Readonly<Pod>, limit: number): ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find(({ restartCount = 0, state }) => restartCount >= limit && state?.waiting?.reason === 'CrashLoopBackOff');
}

function told({ name, restartCount = 0 }: ContainerStatus): string {
  return `Container ${name} was restarted ${restartCount} times and has failed again`;
}

/** Before the eviction: its replacement may be made at once. */
async function avoid(context: Context, pod: Readonly<Pod>): Promise<void> {
  const owner = controllerOf(pod);
  const kind = placing.find((each) => each.kind === owner?.kind);
  if (owner === undefined || kind === undefined) return;
  const key = { namespace: keyOf(pod).namespace, name: owner.name };
  const live = context.informer(kind).get(key);
  if (live?.metadata.uid !== owner.uid) return;
  const now = context.clock.now();
  const nodes = new Map(nodesToAvoid(live.metadata.annotations, now));
  const { nodeName = '' } = pod.spec;
  if ((nodes.get(nodeName) ?? 0) > now + avoidMs / 2) return;
  nodes.set(nodeName, now + avoidMs);
  const text = [...nodes].map(([node, until]) => `${node}=${timestamp({ now: () => until })}`).join(',');
  const { uid, resourceVersion } = live.metadata;
  await context.cluster.patch(kind, key, { metadata: { uid, resourceVersion, annotations: { [avoidNodesAnnotation]: text } } });
}

async function evict(context: Context, pod: Readonly<Pod>): Promise<void> {
  const { namespace, name } = keyOf(pod);
  const deleteOptions = { preconditions: { uid: pod.metadata.uid ?? '' } };
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name }, deleteOptions };
  // What travels to this subresource of a pod is an Eviction.
  await context.cluster.create<KubeObject>(Pod, eviction, { subresource: 'eviction' });
}
