import type { Plugin } from '../plugin.ts';
import type { PluginArgs, ResourceWeight } from '../plugin-args.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { isExtended, offered, requestOf, used } from '../state/resource.ts';

/** Prefers nodes where CPU and memory would be used to like parts, so that neither is left over. */
export function nodeResourcesBalancedAllocation(args: PluginArgs['NodeResourcesBalancedAllocation']): Plugin {
  const { resources } = args;
  const usual = resources.length === 2 && resources[0]?.name === 'cpu' && resources[1]?.name === 'memory';
  return {
    name: 'NodeResourcesBalancedAllocation',
    score(pod) {
      // Pods that ask for nothing do not change the balance, and would crowd on one node for it.
      if (resources.every(({ name }) => requestOf(pod, name) === 0)) return undefined;
      return { of: usual ? (node) => usualBalance(pod, node) : (node) => balance(shares(pod, node, resources)) };
    },
  };
}

function usualBalance(pod: PodFacts, node: NodeState): number {
  if (node.cpuMillis === 0 || node.memoryBytes === 0) return 100;
  const cpu = Math.min(1, (node.usedCpuMillis + pod.cpuMillis) / node.cpuMillis);
  const memory = Math.min(1, (node.usedMemoryBytes + pod.memoryBytes) / node.memoryBytes);
  return Math.floor((1 - Math.abs((cpu - memory) / 2)) * 100);
}

function shares(pod: PodFacts, node: NodeState, resources: readonly ResourceWeight[]): number[] {
  return resources.flatMap(({ name }) => {
    const wanted = requestOf(pod, name);
    const all = offered(node, name);
    if (all === 0 || (wanted === 0 && isExtended(name))) return [];
    return [Math.min(1, (used(node, name) + wanted) / all)];
  });
}

/** 100 less the standard deviation of the shares. */
function balance(parts: readonly number[]): number {
  if (parts.length < 2) return 100;
  const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
  const variance = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / parts.length;
  const deviation = parts.length === 2 ? Math.abs(((parts[0] as number) - (parts[1] as number)) / 2) : Math.sqrt(variance);
  return Math.floor((1 - deviation) * 100);
}
