import type { Pod } from '../../api/kinds.generated.ts';
import { matchesNodeRules, type SelectableNode } from '../../api/node-selection.ts';
import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

/** Does the pod's nodeSelector and required node affinity let it onto the node? */
export function matchesNodeAffinity(pod: PodFacts, node: SelectableNode): boolean {
  return matchesNodeRules(pod.pod.spec, node);
}

/** Node names when every term names its node (as pods of a DaemonSet do), none where each contradicts itself; undefined otherwise. */
export function namedNodes(pod: PodFacts): readonly string[] | undefined {
  const terms = pod.pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names: string[] = [];
  for (const term of terms) {
    const [first, ...others] = (term.matchFields ?? []).filter(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (first === undefined) return undefined;
    names.push(...(first.values ?? []).filter((name) => others.every(({ values }) => values?.includes(name) === true)));
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
