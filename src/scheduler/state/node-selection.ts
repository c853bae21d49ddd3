import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../api/kinds.generated.ts';
import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

/** What rules about nodes look at. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Does the pod's nodeSelector and required node affinity let it onto the node? */
export function matchesNodeAffinity(pod: PodFacts, node: SelectableNode): boolean {
  const { nodeSelector, affinity } = pod.pod.spec;
  for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** One of the terms must match. */
export function matchesNodeSelector(selector: NodeSelector, node: SelectableNode): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** All requirements of a term must hold; a term without any matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const { matchExpressions = none, matchFields = none } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  for (const requirement of matchExpressions) if (!holds(requirement, node.labels[requirement.key])) return false;
  for (const requirement of matchFields) if (!holds(requirement, requirement.key === 'metadata.name' ? node.name : undefined)) return false;
  return true;
}
const none: readonly never[] = [];

function holds(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const { operator, values = none } = requirement;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value as never);
    case 'NotIn':
      return value === undefined || !values.includes(value as never);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]);
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}

/** Node names when every term names its node (as pods of a DaemonSet do); undefined otherwise. */
export function namedNodes(pod: PodFacts): readonly string[] | undefined {
  const terms = pod.pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names: string[] = [];
  for (const term of terms) {
    const field = term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field === undefined) return undefined;
    names.push(...(field.values ?? []));
  }
  return names;
}

/** A text that is the same for pods that the same nodes take by selector and required affinity; '' for those that any node takes. */
export function nodeChoiceOf(pod: Readonly<Pod>): string {
  const { nodeSelector, affinity } = pod.spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return nodeSelector === undefined && required === undefined ? '' : JSON.stringify([nodeSelector, required]);
}

/** The labels that a node had before, as something that rules can look at. */
export function withLabels(node: NodeState, labels: Readonly<Record<string, string>>): SelectableNode {
  return { name: node.name, labels };
}
