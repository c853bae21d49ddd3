import { matchesNodeAffinity, matchesTerm, namedNodes } from '../node-selection.ts';
import { scaleToLargest, type Plugin } from '../plugin.ts';

const reasons = ["node(s) didn't match Pod's node affinity/selector"] as const;

/** nodeSelector and node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  candidates: namedNodes,
  filter(pod) {
    const { nodeSelector, affinity } = pod.pod.spec;
    if (nodeSelector === undefined && affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined)
      return undefined;
    return (node) => (matchesNodeAffinity(pod, node) ? undefined : reasons);
  },
  score(pod) {
    const preferred = pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return {
      of: (node) => preferred.reduce((sum, { preference, weight }) => (matchesTerm(preference, node) ? sum + weight : sum), 0),
      normalise: (scores) => scaleToLargest(scores, false),
    };
  },
};
