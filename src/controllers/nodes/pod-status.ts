import { keyOf } from '../../api/object.ts';
import { Pod, type PodCondition } from '../../api/kinds.generated.ts';
import { isConflict, isNotFound } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import type { Context } from '../../reconcile/controller.ts';

export interface PodChange {
  readonly condition?: Omit<PodCondition, 'lastTransitionTime'>;
  readonly phase?: string;
}

/** Writes one condition, and a phase where it is given, into a pod's status. A pod that has changed or gone meanwhile is left to the next pass. */
export async function writePodCondition(context: Context, pod: Readonly<Pod>, change: PodChange): Promise<boolean> {
  const status = changedStatus(pod, change, timestamp(context.clock));
  if (status === undefined) return true;
  try {
    await context.cluster.update(Pod, { ...pod, status }, { subresource: 'status' });
    return true;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return false;
    throw error;
  }
}

/** Undefined when it says so already. What is said of the other conditions stays, and their order. */
function changedStatus(pod: Readonly<Pod>, { condition, phase }: PodChange, time: string): Pod['status'] | undefined {
  const conditions = pod.status?.conditions ?? [];
  const next = condition === undefined ? conditions : conditionsWith({ pod, conditions }, condition, time);
  if (next === conditions && (phase === undefined || pod.status?.phase === phase)) return undefined;
  return { ...pod.status, ...(phase === undefined ? {} : { phase }), ...(next.length === 0 ? {} : { conditions: next }) };
}

function conditionsWith(
  { pod, conditions }: { pod: Readonly<Pod>; conditions: PodCondition[] },
  condition: NonNullable<PodChange['condition']>,
  time: string,
): PodCondition[] {
  const former = conditions.find(({ type }) => type === condition.type);
  if (former?.status === condition.status && former.reason === condition.reason) return conditions;
  const { generation } = pod.metadata;
  const since = former?.status === condition.status ? (former.lastTransitionTime ?? time) : time;
  const next = { ...condition, ...(generation !== undefined && { observedGeneration: generation }), lastTransitionTime: since };
  return former === undefined ? [...conditions, next] : conditions.with(conditions.indexOf(former), next);
}

const attempts = 5;

/**
 * Tells a pod why it goes, then deletes it; of a pod that was changed meanwhile the newer state. One that has gone, or has another
 * of its name in its place, is done.
 */
export async function tellAndDelete(
  context: Context,
  pod: Readonly<Pod>,
  how: { change?: PodChange; graceSeconds?: number },
): Promise<void> {
  const uid = pod.metadata.uid ?? '';
  const { change, graceSeconds } = how;
  try {
    let live = pod;
    for (let attempt = 1; change !== undefined; attempt++) {
      if (await writePodCondition(context, live, change)) break;
      if (attempt === attempts) throw new Error(`the status of pod ${keyOf(pod).namespace}/${pod.metadata.name} is changed all the time`);
      live = await context.cluster.get(Pod, keyOf(pod));
      if (live.metadata.uid !== uid) return;
    }
    await context.cluster.delete(Pod, keyOf(pod), { uid, ...(graceSeconds === undefined ? {} : { graceSeconds }) });
  } catch (error) {
    // NotFound: it went by itself. Conflict: the uid is that of another one.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
