import type { NodeSelectorRequirement, NodeSelectorTerm } from '../api/kinds.generated.ts';
import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

/** Does the pod's nodeSelector and required node affinity let it onto the node? */
export function matchesNodeAffinity(pod: PodFacts, node: NodeState): boolean {
  const { nodeSelector, affinity } = pod.pod.spec;
  for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** All requirements of a term must hold; a term without any matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: NodeState): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => holds(requirement, node.labels[requirement.key])) &&
    matchFields.every((requirement) => holds(requirement, requirement.key === 'metadata.name' ? node.name : undefined))
  );
}

function holds(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const { operator, values = [] } = requirement;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
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
  return text !== undefined && /^[+-]?\d+$/.test(text) && text[0] !== '+';
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
