import { Pod, type PodCondition } from '../api/kinds.generated.ts';
import { withCondition } from '../api/condition.ts';
import { keyOf, keyText } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { timestamp } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import type { Surroundings } from '../reconcile/run-controller.ts';
import type { PodFacts } from './state/pod-facts.ts';

export interface StatusChange {
  readonly condition?: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
  /** '' takes it away. */
  readonly nominatedNodeName?: string;
}

const attempts = 3;

/** Writes a condition and the nominated node where they differ. A pod that is gone meanwhile is no error; other failures are logged. */
export async function writePodStatus(surroundings: Surroundings, pod: PodFacts, change: StatusChange): Promise<void> {
  const { cluster, informers, signal, log } = surroundings;
  let latest = informers.informer(Pod).get(pod);
  for (let attempt = 0; attempt < attempts && latest?.metadata.uid === pod.uid; attempt++) {
    const patch = patchFor(surroundings, latest, change);
    if (patch === undefined) return;
    try {
      await cluster.patch(Pod, keyOf(latest), patch, { subresource: 'status' });
      return;
    } catch (error) {
      if (signal.aborted || isNotFound(error)) return;
      if (!isConflict(error)) {
        log.warn('a pod status could not be written', { pod: keyText(pod), error: errorText(error) });
        return;
      }
      latest = await cluster.get(Pod, pod).catch(() => undefined); // Gone, or the next attempt to schedule says it again.
    }
  }
}

function patchFor(
  { clock }: Surroundings,
  pod: Readonly<Pod>,
  { condition, nominatedNodeName }: StatusChange,
): (object & Record<string, unknown>) | undefined {
  const status: Record<string, unknown> = {};
  const before = pod.status?.conditions;
  if (condition !== undefined) {
    const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
    const conditions = withCondition(before, { ...condition, ...observed }, timestamp(clock));
    if (conditions !== before) status['conditions'] = conditions;
  }
  if (nominatedNodeName !== undefined && nominatedNodeName !== (pod.status?.nominatedNodeName ?? ''))
    status['nominatedNodeName'] = nominatedNodeName === '' ? null : nominatedNodeName;
  if (Object.keys(status).length === 0) return undefined;
  const { uid, resourceVersion } = pod.metadata;
  return { metadata: { uid, resourceVersion }, status };
}
