import type { Pod, PodStatus } from '../api/kinds.generated.ts';
import { clone, type Mutable } from '../base/json.ts';
import { uuid, type Random } from '../base/random.ts';

/** What a pod says of itself that has run for long. `number`: of its address, unique. */
export function runningStatus(
  pod: Readonly<Pod>,
  { since, number, random }: { since: string; number: number; random: Random },
): Mutable<PodStatus> {
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  const podIP = `10.${244 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  return {
    ...(clone(pod.status ?? {}) as Mutable<PodStatus>),
    phase: 'Running',
    conditions: types.map((type) => ({ type, status: 'True', lastTransitionTime: since, observedGeneration: 1 })),
    observedGeneration: 1,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    startTime: since,
    podIP,
    podIPs: [{ ip: podIP }],
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
      name,
      image,
      imageID: `simulated://${image}`,
      restartCount: 0,
      ready: true,
      started: true,
      state: { running: { startedAt: since } },
      lastState: {},
      containerID: `simulated://${uuid(random).replaceAll('-', '')}`,
    })),
  } as Mutable<PodStatus>;
}
