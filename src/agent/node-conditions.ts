import type { NodeDescription } from './node.ts';
import type { Pressure } from './pressure.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The conditions of a node, in the words of a kubelet (pkg/kubelet/nodestatus/setters.go). */
export function conditionsOf(node: Pick<NodeDescription, 'notIsolated'>, pressure: Pressure): readonly Condition[] {
  const { memory, disk, pids } = pressure;
  return [
    memory
      ? is('MemoryPressure', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
      : isNot('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    disk
      ? is('DiskPressure', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : isNot('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pids
      ? is('PIDPressure', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available')
      : isNot('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    ...isolationOf(node.notIsolated),
    is('Ready', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}

/** Ours: whether pods are kept apart from this machine and from each other. */
function isolationOf(why: string | undefined): Condition[] {
  if (why === undefined) return [];
  return [
    why === ''
      ? is('Isolated', 'PodsAreIsolated', 'pods have namespaces of their own')
      : isNot('Isolated', 'PodsAreNotIsolated', `pods have the rights of the user who runs them: ${why}`),
  ];
}

function is(type: string, reason: string, message: string): Condition {
  return { type, status: 'True', reason, message };
}
function isNot(type: string, reason: string, message: string): Condition {
  return { type, status: 'False', reason, message };
}
