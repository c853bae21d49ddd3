import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

/** What a pod asks of a resource: millicores or whole units. */
export function requestOf(pod: PodFacts, resource: string): number {
  if (resource === 'cpu') return pod.cpuMillis;
  return resource === 'memory' ? pod.memoryBytes : (pod.others.get(resource) ?? 0);
}
export function offered(node: NodeState, resource: string): number {
  if (resource === 'cpu') return node.cpuMillis;
  return resource === 'memory' ? node.memoryBytes : (node.others.get(resource) ?? 0);
}
export function used(node: NodeState, resource: string): number {
  if (resource === 'cpu') return node.usedCpuMillis;
  return resource === 'memory' ? node.usedMemoryBytes : (node.usedOthers.get(resource) ?? 0);
}
/** With what pods that say nothing count for in scores. */
export function scoredUse(node: NodeState, pod: PodFacts, resource: string): number {
  if (resource === 'cpu') return node.scoredCpuMillis + pod.scoredCpuMillis;
  if (resource === 'memory') return node.scoredMemoryBytes + pod.scoredMemoryBytes;
  return used(node, resource) + requestOf(pod, resource);
}
/** Devices, huge pages and the like, which most nodes do not have. */
export function isExtended(resource: string): boolean {
  return resource !== 'cpu' && resource !== 'memory' && resource !== 'ephemeral-storage' && resource !== 'pods';
}
