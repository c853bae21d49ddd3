import type { ObjectKey } from '../api/object.ts';
import { PersistentVolumeClaim, Pod } from '../api/kinds.generated.ts';
import { isControlledBy } from '../api/owner.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../reconcile/finalizers.ts';
import { claimKeysOf, trackPodsByClaim } from './volumes/pods-by-claim.ts';

const finalizer = 'kubernetes.io/pvc-protection';

/** A claim that is deleted while pods of nodes use it stays until they have gone, also those that have ended. */
export const persistentvolumeclaimProtection: Controller = {
  name: 'persistentvolumeclaim-protection',
  identity: 'pvc-protection-controller',
  reconciles: PersistentVolumeClaim,
  watches: [{ kind: Pod, keysFor: () => [] }],
  start(context) {
    const podsOf = trackPodsByClaim(context.informer(Pod));
    const claims = context.informer(PersistentVolumeClaim);
    // What lets go of a claim: a pod that goes, is replaced, or has been shut down.
    context.informer(Pod).onChange((pod, previous) => {
      if (previous === undefined) return;
      if (pod !== undefined && pod.metadata.uid === previous.metadata.uid && isShutDown(pod) === isShutDown(previous)) return;
      for (const key of claimKeysOf(previous)) if (claims.get(key)?.metadata.deletionTimestamp !== undefined) context.enqueue(key);
    });
    return (key) => protect(context, key, podsOf);
  },
};

async function protect(context: Context, key: ObjectKey, podsOf: (claim: ObjectKey) => readonly Readonly<Pod>[]): Promise<void> {
  const { cluster } = context;
  const claim = context.informer(PersistentVolumeClaim).get(key);
  if (claim === undefined) return;
  if (claim.metadata.deletionTimestamp === undefined) {
    await addFinalizer(cluster, PersistentVolumeClaim, claim, finalizer);
    return;
  }
  if (!hasFinalizer(claim, finalizer) || podsOf(key).some((pod) => uses(pod, claim))) return;
  // The cache may not show the newest pod yet, and what goes here is somebody's data.
  const { items } = await cluster.list(Pod, { namespace: key.namespace });
  if (items.some((pod) => uses(pod, claim))) return;
  await removeFinalizer(cluster, PersistentVolumeClaim, claim, finalizer);
}

/** Pods that no node has yet will not be started with a claim that goes. */
function uses(pod: Readonly<Pod>, claim: Readonly<PersistentVolumeClaim>): boolean {
  if ((pod.spec.nodeName ?? '') === '') return false;
  const { name } = claim.metadata;
  return (pod.spec.volumes ?? []).some(({ name: volume, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return persistentVolumeClaim.claimName === name;
    const isItsOwn = ephemeral !== undefined && `${pod.metadata.name}-${volume}` === name && isControlledBy(claim, pod);
    return isItsOwn && !isShutDown(pod);
  });
}

/** The node is done with it, or it was deleted by force. */
function isShutDown({ metadata }: Readonly<Pod>): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}
