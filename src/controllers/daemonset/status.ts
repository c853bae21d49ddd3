import type { DaemonSet, DaemonSetStatus } from '../../api/kinds.generated.ts';
import type { Rota } from './rota.ts';

/** The sums over all nodes. `observed`: the set has been acted on as it is now. */
export function daemonSetStatus(
  set: Readonly<DaemonSet>,
  rota: Rota,
  { collisions, observed }: { collisions: number; observed: boolean },
): DaemonSetStatus {
  const desired = rota.count('desired');
  const available = rota.count('available');
  const { observedGeneration, conditions } = set.status ?? {};
  const generation = observed ? set.metadata.generation : observedGeneration;
  return {
    currentNumberScheduled: rota.count('scheduled'),
    numberMisscheduled: rota.count('misscheduled'),
    desiredNumberScheduled: desired,
    numberReady: rota.count('ready'),
    ...unlessZero('observedGeneration', generation ?? 0),
    ...unlessZero('updatedNumberScheduled', rota.count('updated')),
    ...unlessZero('numberAvailable', available),
    ...unlessZero('numberUnavailable', desired - available),
    ...unlessZero('collisionCount', collisions),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

function unlessZero(name: keyof DaemonSetStatus, value: number): Partial<DaemonSetStatus> {
  return value === 0 ? {} : { [name]: value };
}
