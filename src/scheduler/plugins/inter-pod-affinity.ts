import { lasting, verdict, type Filter, type Plugin, type Scorer } from '../plugin.ts';
import type { PluginArgs } from '../plugin-args.ts';
import type { ClusterEvent } from '../cluster-event.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import type { Tally } from '../state/tally.ts';
import type { TermClass } from '../state/term-class.ts';
import { chooses, type Described, type NamespaceLabels, type Term } from '../state/terms.ts';

const unmet = lasting("node(s) didn't match pod affinity rules");
const repelled = verdict("node(s) didn't match pod anti-affinity rules");
const unwanted = verdict("node(s) didn't satisfy existing pods anti-affinity rules");

/** Pods that want to be near others, or away from them; the wishes of pods that are there already count too. */
export function interPodAffinity(args: PluginArgs['InterPodAffinity']): Plugin {
  return {
    name: 'InterPodAffinity',
    filter(pod, state) {
      const against = classesAbout(pod, state, 'away');
      if (pod.terms.near.length + pod.terms.away.length + against.length === 0) return undefined;
      return requiredFilter(pod, state, against);
    },
    score: (pod, state) => preferenceScorer(pod, state, args),
    hints: {
      nodeAdded: (pod, event) => event.kind === 'nodeAdded' && hasKeys(pod, event.node.labels),
      nodeLabels: (pod, event) => event.kind === 'nodeLabels' && keysChanged(pod, event),
      podPlaced: (pod, event, state) => event.kind === 'podPlaced' && attracts(pod, event.pod.facts, state.namespaceLabels),
      podRemoved: (pod, event, state) => event.kind === 'podRemoved' && repels(pod, event.pod.facts, state.namespaceLabels),
      podChanged: (pod, event, state) =>
        event.kind === 'podChanged' &&
        (attracts(pod, event.pod.facts, state.namespaceLabels) || repels(pod, event.before, state.namespaceLabels)),
      nominationGone: (pod, event, state) => event.kind === 'nominationGone' && repels(pod, event.pod, state.namespaceLabels),
      namespaceChanged: (pod) =>
        [...pod.terms.near, ...pod.terms.away].some(({ choice }) => choice.namespaceRequirements !== undefined) ||
        pod.terms.away.length === 0,
    },
  };
}

function classesAbout(pod: PodFacts, state: ClusterState, role: TermClass['role']): TermClass[] {
  const found: TermClass[] = [];
  state.relations.forEachClass(pod, (termClass) => {
    if (termClass.role === role && chooses(termClass.choice, pod, state.namespaceLabels)) found.push(termClass);
  });
  return found;
}

function requiredFilter(pod: PodFacts, state: ClusterState, against: readonly TermClass[]): Filter {
  const { near, away } = pod.terms;
  const { relations, nodes, namespaceLabels } = state;
  const everyNear =
    near.length === 0
      ? undefined
      : relations.selection(
          near.map(({ choice }) => choice),
          { staying: false },
        );
  const nearTallies = near.map(({ key }) => everyNear?.tally(relations.topology(key), nodes) as Tally);
  const awayTallies = away.map(({ key, choice }) =>
    relations.selection([choice], { staying: false }).tally(relations.topology(key), nodes),
  );
  const selfSufficient = near.every(({ choice }) => chooses(choice, pod, namespaceLabels));
  return (node) => {
    if (near.length > 0 && !isNear(node, { near, tallies: nearTallies, selfSufficient })) return unmet;
    for (const tally of awayTallies) if (tally.at(node) > 0) return repelled;
    for (const termClass of against) if (termClass.at(node) > 0) return unwanted;
    return undefined;
  };
}

/** The first of a group that wants to be together finds nobody to be near to, but it matches itself. */
function isNear(node: NodeState, of: { near: readonly Term[]; tallies: readonly Tally[]; selfSufficient: boolean }): boolean {
  let together = true;
  for (let at = 0; at < of.tallies.length; at++) {
    const tally = of.tallies[at] as Tally;
    if (node.labels[(of.near[at] as Term).key] === undefined) return false;
    if (tally.at(node) <= 0) together = false;
  }
  return together || (of.selfSufficient && of.tallies.every((tally) => tally.total === 0));
}

function preferenceScorer(pod: PodFacts, state: ClusterState, args: PluginArgs['InterPodAffinity']): Scorer | undefined {
  const { relations, nodes } = state;
  const wishes = pod.terms.preferred.map(({ term, weight }) => ({
    weight,
    tally: relations.selection([term.choice], { staying: false }).tally(relations.topology(term.key), nodes),
  }));
  const theirs: { weight: number; termClass: TermClass }[] = [];
  if (wishes.length > 0 || !args.ignorePreferredTermsOfExistingPods) {
    for (const termClass of classesAbout(pod, state, 'preferred')) theirs.push({ termClass, weight: termClass.weight });
    if (args.hardPodAffinityWeight > 0)
      for (const termClass of classesAbout(pod, state, 'near')) theirs.push({ termClass, weight: args.hardPodAffinityWeight });
  }
  if (wishes.length + theirs.length === 0) return undefined;
  return {
    of(node) {
      let sum = 0;
      for (const { weight, tally } of wishes) sum += weight * tally.at(node);
      for (const { weight, termClass } of theirs) sum += weight * termClass.at(node);
      return sum;
    },
    normalise: spreadOut,
  };
}

/** The least becomes 0 and the most 100. */
function spreadOut(scores: number[]): void {
  let least = Infinity;
  let most = -Infinity;
  for (const score of scores) {
    if (score < least) least = score;
    if (score > most) most = score;
  }
  const range = most - least;
  for (let at = 0; at < scores.length; at++) scores[at] = range > 0 ? Math.floor((100 * ((scores[at] as number) - least)) / range) : 0;
}

/** A new neighbour that all its required terms choose, or that it may now be the first beside. */
function attracts(pod: PodFacts, other: Described, namespaceLabels: NamespaceLabels): boolean {
  return pod.terms.near.length > 0 && pod.terms.near.every(({ choice }) => chooses(choice, other, namespaceLabels));
}

/** It kept the pod away, or all of a group is gone and the pod may begin it anew. */
function repels(pod: PodFacts, other: PodFacts, namespaceLabels: NamespaceLabels): boolean {
  return (
    pod.terms.away.some(({ choice }) => chooses(choice, other, namespaceLabels)) ||
    other.terms.away.some(({ choice }) => chooses(choice, pod, namespaceLabels)) ||
    attracts(pod, other, namespaceLabels)
  );
}

function hasKeys(pod: PodFacts, labels: Readonly<Record<string, string>>): boolean {
  return pod.terms.near.every(({ key }) => labels[key] !== undefined);
}

function keysChanged(pod: PodFacts, event: Extract<ClusterEvent, { kind: 'nodeLabels' }>): boolean {
  // Whoever keeps it away by a term of its own may have gone to another domain by any label.
  if (pod.terms.near.length + pod.terms.away.length === 0) return true;
  return [...pod.terms.near, ...pod.terms.away].some(({ key }) => event.before[key] !== event.node.labels[key]);
}
