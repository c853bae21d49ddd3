import { Pod } from '../../api/kinds.generated.ts';
import { isNotFound } from '../../api/status.ts';
import { keyText } from '../../api/object.ts';
import { errorText } from '../../base/log.ts';
import type { Surroundings } from '../../reconcile/run-controller.ts';
import { writePodStatus } from '../pod-status.ts';
import type { PodFacts } from '../state/pod-facts.ts';

/** Each gets the condition DisruptionTarget and is deleted, with its grace. Answers whether all are on their way out. */
export async function deleteVictims(
  surroundings: Surroundings,
  preemptor: PodFacts,
  { victims, node }: { readonly victims: readonly PodFacts[]; readonly node: string },
): Promise<boolean> {
  const done = await Promise.all(victims.map((victim) => deleteVictim(surroundings, victim, { preemptor, node })));
  return done.every((each) => each);
}

async function deleteVictim(
  surroundings: Surroundings,
  victim: PodFacts,
  by: { readonly preemptor: PodFacts; readonly node: string },
): Promise<boolean> {
  const { cluster, recorder, log, signal } = surroundings;
  const scheduler = by.preemptor.pod.spec.schedulerName ?? 'default-scheduler';
  await writePodStatus(surroundings, victim, {
    condition: {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${scheduler}: preempting to accommodate a higher priority pod`,
    },
  });
  try {
    await cluster.delete(Pod, victim, { uid: victim.uid });
  } catch (error) {
    if (isNotFound(error)) return true;
    if (!signal.aborted) log.warn('a pod could not be preempted', { pod: keyText(victim), error: errorText(error) });
    return false;
  }
  const message = `Preempted by pod ${by.preemptor.uid} on node ${by.node}`;
  recorder.event(victim.pod, 'Normal', { reason: 'Preempted', action: 'Preempting', message, related: by.preemptor.pod });
  return true;
}
