import type { Pod } from '../../api/kinds.generated.ts';

/** What a kubelet answers at /stats/summary (kubelet/pkg/apis/stats/v1alpha1), as far as it is known here. */
export interface Summary {
  readonly node: NodeStats;
  readonly pods: readonly PodStats[];
}
export interface CpuStats {
  readonly time: string;
  readonly usageNanoCores: number;
  readonly usageCoreNanoSeconds: number;
}
export interface MemoryStats {
  readonly time: string;
  readonly availableBytes?: number;
  readonly usageBytes: number;
  readonly workingSetBytes: number;
}
export interface NetworkStats {
  readonly time: string;
  readonly name: string;
  readonly rxBytes: number;
  readonly txBytes: number;
}
export interface FsStats {
  readonly time: string;
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
}
export interface NodeStats {
  readonly nodeName: string;
  readonly startTime: string;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly network?: NetworkStats;
  readonly fs?: FsStats;
  /** Ours: over how long `usageNanoCores` is. */
  readonly windowMs: number;
}
export interface ContainerStats {
  readonly name: string;
  readonly startTime: string;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
}
export interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly startTime: string;
  readonly containers: readonly ContainerStats[];
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly network: NetworkStats;
  /** Ours: over how long the shortest of its `usageNanoCores` is. */
  readonly windowMs: number;
}

export function podRef(pod: Readonly<Pod>): PodStats['podRef'] {
  return { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '', uid: pod.metadata.uid ?? '' };
}

export function sumOfCpu(parts: readonly CpuStats[], time: string): CpuStats {
  return {
    time,
    usageNanoCores: sum(parts.map((one) => one.usageNanoCores)),
    usageCoreNanoSeconds: sum(parts.map((one) => one.usageCoreNanoSeconds)),
  };
}
export function sumOfMemory(parts: readonly MemoryStats[], time: string): MemoryStats {
  return { time, usageBytes: sum(parts.map((one) => one.usageBytes)), workingSetBytes: sum(parts.map((one) => one.workingSetBytes)) };
}
function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
