import type { Taint, Toleration } from '../../api/kinds.generated.ts';
import { lasting, scaleToLargest, type Plugin } from '../plugin.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { tolerates } from '../state/toleration.ts';

const untolerated = lasting('node(s) had untolerated taint(s)');

/** NoSchedule and NoExecute taints keep pods away that do not tolerate them; PreferNoSchedule ones lower the score. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  filter(pod, state) {
    if (state.marked.tainted === 0) return undefined;
    const borne = oncePerTainting((node) => bears(pod, node));
    return (node) => (node.tainting === '' || borne(node) ? undefined : untolerated);
  },
  score(pod, state) {
    if (state.marked.wished === 0) return undefined;
    const tolerations = (pod.pod.spec.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || (effect as string) === '' || effect === 'PreferNoSchedule',
    );
    const unwished = oncePerTainting((node) => node.taints.filter((taint) => isSoft(taint) && !tolerated(tolerations, taint)).length);
    return {
      of: (node) => (node.tainting === '' ? 0 : unwished(node)),
      normalise: (scores) => scaleToLargest(scores, true),
    };
  },
  hints: {
    nodeAdded: (pod, event) => event.kind === 'nodeAdded' && bears(pod, event.node),
    nodeTaints: (pod, event) => event.kind === 'nodeTaints' && bears(pod, event.node),
  },
};

/** Many nodes have the same few taints. */
function oncePerTainting<T>(of: (node: NodeState) => T): (node: NodeState) => T {
  const known = new Map<string, T>();
  return (node) => {
    const found = known.get(node.tainting);
    if (found !== undefined) return found;
    const made = of(node);
    known.set(node.tainting, made);
    return made;
  };
}
function bears(pod: PodFacts, node: NodeState): boolean {
  const tolerations = pod.pod.spec.tolerations ?? [];
  return node.taints.every((taint) => isSoft(taint) || tolerated(tolerations, taint));
}
function isSoft(taint: Taint): boolean {
  return taint.effect === 'PreferNoSchedule';
}
function tolerated(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}
