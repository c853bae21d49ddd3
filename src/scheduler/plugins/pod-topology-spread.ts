import type { TopologySpreadConstraint } from '../../api/kinds.generated.ts';
import { requirementsOf, matchesLabels, type LabelRequirement } from '../../api/selector.ts';
import type { ClusterState } from '../cluster-state.ts';
import { matchesNodeAffinity } from '../node-selection.ts';
import type { NodeState } from '../node-state.ts';
import type { Filter, Plugin, Scorer } from '../plugin.ts';
import type { PodFacts } from '../pod-facts.ts';
import { tolerates } from '../toleration.ts';

const mismatch = ["node(s) didn't match pod topology spread constraints"] as const;
const unlabelled = ["node(s) didn't match pod topology spread constraints (missing required label)"] as const;

interface Constraint {
  readonly spec: TopologySpreadConstraint;
  readonly requirements: readonly LabelRequirement[] | undefined;
}

/** Keeps the pods that a constraint selects evenly over zones, nodes or whatever its topologyKey names. */
export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  hints: ['podRemoved', 'podPlaced'],
  filter(pod, state) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    return constraints.length === 0 ? undefined : hardSpread(pod, state, constraints);
  },
  score(pod, state) {
    const constraints = constraintsOf(pod, 'ScheduleAnyway');
    return constraints.length === 0 ? undefined : softSpread(pod, state, constraints);
  },
};

/** matchLabelKeys count as requirements of the pod's own values. */
function constraintsOf(pod: PodFacts, when: string): Constraint[] {
  return (pod.pod.spec.topologySpreadConstraints ?? [])
    .filter((spec) => (spec.whenUnsatisfiable as string) === when)
    .map((spec) => {
      if (spec.labelSelector === undefined) return { spec, requirements: undefined };
      const own = (spec.matchLabelKeys ?? []).flatMap((key): LabelRequirement[] => {
        const value = pod.labels[key];
        return value === undefined ? [] : [{ key, operator: 'in', values: [value] }];
      });
      return { spec, requirements: [...requirementsOf(spec.labelSelector), ...own] };
    });
}

function selected(constraint: Constraint, pod: PodFacts): boolean {
  return constraint.requirements !== undefined && matchesLabels(constraint.requirements, pod.labels);
}

/** Nodes that count for a constraint: by default those that the pod's node affinity allows, whatever their taints. */
function counts(pod: PodFacts, constraint: Constraint, node: NodeState): boolean {
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint.spec;
  if (nodeAffinityPolicy === 'Honor' && !matchesNodeAffinity(pod, node)) return false;
  if (nodeTaintsPolicy === 'Ignore') return true;
  const tolerations = pod.pod.spec.tolerations ?? [];
  return node.taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerations.some((each) => tolerates(each, taint)));
}

/** Per constraint: how many selected pods each value of its topology key has, with 0 for values without any. */
function tally(pod: PodFacts, state: ClusterState, constraints: readonly Constraint[]): Map<string, number>[] {
  const tallies = constraints.map(() => new Map<string, number>());
  const complete = (node: NodeState): boolean => constraints.every(({ spec }) => node.labels[spec.topologyKey] !== undefined);
  for (const node of state.nodes) {
    if (!complete(node)) continue;
    constraints.forEach((constraint, at) => {
      const value = node.labels[constraint.spec.topologyKey] as string;
      const found = tallies[at] as Map<string, number>;
      if (!found.has(value) && counts(pod, constraint, node)) found.set(value, 0);
    });
  }
  for (const { facts, at: node } of state.podsOf(pod.namespace)) {
    if (facts.terminating || facts.uid === pod.uid || node.node === undefined || !complete(node)) continue;
    constraints.forEach((constraint, at) => {
      const found = tallies[at] as Map<string, number>;
      const value = node.labels[constraint.spec.topologyKey] as string;
      if (selected(constraint, facts) && counts(pod, constraint, node)) found.set(value, (found.get(value) ?? 0) + 1);
    });
  }
  return tallies;
}

function hardSpread(pod: PodFacts, state: ClusterState, constraints: readonly Constraint[]): Filter {
  const tallies = tally(pod, state, constraints);
  const least = tallies.map((found, at) => {
    const domains = constraints[at]?.spec.minDomains ?? 1;
    return found.size < domains ? 0 : Math.min(Infinity, ...found.values());
  });
  const self = constraints.map((constraint) => (selected(constraint, pod) ? 1 : 0));
  return (node) => {
    for (let at = 0; at < constraints.length; at++) {
      const { spec } = constraints[at] as Constraint;
      const value = node.labels[spec.topologyKey];
      if (value === undefined) return unlabelled;
      const here = tallies[at]?.get(value) ?? 0;
      const fewest = least[at] as number;
      if (here + (self[at] as number) - (fewest === Infinity ? 0 : fewest) > spec.maxSkew) return mismatch;
    }
    return undefined;
  };
}

/** Fewer pods in a node's domain score better; rarer domains weigh less, as upstream's log of their number. */
function softSpread(pod: PodFacts, state: ClusterState, constraints: readonly Constraint[]): Scorer {
  const tallies = tally(pod, state, constraints);
  const weights = tallies.map((found) => Math.log(found.size + 2));
  return {
    of: (node) => {
      let sum = 0;
      for (let at = 0; at < constraints.length; at++) {
        const { spec } = constraints[at] as Constraint;
        const value = node.labels[spec.topologyKey];
        if (value === undefined) return -1;
        sum += (tallies[at]?.get(value) ?? 0) * (weights[at] as number) + (spec.maxSkew - 1);
      }
      return Math.round(sum);
    },
    normalise: reverseBetweenExtremes,
  };
}

/** The least becomes best; -1 stands for nodes without the label, which come last. */
function reverseBetweenExtremes(scores: number[]): void {
  const known = scores.filter((score) => score >= 0);
  const least = Math.min(Infinity, ...known);
  const most = Math.max(0, ...known);
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at] as number;
    if (score < 0) scores[at] = 0;
    else scores[at] = most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most);
  }
}
