import { lasting, type Plugin } from '../plugin.ts';
import { tolerates } from '../state/toleration.ts';

const cordoned = lasting('node(s) were unschedulable');
const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

/** A cordoned node takes only pods that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(pod, state) {
    if (state.marked.cordoned === 0) return undefined;
    if ((pod.pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, cordon))) return undefined;
    return (node) => (node.unschedulable ? cordoned : undefined);
  },
  hints: {
    nodeAdded: (_pod, event) => event.kind === 'nodeAdded' && !event.node.unschedulable,
    nodeTaints: (_pod, event) => event.kind === 'nodeTaints' && !event.node.unschedulable,
  },
};
