import type { ObjectKey } from '../api/object.ts';
import { PersistentVolume } from '../api/kinds.generated.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../reconcile/finalizers.ts';

const finalizer = 'kubernetes.io/pv-protection';

/** A volume that is deleted while a claim has it stays until the claim has gone. */
export const persistentvolumeProtection: Controller = {
  name: 'persistentvolume-protection',
  identity: 'pv-protection-controller',
  reconciles: PersistentVolume,
  start: (context) => (key) => protect(context, key),
};

async function protect({ informer, cluster }: Context, key: ObjectKey): Promise<void> {
  const volume = informer(PersistentVolume).get(key);
  if (volume === undefined) return;
  if (volume.metadata.deletionTimestamp === undefined) await addFinalizer(cluster, PersistentVolume, volume, finalizer);
  else if (hasFinalizer(volume, finalizer) && volume.status?.phase !== 'Bound') {
    await removeFinalizer(cluster, PersistentVolume, volume, finalizer);
  }
}
