import type { Node, Pod, PodSpec } from '../../src/api/kinds.generated.ts';
import { ClusterState } from '../../src/scheduler/state/cluster-state.ts';
import { podFacts, type PodFacts } from '../../src/scheduler/state/pod-facts.ts';

let made = 0;

export interface NodeMore {
  readonly labels?: Record<string, string>;
  readonly taints?: NonNullable<NonNullable<Node['spec']>['taints']>;
  readonly unschedulable?: boolean;
  readonly allocatable?: Record<string, string>;
}
/** A node with 4 CPUs, 8 GiB and room for 110 pods. */
export function node(name: string, more: NodeMore = {}): Node {
  const { labels = {}, taints = [], unschedulable = false, allocatable = {} } = more;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints, unschedulable },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable } },
  };
}

export interface PodMore extends Omit<Partial<PodSpec>, 'containers'> {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly requests?: Record<string, string>;
  readonly containers?: PodSpec['containers'];
}
export function pod(more: PodMore = {}): Pod {
  const { name = `pod-${++made}`, namespace = 'default', labels = {}, annotations, requests, ...spec } = more;
  const resources = requests === undefined ? {} : { resources: { requests } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }), uid: `uid-${namespace}-${name}` },
    spec: { containers: [{ name: 'main', image: 'main:1', ...resources }], ...spec },
  };
}
export function facts(more: PodMore = {}): PodFacts {
  return podFacts(pod(more));
}

/** Nodes, and pods by the node they are on. */
export function stateOf(nodes: readonly Node[], placed: Readonly<Record<string, readonly PodFacts[]>> = {}): ClusterState {
  const state = new ClusterState();
  for (const each of nodes) state.setNode(each);
  for (const [name, pods] of Object.entries(placed)) for (const each of pods) state.addPod(each, name);
  return state;
}
