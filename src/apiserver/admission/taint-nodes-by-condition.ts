import type { Node } from '../../api/kinds.generated.ts';
import type { AdmissionPlugin } from './index.ts';
import { concerns } from './refusal.ts';

const key = 'node.kubernetes.io/not-ready';

/** A new node takes no pods before the node controller has seen that it is ready (kubernetes, plugin TaintNodesByCondition). */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate: (attempt) => {
    if (attempt.operation !== 'create' || !concerns(attempt, '', 'nodes')) return;
    const node = attempt.object as Partial<Node> & Pick<Node, 'metadata'>;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule')) return;
    node.spec = { ...node.spec, taints: [...taints, { key, effect: 'NoSchedule' }] };
  },
};
