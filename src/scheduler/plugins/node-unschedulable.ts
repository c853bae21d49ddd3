import type { Plugin } from '../plugin.ts';
import { tolerates } from '../toleration.ts';

const reasons = ['node(s) were unschedulable'] as const;
const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

/** A cordoned node takes only pods that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(pod, state) {
    if (state.marked.cordoned === 0) return undefined;
    if ((pod.pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, cordon))) return undefined;
    return (node) => (node.unschedulable ? reasons : undefined);
  },
};
