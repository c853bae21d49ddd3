import { keyOf, type ObjectKey } from '../api/object.ts';
import { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/kinds.generated.ts';
import { provisionedBy, storageProvisioners } from '../api/volume-binding.ts';
import { isAlreadyExists } from '../api/status.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { grow } from './local-path-provisioner/grow.ts';
import { provision } from './local-path-provisioner/provision.ts';
import { provisioner, type Provisioning, type VolumeFolders } from './local-path-provisioner/provisioning.ts';
import { reclaim, sweep } from './local-path-provisioner/reclaim.ts';

export { memoryVolumeFolders } from './local-path-provisioner/memory-folders.ts';
export type { VolumeFolders } from './local-path-provisioner/provisioning.ts';

const className = 'local-path';
const upkeep: ObjectKey = { namespace: '', name: '' };

/**
 * Makes folders of this machine for claims of the class `local-path`, which it brings along as the default one, and takes those away whose
 * claims have gone. As `sig-storage-lib-external-provisioner` does it. Keys with a namespace are claims, those without are volumes.
 */
export function localPathProvisioner(folders: VolumeFolders): Controller {
  return {
    name: 'local-path-provisioner',
    identity: 'local-path-provisioner',
    component: provisioner,
    reconciles: PersistentVolumeClaim,
    watches: [PersistentVolume, StorageClass, Node].map((kind) => ({ kind, keysFor: () => [] })),
    start(context) {
      const provisioning: Provisioning = { context, folders };
      let hasClass = false;
      listen(context);
      context.enqueue(upkeep);
      return async (key) => {
        if (key.name !== '') return reconcile(provisioning, key);
        if (!hasClass) await ensureClass(context);
        hasClass = true;
        return sweep(provisioning);
      };
    },
  };
}

function listen(context: Context): void {
  context.informer(PersistentVolume).onChange((volume, previous) => {
    const known = volume ?? previous;
    if (known === undefined || known.metadata.annotations?.[provisionedBy] !== provisioner) return;
    if (volume !== undefined) context.enqueue(keyOf(volume));
    else context.enqueue(upkeep);
    const { claimRef } = known.spec;
    if (claimRef !== undefined) context.enqueue({ namespace: claimRef.namespace ?? '', name: claimRef.name ?? '' });
  });
}

async function reconcile(provisioning: Provisioning, key: ObjectKey): Promise<void> {
  const { context } = provisioning;
  if (key.namespace === '') return reclaim(provisioning, key);
  const claim = context.informer(PersistentVolumeClaim).get(key);
  if (claim === undefined) return context.enqueue(upkeep, sweepMs);
  if (claim.metadata.deletionTimestamp !== undefined) return;
  const { annotations } = claim.metadata;
  if (!storageProvisioners.some((name) => annotations?.[name] === provisioner)) return;
  if ((claim.spec.volumeName ?? '') === '') return provision(provisioning, claim);
  if (claim.status?.phase === 'Bound') return grow(provisioning, claim);
}

/** A folder may have been made for a claim that went before its volume was written. */
const sweepMs = 10_000;

/** The class is there from the start; who deletes it does without it until the next start. */
async function ensureClass(context: Context): Promise<void> {
  if (context.informer(StorageClass).get({ namespace: '', name: className }) !== undefined) return;
  try {
    await context.cluster.create(StorageClass, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: className, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    });
  } catch (error) {
    // Somebody was quicker, which is as well.
    if (!isAlreadyExists(error)) throw error;
  }
}
