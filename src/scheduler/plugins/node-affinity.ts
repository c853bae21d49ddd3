import type { PreferredSchedulingTerm } from '../../api/kinds.generated.ts';
import { matchesNodeSelector, matchesTerm, type SelectableNode } from '../../api/node-selection.ts';
import { lasting, scaleToLargest, type Plugin } from '../plugin.ts';
import type { PluginArgs } from '../plugin-args.ts';
import { matchesNodeAffinity, namedNodes, withLabels } from '../state/node-selection.ts';
import type { PodFacts } from '../state/pod-facts.ts';

const mismatch = lasting("node(s) didn't match Pod's node affinity/selector");
const contradiction = lasting('pod affinity terms conflict');
const enforced = lasting("node(s) didn't match scheduler-enforced node affinity");

/** nodeSelector and node affinity, required and preferred, with what the profile adds for every pod. */
export function nodeAffinity({ addedAffinity }: PluginArgs['NodeAffinity']): Plugin {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const addedWishes = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const takes = (pod: PodFacts, node: SelectableNode): boolean =>
    matchesNodeAffinity(pod, node) && (added === undefined || matchesNodeSelector(added, node));
  return {
    name: 'NodeAffinity',
    refuse: (pod) => (namedNodes(pod)?.length === 0 ? contradiction : undefined),
    candidates: namedNodes,
    filter(pod) {
      const { nodeSelector, affinity } = pod.pod.spec;
      const own = nodeSelector !== undefined || affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
      if (!own && added === undefined) return undefined;
      return (node) => {
        if (added !== undefined && !matchesNodeSelector(added, node)) return enforced;
        return matchesNodeAffinity(pod, node) ? undefined : mismatch;
      };
    },
    score(pod) {
      const own = pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      if (own.length + addedWishes.length === 0) return undefined;
      const wishes = [...own, ...addedWishes];
      return { of: (node) => granted(wishes, node), normalise: (scores) => scaleToLargest(scores, false) };
    },
    hints: {
      nodeAdded: (pod, event) => event.kind === 'nodeAdded' && takes(pod, event.node),
      nodeLabels: (pod, event) =>
        event.kind === 'nodeLabels' && takes(pod, event.node) && !takes(pod, withLabels(event.node, event.before)),
    },
  };
}

function granted(wishes: readonly PreferredSchedulingTerm[], node: SelectableNode): number {
  let sum = 0;
  for (const { preference, weight } of wishes) if (matchesTerm(preference, node)) sum += weight;
  return sum;
}
