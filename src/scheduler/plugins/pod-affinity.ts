import type { PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/kinds.generated.ts';
import { matchesLabels, requirementsOf, selects, type LabelRequirement } from '../../api/selector.ts';
import type { ClusterState, PlacedPod } from '../cluster-state.ts';
import type { NodeState } from '../node-state.ts';
import type { Filter, Plugin, Scorer } from '../plugin.ts';
import type { PodFacts } from '../pod-facts.ts';

const affinityReasons = ["node(s) didn't match pod affinity rules"] as const;
const antiAffinityReasons = ["node(s) didn't match pod anti-affinity rules"] as const;
const existingReasons = ["node(s) didn't satisfy existing pods anti-affinity rules"] as const;

/** Pods that want to be near others, or away from them; the wishes of pods that are there already count too. */
export const podAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  hints: ['podRemoved', 'podPlaced'],
  filter(pod, state) {
    const near = terms(pod, pod.pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    const away = terms(pod, pod.pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    const existing = repelledBy(pod, state);
    if (near.length === 0 && away.length === 0 && existing.size === 0) return undefined;
    return requiredFilter(pod, state, { near, away, existing });
  },
  score(pod, state) {
    const weights = preferences(pod, state);
    return weights.size === 0 ? undefined : preferenceScorer(weights);
  },
};

interface Term {
  readonly key: string;
  matches(pod: PodFacts, state: ClusterState): boolean;
}

function terms(owner: PodFacts, list: readonly PodAffinityTerm[] | undefined): Term[] {
  return (list ?? []).map((term) => compile(owner, term));
}

/** `owner` is the pod that has the term: without namespaces it means its own. */
function compile(owner: PodFacts, term: PodAffinityTerm): Term {
  const requirements = term.labelSelector === undefined ? undefined : [...requirementsOf(term.labelSelector), ...ownKeys(owner, term)];
  const listed = term.namespaces ?? [];
  const namespaces = listed.length === 0 && term.namespaceSelector === undefined ? [owner.namespace] : listed;
  return {
    key: term.topologyKey,
    matches: (pod, state) =>
      requirements !== undefined &&
      (namespaces.includes(pod.namespace) ||
        (term.namespaceSelector !== undefined && selects(term.namespaceSelector, state.namespaceLabels.get(pod.namespace) ?? {}))) &&
      matchesLabels(requirements, pod.labels),
  };
}

function ownKeys(owner: PodFacts, term: PodAffinityTerm): LabelRequirement[] {
  const requirement = (key: string, operator: 'in' | 'notin'): LabelRequirement[] => {
    const value = owner.labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  };
  return [
    ...(term.matchLabelKeys ?? []).flatMap((key) => requirement(key, 'in')),
    ...(term.mismatchLabelKeys ?? []).flatMap((key) => requirement(key, 'notin')),
  ];
}

/** A topology key and value in one string; label values hold no newline. */
function domain(key: string, value: string): string {
  return `${key}\n${value}`;
}

function domainsOf(term: Term, placed: Iterable<PlacedPod>, matches: (pod: PodFacts) => boolean): Set<string> {
  const found = new Set<string>();
  for (const { facts, at } of placed) {
    const value = at.labels[term.key];
    if (value !== undefined && at.node !== undefined && matches(facts)) found.add(domain(term.key, value));
  }
  return found;
}

/** Domains in which a pod with required anti-affinity does not want this one. */
function repelledBy(pod: PodFacts, state: ClusterState): Set<string> {
  const found = new Set<string>();
  for (const { facts, at } of state.repelling.values()) {
    if (at.node === undefined || facts.uid === pod.uid) continue;
    for (const term of terms(facts, facts.pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)) {
      const value = at.labels[term.key];
      if (value !== undefined && term.matches(pod, state)) found.add(domain(term.key, value));
    }
  }
  return found;
}

function* everyPod(state: ClusterState): Iterable<PlacedPod> {
  for (const node of state.nodes) for (const facts of node.pods.values()) yield { facts, at: node };
}

function requiredFilter(
  pod: PodFacts,
  state: ClusterState,
  rules: { near: readonly Term[]; away: readonly Term[]; existing: ReadonlySet<string> },
): Filter {
  const { near, away, existing } = rules;
  const matchesAll = (other: PodFacts): boolean => near.every((term) => term.matches(other, state));
  const nearDomains = near.map((term) => domainsOf(term, everyPod(state), matchesAll));
  // The first of a group that wants to be together: nobody is there to be near to, but it matches itself.
  const first = nearDomains.every((found) => found.size === 0) && matchesAll(pod);
  const awayDomains = away.map((term) => domainsOf(term, everyPod(state), (other) => term.matches(other, state)));
  const isIn = (found: ReadonlySet<string>, term: Term, node: NodeState): boolean => {
    const value = node.labels[term.key];
    return value !== undefined && found.has(domain(term.key, value));
  };
  return (node) => {
    const labelled = near.every((term) => node.labels[term.key] !== undefined);
    const together = near.every((term, at) => isIn(nearDomains[at] as Set<string>, term, node));
    if (!labelled || !(together || first)) return affinityReasons;
    if (away.some((term, at) => isIn(awayDomains[at] as Set<string>, term, node))) return antiAffinityReasons;
    if (existing.size > 0 && Object.entries(node.labels).some(([key, value]) => existing.has(domain(key, value)))) return existingReasons;
    return undefined;
  };
}

/** Domain to weight: the pod's own preferences, and those of pods that are there. */
function preferences(pod: PodFacts, state: ClusterState): Map<string, number> {
  const weights = new Map<string, number>();
  const own = [...weighted(pod, 'podAffinity', 1), ...weighted(pod, 'podAntiAffinity', -1)];
  if (own.length > 0)
    for (const placed of everyPod(state)) for (const wish of own) grant(weights, wish, { who: placed.facts, at: placed.at, state });
  for (const { facts, at } of state.inclined.values()) {
    if (at.node === undefined || facts.uid === pod.uid) continue;
    const theirs = [...weighted(facts, 'podAffinity', 1), ...weighted(facts, 'podAntiAffinity', -1), ...required(facts)];
    for (const wish of theirs) grant(weights, wish, { who: pod, at, state });
  }
  return weights;
}

interface Wish {
  readonly term: Term;
  readonly weight: number;
}

function weighted(pod: PodFacts, kind: 'podAffinity' | 'podAntiAffinity', sign: 1 | -1): Wish[] {
  const list: readonly WeightedPodAffinityTerm[] = pod.pod.spec.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return list.map(({ podAffinityTerm, weight }) => ({ term: compile(pod, podAffinityTerm), weight: sign * weight }));
}

/** What a pod that is there requires counts as a weak wish for those that come (hardPodAffinityWeight 1). */
function required(pod: PodFacts): Wish[] {
  return terms(pod, pod.pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).map((term) => ({
    term,
    weight: 1,
  }));
}

function grant(weights: Map<string, number>, wish: Wish, to: { who: PodFacts; at: NodeState; state: ClusterState }): void {
  const value = to.at.labels[wish.term.key];
  if (value === undefined || !wish.term.matches(to.who, to.state)) return;
  const key = domain(wish.term.key, value);
  weights.set(key, (weights.get(key) ?? 0) + wish.weight);
}

function preferenceScorer(weights: ReadonlyMap<string, number>): Scorer {
  const keys = [...new Set([...weights.keys()].map((key) => key.slice(0, key.indexOf('\n'))))];
  return {
    of: (node) =>
      keys.reduce((sum, key) => {
        const value = node.labels[key];
        return value === undefined ? sum : sum + (weights.get(domain(key, value)) ?? 0);
      }, 0),
    normalise(scores) {
      const least = Math.min(...scores);
      const range = Math.max(...scores) - least;
      for (let at = 0; at < scores.length; at++) {
        scores[at] = range === 0 ? 0 : Math.floor((100 * ((scores[at] as number) - least)) / range);
      }
    },
  };
}
