import type { NodeState } from '../node-state.ts';
import type { Plugin } from '../plugin.ts';
import type { PodFacts } from '../pod-facts.ts';

/** Requests of all pods on a node stay within what it offers; nodes with more left are better (LeastAllocated). */
export const resourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  hints: ['podRemoved'],
  filter: (pod) => (node) => (fits(pod, node) ? undefined : shortages(pod, node)),
  score: (pod) => ({
    of: (node) => {
      const cpu = freeShare(node.scoredCpuMillis + pod.scoredCpuMillis, node.cpuMillis);
      const memory = freeShare(node.scoredMemoryBytes + pod.scoredMemoryBytes, node.memoryBytes);
      const counted = (node.cpuMillis > 0 ? 1 : 0) + (node.memoryBytes > 0 ? 1 : 0);
      return counted === 0 ? 0 : Math.floor((cpu + memory) / counted);
    },
  }),
};

function fits(pod: PodFacts, node: NodeState): boolean {
  return (
    node.pods.size < node.podLimit &&
    (pod.cpuMillis === 0 || pod.cpuMillis <= node.cpuMillis - node.usedCpuMillis) &&
    (pod.memoryBytes === 0 || pod.memoryBytes <= node.memoryBytes - node.usedMemoryBytes) &&
    (pod.others.size === 0 || lacking(pod, node).length === 0)
  );
}

function shortages(pod: PodFacts, node: NodeState): readonly string[] {
  const reasons: string[] = [];
  if (node.pods.size >= node.podLimit) reasons.push('Too many pods');
  if (pod.cpuMillis > 0 && pod.cpuMillis > node.cpuMillis - node.usedCpuMillis) reasons.push('Insufficient cpu');
  if (pod.memoryBytes > 0 && pod.memoryBytes > node.memoryBytes - node.usedMemoryBytes) reasons.push('Insufficient memory');
  for (const name of lacking(pod, node)) reasons.push(`Insufficient ${name}`);
  return reasons;
}

function lacking(pod: PodFacts, node: NodeState): string[] {
  const names: string[] = [];
  for (const [name, amount] of pod.others) {
    if (amount > (node.others.get(name) ?? 0) - (node.usedOthers.get(name) ?? 0)) names.push(name);
  }
  return names;
}

function freeShare(wanted: number, offered: number): number {
  return offered === 0 || wanted > offered ? 0 : Math.floor(((offered - wanted) * 100) / offered);
}
