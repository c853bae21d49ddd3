import { keyOf, type ObjectKey } from '../../api/object.ts';
import { PersistentVolume, PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { isNotFound } from '../../api/status.ts';
import { provisionedBy } from '../../api/volume-binding.ts';
import { errorText } from '../../base/log.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { hasFinalizer, removeFinalizer } from '../../reconcile/finalizers.ts';
import { finalizer, isVolumeName, provisioner, volumeName, type Provisioning } from './provisioning.ts';

type Volume = Readonly<PersistentVolume>;

/** Takes folder and volume away once the claim has gone; one that is to be retained is only let go of. */
export async function reclaim(provisioning: Provisioning, key: ObjectKey): Promise<void> {
  const { context, folders } = provisioning;
  const volume = context.informer(PersistentVolume).get(key);
  if (volume?.metadata.annotations?.[provisionedBy] !== provisioner) return;
  const goes = volume.metadata.deletionTimestamp !== undefined;
  if (goes && !hasFinalizer(volume, finalizer)) return;
  if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete') {
    if (goes) await removeFinalizer(context.cluster, PersistentVolume, volume, finalizer);
    return;
  }
  if (volume.status?.phase !== 'Released') return;
  const problem = problemOf(volume, folders.pathOf(volume.metadata.name));
  if (problem !== undefined) return context.event(volume, 'Warning', 'VolumeFailedDelete', problem);
  try {
    await context.clock.outside(folders.remove(volume.metadata.name));
  } catch (error) {
    context.event(volume, 'Warning', 'VolumeFailedDelete', errorText(error));
    throw new ReconcileError('VolumeFailedDelete', errorText(error), { cause: error });
  }
  await remove(provisioning, volume);
}

/** Only folders of our own are removed, whatever a volume says of where it is and who has made it. */
function problemOf({ metadata, spec }: Volume, path: string): string | undefined {
  if (isVolumeName(metadata.name) && spec.local?.path === path) return undefined;
  return `the volume is not one of ${provisioner}: its folder would be ${path}`;
}

async function remove({ context }: Provisioning, volume: Volume): Promise<void> {
  const { cluster } = context;
  try {
    if (volume.metadata.deletionTimestamp === undefined) {
      await cluster.delete(PersistentVolume, keyOf(volume), { uid: volume.metadata.uid ?? '' });
    }
    const left = await cluster.get(PersistentVolume, keyOf(volume));
    if (left.metadata.uid === volume.metadata.uid) await removeFinalizer(cluster, PersistentVolume, left, finalizer);
  } catch (error) {
    // NotFound: it is gone.
    if (!isNotFound(error)) throw error;
  }
}

/** Looks at folders whose volume may never have been written: what a crash, or a claim that went at the wrong moment, has left is removed. */
export async function sweep({ context, folders }: Provisioning): Promise<void> {
  const names = (await context.clock.outside(folders.begun())).filter(isVolumeName);
  if (names.length === 0) return;
  // The caches may be behind, and what goes here is somebody's data.
  const claims = await context.cluster.list(PersistentVolumeClaim);
  const volumes = await context.cluster.list(PersistentVolume);
  const written = new Set(volumes.items.map(({ metadata }) => metadata.name));
  const awaited = new Set(claims.items.map(({ metadata }) => volumeName(metadata.uid ?? '')));
  for (const name of names) {
    if (written.has(name)) await context.clock.outside(folders.settle(name));
    else if (!awaited.has(name)) await context.clock.outside(folders.remove(name));
  }
}
