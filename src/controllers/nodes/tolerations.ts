import type { Pod, Taint, Toleration } from '../../api/kinds.generated.ts';
import { parseTime } from '../../base/clock.ts';

/** Taints that drive pods out which do not tolerate them. */
export function executingTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return (taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/**
 * When a pod has to leave a node with these NoExecute taints: at once (`now`) where it does not tolerate one; after its shortest
 * tolerationSeconds, counted from when the taint and the pod were both there; never (Infinity) where no toleration has a limit. Of the
 * tolerations of a taint the first one counts, as upstream.
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], now: number): number {
  let at = Infinity;
  for (const taint of taints) {
    const toleration = pod.spec.tolerations?.find((each) => tolerates(each, taint));
    if (toleration === undefined) return now;
    const { tolerationSeconds } = toleration;
    if (tolerationSeconds === undefined) continue;
    const since = Math.max(parseTime(taint.timeAdded) ?? 0, boundAt(pod));
    at = Math.min(at, since + Math.max(0, tolerationSeconds) * 1000);
  }
  return at;
}

function boundAt({ metadata, status }: Pod): number {
  const bound = status?.conditions?.find(({ type, status: state }) => type === 'PodScheduled' && state === 'True');
  return parseTime(bound?.lastTransitionTime) ?? parseTime(metadata.creationTimestamp) ?? 0;
}

/** As upstream: no key tolerates every key, no effect every effect; Equal is the default operator. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  const exists = toleration.operator === 'Exists';
  if ((toleration.key ?? '') === '') return exists;
  return toleration.key === taint.key && (exists || (toleration.value ?? '') === (taint.value ?? ''));
}
