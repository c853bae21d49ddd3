import type { Node, NodeCondition } from '../api/kinds.generated.ts';
import type { Condition } from './node-conditions.ts';
import type { Tell } from './pod-events.ts';

/** What a kubelet calls the states of its conditions in events (pkg/kubelet/nodestatus/setters.go, kubernetes v1.35). */
const names: Readonly<Record<string, { readonly [status in Condition['status']]: string }>> = {
  Ready: { True: 'NodeReady', False: 'NodeNotReady' },
  MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
  DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
  PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
};

/** The names of the conditions that are not as they were, in their order. */
export function changesOf(before: readonly NodeCondition[], now: readonly Condition[]): readonly string[] {
  const former = new Map(before.map(({ type, status }) => [type, status]));
  return now.flatMap(({ type, status }) => (former.get(type) === status ? [] : (names[type]?.[status] ?? [])));
}

/** Tells of a state of the node. */
export function tellState(tell: Tell, node: Readonly<Node>, state: string): void {
  tell(node, 'Normal', { reason: state, message: `Node ${node.metadata.name} status is now: ${state}` });
}
