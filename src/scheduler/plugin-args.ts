import type { NodeAffinity, TopologySpreadConstraint } from '../api/kinds.generated.ts';

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}
/** A point of the line from use to score: use in percent, score from 0 to 10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly ResourceWeight[];
  /** Of RequestedToCapacityRatio, by rising use. */
  readonly shape: readonly ShapePoint[];
}

/** What can be set of plugins, as KubeSchedulerConfiguration names it (kubescheduler.config.k8s.io/v1). */
export interface PluginArgs {
  readonly NodeResourcesFit: {
    readonly ignoredResources: readonly string[];
    readonly ignoredResourceGroups: readonly string[];
    readonly scoringStrategy: ScoringStrategy;
  };
  readonly NodeResourcesBalancedAllocation: { readonly resources: readonly ResourceWeight[] };
  readonly NodeAffinity: { readonly addedAffinity: NodeAffinity | undefined };
  readonly InterPodAffinity: { readonly hardPodAffinityWeight: number; readonly ignorePreferredTermsOfExistingPods: boolean };
  readonly PodTopologySpread: {
    readonly defaultingType: 'System' | 'List';
    readonly defaultConstraints: readonly TopologySpreadConstraint[];
  };
  readonly VolumeBinding: { readonly bindTimeoutSeconds: number };
  readonly DefaultPreemption: { readonly minCandidateNodesPercentage: number; readonly minCandidateNodesAbsolute: number };
}

const cpuAndMemory: readonly ResourceWeight[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** As kube-scheduler v1.35. */
export const defaultArgs: PluginArgs = {
  NodeResourcesFit: {
    ignoredResources: [],
    ignoredResourceGroups: [],
    scoringStrategy: { type: 'LeastAllocated', resources: cpuAndMemory, shape: [] },
  },
  NodeResourcesBalancedAllocation: { resources: cpuAndMemory },
  NodeAffinity: { addedAffinity: undefined },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  PodTopologySpread: { defaultingType: 'System', defaultConstraints: [] },
  VolumeBinding: { bindTimeoutSeconds: 600 },
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
};
