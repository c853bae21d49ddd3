import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from './kinds.generated.ts';

/** What rules about nodes look at. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Does a pod with these rules, nodeSelector and required node affinity, go onto the node? */
export function matchesNodeRules({ nodeSelector, affinity }: Pick<PodSpec, 'nodeSelector' | 'affinity'>, node: SelectableNode): boolean {
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
