import { Pod, type PodCondition } from '../../api/kinds.generated.ts';
import { isConflict, isNotFound } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import type { Context } from '../../reconcile/controller.ts';

/** Writes one condition, and a phase where it is given, into a pod's status. A pod that has changed or gone meanwhile is left to the next pass. */
export async function writePodCondition(
  context: Context,
  pod: Readonly<Pod>,
  change: { condition: Omit<PodCondition, 'lastTransitionTime'>; phase?: string },
): Promise<boolean> {
  const { condition, phase } = change;
  const former = pod.status?.conditions?.find((each) => each.type === condition.type);
  if (former?.status === condition.status && (phase === undefined || pod.status?.phase === phase)) return true;
  const others = (pod.status?.conditions ?? []).filter((each) => each !== former);
  const conditions = [...others, { ...condition, lastTransitionTime: timestamp(context.clock) }];
  const status = { ...pod.status, ...(phase === undefined ? {} : { phase }), conditions };
  try {
    await context.cluster.update(Pod, { ...pod, status }, { subresource: 'status' });
    return true;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return false;
    throw error;
  }
}
