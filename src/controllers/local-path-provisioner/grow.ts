import { keyOf } from '../../api/object.ts';
import { PersistentVolume, PersistentVolumeClaim, StorageClass, type PersistentVolumeClaimStatus } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import { claimClass, requestOf, sizeOf } from '../../api/volume-binding.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, type Mutable } from '../../base/json.ts';
import type { Context } from '../../reconcile/controller.ts';
import type { Provisioning } from './provisioning.ts';

type Claim = Readonly<PersistentVolumeClaim>;
const inProgress = 'ControllerResizeInProgress';

/** Gives a bound claim the size that it asks for now. A folder has none of its own, so only the objects change, as external-resizer writes them. */
export async function grow({ context }: Provisioning, claim: Claim): Promise<void> {
  const wanted = requestOf(claim);
  const known = claim.status?.capacity?.['storage'];
  if (known === undefined || compareQuantities(wanted, known) <= 0) return;
  const storageClass = context.informer(StorageClass).get({ namespace: '', name: claimClass(claim) ?? '' });
  const volume = context.informer(PersistentVolume).get({ namespace: '', name: claim.spec.volumeName ?? '' });
  if (storageClass?.allowVolumeExpansion !== true || volume?.spec.claimRef?.uid !== claim.metadata.uid || volume === undefined) return;
  const begun = await begin(context, claim, { wanted, volume: volume.metadata.name });
  if (compareQuantities(sizeOf(volume), wanted) < 0) {
    const { uid, resourceVersion } = volume.metadata;
    await context.cluster.patch(PersistentVolume, keyOf(volume), {
      metadata: { uid, resourceVersion },
      spec: { capacity: { storage: wanted } },
    });
  }
  const done = await writeStatus(context, begun, (status) => {
    status.capacity = { ...status.capacity, storage: wanted };
    delete status.allocatedResourceStatuses;
    delete status.conditions;
  });
  context.event(done, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
}

async function begin(context: Context, claim: Claim, { wanted, volume }: { wanted: string; volume: string }): Promise<Claim> {
  const { allocatedResources, allocatedResourceStatuses } = claim.status ?? {};
  if (allocatedResources?.['storage'] === wanted && allocatedResourceStatuses?.['storage'] === inProgress) return claim;
  context.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume}`);
  return writeStatus(context, claim, (status) => {
    status.allocatedResources = { ...status.allocatedResources, storage: wanted };
    status.allocatedResourceStatuses = { ...status.allocatedResourceStatuses, storage: inProgress };
    status.conditions = [{ type: 'Resizing', status: 'True', lastTransitionTime: timestamp(context.clock) }];
  });
}

function writeStatus(context: Context, claim: Claim, change: (status: Mutable<PersistentVolumeClaimStatus>) => void): Promise<Claim> {
  const status = clone(claim.status ?? {}) as Mutable<PersistentVolumeClaimStatus>;
  change(status);
  return context.cluster.update(PersistentVolumeClaim, { ...clone(claim), status } as PersistentVolumeClaim, { subresource: 'status' });
}
