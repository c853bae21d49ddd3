import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../api/kinds.generated.ts';
import { matchesLabels, requirementsOf, type LabelRequirement } from '../../api/selector.ts';

/** What a rule about other pods needs to know of one. */
export interface Described {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}
export type NamespaceLabels = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Which pods a rule is about. Two with one signature choose the same pods. */
export interface PodChoice {
  readonly signature: string;
  readonly namespaces: readonly string[];
  /** Beside `namespaces`, those whose labels meet it; undefined: no others. */
  readonly namespaceRequirements: readonly LabelRequirement[] | undefined;
  /** Undefined chooses no pod. */
  readonly requirements: readonly LabelRequirement[] | undefined;
}
/** One term of pod affinity or anti-affinity. */
export interface Term {
  readonly choice: PodChoice;
  readonly key: string;
}
export interface WeightedTerm {
  readonly term: Term;
  /** Negative for anti-affinity. */
  readonly weight: number;
}
/** What a pod says of others. */
export interface PodTerms {
  readonly near: readonly Term[];
  readonly away: readonly Term[];
  readonly preferred: readonly WeightedTerm[];
}

export const noTerms: PodTerms = { near: [], away: [], preferred: [] };

export function termsOf(pod: Readonly<Pod>): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms;
  const owner = { namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels ?? {} };
  const all = (list: readonly PodAffinityTerm[] | undefined): Term[] => (list ?? []).map((term) => compile(owner, term));
  const weighted = (list: readonly WeightedPodAffinityTerm[] | undefined, sign: 1 | -1): WeightedTerm[] =>
    (list ?? []).map(({ podAffinityTerm, weight }) => ({ term: compile(owner, podAffinityTerm), weight: sign * weight }));
  return {
    near: all(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    away: all(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: [
      ...weighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1),
      ...weighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1),
    ],
  };
}

/** `owner` is the pod that has the term: without namespaces it means its own. */
function compile(owner: Described, term: PodAffinityTerm): Term {
  const listed = term.namespaces ?? [];
  const { namespaceSelector, labelSelector } = term;
  const namespaces = listed.length === 0 && namespaceSelector === undefined ? [owner.namespace] : [...listed].sort();
  const requirements = labelSelector === undefined ? undefined : [...requirementsOf(labelSelector), ...ownKeys(owner, term)];
  return { key: term.topologyKey, choice: podChoice(namespaces, requirements, namespaceSelector && requirementsOf(namespaceSelector)) };
}

export function podChoice(
  namespaces: readonly string[],
  requirements: readonly LabelRequirement[] | undefined,
  namespaceRequirements?: readonly LabelRequirement[],
): PodChoice {
  return { namespaces, requirements, namespaceRequirements, signature: JSON.stringify([namespaces, namespaceRequirements, requirements]) };
}

function ownKeys(owner: Described, term: PodAffinityTerm): LabelRequirement[] {
  return [...ownValues(owner.labels, term.matchLabelKeys, 'in'), ...ownValues(owner.labels, term.mismatchLabelKeys, 'notin')];
}

/** The pod's own values of some labels as requirements; labels that it does not have are passed over. */
export function ownValues(
  labels: Readonly<Record<string, string>>,
  keys: readonly string[] | undefined,
  operator: 'in' | 'notin',
): LabelRequirement[] {
  return (keys ?? []).flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

export function chooses(choice: PodChoice, pod: Described, namespaceLabels: NamespaceLabels): boolean {
  return (
    choice.requirements !== undefined &&
    matchesLabels(choice.requirements, pod.labels) &&
    (choice.namespaces.includes(pod.namespace) ||
      (choice.namespaceRequirements !== undefined && matchesLabels(choice.namespaceRequirements, namespaceLabels.get(pod.namespace) ?? {})))
  );
}

/** A label and value that every chosen pod has, where there is one: rules are found by it. */
export function pairOf(choice: PodChoice): readonly [string, string] | undefined {
  for (const { key, operator, values } of choice.requirements ?? []) {
    if (operator === 'in' && values.length === 1) return [key, values[0] as string];
  }
  return undefined;
}
