import type { TopologySpreadConstraint } from '../../api/kinds.generated.ts';
import { requirementsOf } from '../../api/selector.ts';
import type { PluginArgs } from '../plugin-args.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { matchesNodeAffinity, nodeChoiceOf } from '../state/node-selection.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { chooses, ownValues, podChoice, type Described, type PodChoice } from '../state/terms.ts';
import { tolerates } from '../state/toleration.ts';

/** One constraint of a pod, with its selector complete. */
export interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly choice: PodChoice;
  /** Which nodes count, and a name that is the same for the same nodes; undefined: all that have the key. */
  readonly eligible: { readonly name: string; of(node: NodeState): boolean } | undefined;
  /** Whether it depends on taints. */
  readonly byTaints: boolean;
  selects(pod: Described): boolean;
}
export interface Constraints {
  readonly list: readonly Constraint[];
  /** Only nodes with every topology key count. */
  readonly allKeys: boolean;
}
export interface ConstraintOptions {
  readonly when: 'DoNotSchedule' | 'ScheduleAnyway';
  readonly args: PluginArgs['PodTopologySpread'];
}

/** For pods that say nothing, where nothing is configured. */
const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** The pod's own, or the defaults for what its Services and its controller select; undefined when there are none of that sort. */
export function spreadConstraints(pod: PodFacts, state: ClusterState, { when, args }: ConstraintOptions): Constraints | undefined {
  const own = pod.pod.spec.topologySpreadConstraints ?? [];
  const system = args.defaultingType === 'System';
  const specs = (own.length > 0 ? own : system ? systemDefaults : args.defaultConstraints).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === when,
  );
  if (specs.length === 0) return undefined;
  const allKeys = own.length > 0 || !system;
  const choices = own.length > 0 ? specs.map((spec) => ownChoice(pod, spec)) : defaultChoice(pod, state, specs.length);
  if (choices === undefined) return undefined;
  const keys = allKeys ? specs.map(({ topologyKey }) => topologyKey) : [];
  return { allKeys, list: specs.map((spec, at) => constraintOf(pod, spec, { keys, choice: choices[at] as PodChoice })) };
}

/** matchLabelKeys count as requirements of the pod's own values. */
function ownChoice(pod: PodFacts, { labelSelector, matchLabelKeys }: TopologySpreadConstraint): PodChoice {
  if (labelSelector === undefined) return podChoice([pod.namespace], undefined);
  return podChoice([pod.namespace], [...requirementsOf(labelSelector), ...ownValues(pod.labels, matchLabelKeys, 'in')]);
}

function defaultChoice(pod: PodFacts, state: ClusterState, count: number): PodChoice[] | undefined {
  const requirements = state.workloads.requirementsFor(pod);
  if (requirements === undefined) return undefined;
  const choice = podChoice([pod.namespace], requirements);
  return Array.from({ length: count }, () => choice);
}

const noNamespaces: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map();

function constraintOf(
  pod: PodFacts,
  spec: TopologySpreadConstraint,
  { keys, choice }: { keys: readonly string[]; choice: PodChoice },
): Constraint {
  return {
    key: spec.topologyKey,
    maxSkew: spec.maxSkew,
    minDomains: spec.minDomains ?? 1,
    choice,
    eligible: eligibility(pod, spec, keys),
    byTaints: spec.nodeTaintsPolicy === 'Honor',
    selects: (other) => chooses(choice, other, noNamespaces),
  };
}

/** By default nodes count that the pod's node affinity allows, whatever their taints. */
function eligibility(pod: PodFacts, spec: TopologySpreadConstraint, keys: readonly string[]): Constraint['eligible'] {
  const more = keys.filter((key) => key !== spec.topologyKey);
  const affinity = spec.nodeAffinityPolicy === 'Ignore' ? '' : nodeChoiceOf(pod.pod);
  const tolerations = spec.nodeTaintsPolicy === 'Honor' ? (pod.pod.spec.tolerations ?? []) : undefined;
  if (more.length === 0 && affinity === '' && tolerations === undefined) return undefined;
  return {
    name: `${more.join(',')}\n${affinity}\n${tolerations === undefined ? '' : JSON.stringify(tolerations)}`,
    of: (node) =>
      more.every((key) => node.labels[key] !== undefined) &&
      (affinity === '' || matchesNodeAffinity(pod, node)) &&
      (tolerations === undefined ||
        node.taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerations.some((each) => tolerates(each, taint)))),
  };
}
