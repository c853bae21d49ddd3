import { keyOf, keyText, parseKey, type ObjectKey } from '../../api/object.ts';
import type { Pod } from '../../api/kinds.generated.ts';
import { claimsOf } from '../../api/volume-binding.ts';
import type { Informer } from '../../reconcile/controller.ts';

/** The pods that name each claim, kept change by change. Answers in the order in which they came. */
export function trackPodsByClaim(pods: Informer<Pod>): (claim: ObjectKey) => readonly Readonly<Pod>[] {
  const byClaim = new Map<string, Set<string>>();
  pods.onChange((pod, previous) => {
    // The volumes of a pod stay what they are, but another pod may take its name.
    if (pod !== undefined && pod.metadata.uid === previous?.metadata.uid) return;
    if (previous !== undefined) {
      for (const claim of claimKeysOf(previous)) {
        const users = byClaim.get(keyText(claim));
        users?.delete(keyText(keyOf(previous)));
        if (users?.size === 0) byClaim.delete(keyText(claim));
      }
    }
    if (pod === undefined) return;
    for (const claim of claimKeysOf(pod)) {
      const users = byClaim.get(keyText(claim));
      if (users === undefined) byClaim.set(keyText(claim), new Set([keyText(keyOf(pod))]));
      else users.add(keyText(keyOf(pod)));
    }
  });
  return (claim) => [...(byClaim.get(keyText(claim)) ?? [])].flatMap((key) => pods.get(parseKey(key)) ?? []);
}

/** The claims of a pod. */
export function claimKeysOf(pod: Readonly<Pod>): readonly ObjectKey[] {
  return claimsOf(pod).map((name) => ({ namespace: pod.metadata.namespace ?? '', name }));
}
