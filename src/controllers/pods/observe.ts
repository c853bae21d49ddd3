import { keyText } from '../../api/object.ts';
import type { Pod } from '../../api/kinds.generated.ts';
import { controllerOf } from '../../api/owner.ts';
import type { Informer } from '../../reconcile/controller.ts';
import type { Expectations } from '../../reconcile/expectations.ts';

/**
 * Tells the expectations what the cache shows of pods that one of the owners controls, by the owner's key: new ones, and those that
 * are gone or going, by uid. A controller calls it before it asks to be queued for pods, so that it is never queued with stale expectations.
 */
export function observePods(pods: Informer<Pod>, owners: { kind: string; informer: Informer }, expectations: Expectations): void {
  pods.onChange((pod, previous) => {
    const known = pod ?? previous;
    const owner = known === undefined ? undefined : controllerOf(known);
    if (known === undefined || owner?.kind !== owners.kind) return;
    const ownerKey = { namespace: known.metadata.namespace ?? '', name: owner.name };
    // A pod of an earlier owner of that name is none of those that are expected.
    if (owners.informer.get(ownerKey)?.metadata.uid !== owner.uid) return;
    const key = keyText(ownerKey);
    if (previous === undefined) expectations.creationObserved(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) expectations.deletionObserved(key, known.metadata.uid ?? '');
  });
}
