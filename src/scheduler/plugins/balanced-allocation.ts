import type { Plugin } from '../plugin.ts';

/** Prefers nodes where CPU and memory would be used to like parts, so that neither is left over. */
export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score(pod) {
    // Pods that ask for nothing do not change the balance, and would crowd on one node for it.
    if (pod.cpuMillis === 0 && pod.memoryBytes === 0) return undefined;
    return {
      of: (node) => {
        if (node.cpuMillis === 0 || node.memoryBytes === 0) return 100;
        const cpu = Math.min(1, (node.usedCpuMillis + pod.cpuMillis) / node.cpuMillis);
        const memory = Math.min(1, (node.usedMemoryBytes + pod.memoryBytes) / node.memoryBytes);
        return Math.floor((1 - Math.abs(cpu - memory) / 2) * 100);
      },
    };
  },
};
