import type { Pod, Taint, Toleration } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';

/** As upstream's DefaultTolerationSeconds: a pod that does not say how long it stays on a node that has failed stays so long. */
const defaultSeconds = 300;
const failedNode = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** Taints that drive pods out which do not tolerate them. */
export function executingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return (taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/**
 * When a pod has to leave a node with these NoExecute taints: at once (`now`) where it does not tolerate one; after its shortest
 * tolerationSeconds, counted from the taint; never (Infinity) where no toleration has a limit. A node that has failed is tolerated for
 * 300 s by pods that do not say otherwise.
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], now: number): number {
  let at = Infinity;
  for (const taint of taints) {
    const tolerations = tolerationsOf(pod, taint);
    if (tolerations.length === 0) return now;
    const limits = tolerations.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [tolerationSeconds]));
    if (limits.length === 0) continue;
    const since = Math.max(parseTime(taint.timeAdded) ?? 0, parseTime(pod.metadata.creationTimestamp) ?? 0);
    at = Math.min(at, since + Math.max(0, Math.min(...limits)) * 1000);
  }
  return at;
}

function tolerationsOf(pod: Pod, taint: Taint): readonly Toleration[] {
  const own = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  return own.length === 0 && failedNode.has(taint.key) ? [{ key: taint.key, operator: 'Exists', tolerationSeconds: defaultSeconds }] : own;
}

/** As upstream: no key tolerates every key, no effect every effect; Equal is the default operator. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  const exists = toleration.operator === 'Exists';
  if ((toleration.key ?? '') === '') return exists;
  return toleration.key === taint.key && (exists || (toleration.value ?? '') === (taint.value ?? ''));
}
