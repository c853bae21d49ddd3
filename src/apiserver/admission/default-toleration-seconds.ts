import type { Pod, Toleration } from '../../api/kinds.generated.ts';
import type { AdmissionPlugin } from './index.ts';
import { concerns } from './refusal.ts';

const keys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods that say nothing stay five minutes on a node that is not ready or cannot be reached (kubernetes, plugin DefaultTolerationSeconds). */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate: (attempt) => {
    if (attempt.operation === 'delete' || !concerns(attempt, '', 'pods')) return;
    const { spec } = attempt.object as Pod;
    if (spec === undefined) return;
    const had = spec.tolerations ?? [];
    const added = keys.filter((key) => !had.some((toleration) => covers(toleration, key)));
    if (added.length === 0) return;
    spec.tolerations = [
      ...had,
      ...added.map((key) => ({ key, operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: 300 })),
    ];
  },
};

function covers({ key = '', effect }: Toleration, wanted: string): boolean {
  return (key === '' || key === wanted) && (effect === undefined || (effect as string) === '' || effect === 'NoExecute');
}
