import type { NodeState } from './state/node-state.ts';
import type { PlacedPod } from './state/cluster-state.ts';
import type { PodFacts } from './state/pod-facts.ts';
import type { CSINode, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/kinds.generated.ts';

/** What of a node changed. Heartbeats change nothing here. */
export interface NodeBefore {
  readonly labels: Readonly<Record<string, string>>;
  readonly unschedulable: boolean;
}

/** What happened in the cluster and may help a pod that fitted nowhere. */
export type ClusterEvent =
  | { readonly kind: 'nodeAdded'; readonly node: NodeState }
  | { readonly kind: 'nodeRoom' | 'nodeTaints'; readonly node: NodeState }
  | { readonly kind: 'nodeLabels'; readonly node: NodeState; readonly before: Readonly<Record<string, string>> }
  | { readonly kind: 'nodeRemoved'; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: 'podPlaced' | 'podRemoved'; readonly pod: PlacedPod }
  | { readonly kind: 'podChanged'; readonly pod: PlacedPod; readonly before: PodFacts }
  /** A place that was kept for a pod of higher priority is free again. */
  | { readonly kind: 'nominationGone'; readonly pod: PodFacts; readonly node: string }
  | { readonly kind: 'namespaceChanged'; readonly namespace: string }
  | { readonly kind: 'claimChanged'; readonly claim: Readonly<PersistentVolumeClaim> }
  | { readonly kind: 'volumeChanged'; readonly volume: Readonly<PersistentVolume> }
  | { readonly kind: 'classChanged'; readonly storageClass: Readonly<StorageClass> }
  | { readonly kind: 'csiNodeChanged'; readonly csiNode: Readonly<CSINode> }
  | { readonly kind: 'capacityChanged'; readonly className: string };
export type EventKind = ClusterEvent['kind'];
