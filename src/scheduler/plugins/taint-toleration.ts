import type { Taint, Toleration } from '../../api/kinds.generated.ts';
import { scaleToLargest, type Plugin } from '../plugin.ts';
import { tolerates } from '../toleration.ts';

/** NoSchedule and NoExecute taints keep pods away that do not tolerate them; PreferNoSchedule ones lower the score. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter(pod, state) {
    if (state.marked.tainted === 0) return undefined;
    const tolerations = pod.pod.spec.tolerations ?? [];
    return (node) => {
      if (node.taints.length === 0) return undefined;
      const taint = node.taints.find((each) => each.effect !== 'PreferNoSchedule' && !tolerated(tolerations, each));
      return taint === undefined ? undefined : [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
    };
  },
  score(pod, state) {
    if (state.marked.wished === 0) return undefined;
    const tolerations = (pod.pod.spec.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || (effect as string) === '' || effect === 'PreferNoSchedule',
    );
    return {
      of: (node) => (node.taints.length === 0 ? 0 : node.taints.filter((taint) => isSoft(taint) && !tolerated(tolerations, taint)).length),
      normalise: (scores) => scaleToLargest(scores, true),
    };
  },
};

function isSoft(taint: Taint): boolean {
  return taint.effect === 'PreferNoSchedule';
}
function tolerated(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}
