import { keyOf, type ObjectKey } from '../../api/object.ts';
import { PersistentVolume, PersistentVolumeClaim, type Pod, type StorageClass } from '../../api/kinds.generated.ts';
import { compareQuantities } from '../../api/quantity.ts';
import { bindCompleted, boundByController, isBoundTo, sizeOf } from '../../api/volume-binding.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, jsonEqual, type Mutable } from '../../base/json.ts';
import type { Context, Informer } from '../../reconcile/controller.ts';
import type { AssumedObjects } from '../cache/assumed-objects.ts';
import type { VolumeIndex } from './volume-index.ts';

export type Claim = Readonly<PersistentVolumeClaim>;
export type Volume = Readonly<PersistentVolume>;

/** What claims and volumes are joined with. */
export interface Binder {
  readonly context: Context;
  readonly claims: AssumedObjects<PersistentVolumeClaim>;
  readonly volumes: VolumeIndex;
  readonly classes: Informer<StorageClass>;
  podsOf(claim: ObjectKey): readonly Readonly<Pod>[];
  queue(key: ObjectKey): void;
}

/** Writes what `change` makes of the claim; answers it as it is then. */
export async function writeClaim(binder: Binder, claim: Claim, change: (claim: Mutable<PersistentVolumeClaim>) => void): Promise<Claim> {
  return write(binder, claim, { change });
}
export async function writeClaimStatus(
  binder: Binder,
  claim: Claim,
  change: (claim: Mutable<PersistentVolumeClaim>) => void,
): Promise<Claim> {
  return write(binder, claim, { change, subresource: 'status' });
}

async function write(
  { context, claims }: Binder,
  claim: Claim,
  { change, subresource }: { change: (claim: Mutable<PersistentVolumeClaim>) => void; subresource?: 'status' },
): Promise<Claim> {
  const changed = clone(claim) as Mutable<PersistentVolumeClaim>;
  change(changed);
  if (jsonEqual(changed, claim)) return claim;
  const options = subresource === undefined ? {} : { subresource };
  const written = await context.cluster.update(PersistentVolumeClaim, changed as PersistentVolumeClaim, options);
  claims.put(claim, written);
  return written;
}

/** Writes what `change` makes of the volume; answers it as it is then. */
export async function writeVolume(
  { context, volumes }: Binder,
  volume: Volume,
  change: (volume: Mutable<PersistentVolume>) => void,
): Promise<Volume> {
  const changed = clone(volume) as Mutable<PersistentVolume>;
  change(changed);
  if (jsonEqual(changed, volume)) return volume;
  const written = await context.cluster.update(PersistentVolume, changed as PersistentVolume);
  volumes.put(volume, written);
  return written;
}

export async function setPhase({ context, volumes }: Binder, volume: Volume, phase: string, message = ''): Promise<Volume> {
  if (volume.status?.phase === phase) return volume;
  const { message: _former, ...before } = clone(volume.status ?? {});
  const status = { ...before, phase, lastPhaseTransitionTime: timestamp(context.clock), ...(message === '' ? {} : { message }) };
  const changed = { ...clone(volume), status };
  const written = await context.cluster.update(PersistentVolume, changed as PersistentVolume, { subresource: 'status' });
  volumes.put(volume, written);
  return written;
}

/** Joins both: the volume is written first, so that a crash in between leaves it to nobody else. */
export async function bind(binder: Binder, volume: Volume, claim: Claim): Promise<void> {
  const joined = await setPhase(binder, await bindVolume(binder, volume, claim), 'Bound');
  const bound = await writeClaim(binder, claim, (draft) => {
    const annotations = (draft.metadata.annotations ??= {});
    if (draft.spec.volumeName !== joined.metadata.name) {
      draft.spec.volumeName = joined.metadata.name;
      annotations[boundByController] = 'yes';
    }
    annotations[bindCompleted] ??= 'yes';
  });
  await setClaimPhase(binder, bound, 'Bound', joined);
}

function bindVolume(binder: Binder, volume: Volume, claim: Claim): Promise<Volume> {
  return writeVolume(binder, volume, (draft) => {
    const { metadata } = claim;
    if (!isBoundTo(volume, claim)) (draft.metadata.annotations ??= {})[boundByController] ??= 'yes';
    const { claimRef } = draft.spec;
    if (claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace && claimRef.uid === metadata.uid) return;
    draft.spec.claimRef = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
    };
  });
}

/** Rolls a binding back: a volume that the binder took is free again, one that was kept for the claim is still kept for it. */
export async function unbind(binder: Binder, volume: Volume): Promise<void> {
  const freed = await writeVolume(binder, volume, (draft) => {
    const { annotations = {} } = draft.metadata;
    if (annotations[boundByController] === undefined) {
      delete draft.spec.claimRef?.uid;
      return;
    }
    delete draft.spec.claimRef;
    delete annotations[boundByController];
    if (Object.keys(annotations).length === 0) delete draft.metadata.annotations;
  });
  await setPhase(binder, freed, 'Available');
}

/** A claim that becomes Bound takes over the volume's size; one that was Bound keeps its own, since growing ends elsewhere. */
export function setClaimPhase(binder: Binder, claim: Claim, phase: 'Pending' | 'Bound' | 'Lost', volume?: Volume): Promise<Claim> {
  return writeClaimStatus(binder, claim, (draft) => {
    const status = (draft.status ??= {});
    if (volume === undefined) {
      delete status.accessModes;
      delete status.capacity;
    } else {
      status.accessModes = [...(volume.spec.accessModes ?? [])];
      const known = status.capacity?.['storage'];
      const becomes = status.phase !== phase && (known === undefined || compareQuantities(known, sizeOf(volume)) !== 0);
      if (becomes) status.capacity = { ...volume.spec.capacity };
      const attributes = volume.spec.volumeAttributesClassName;
      if (attributes !== undefined) status.currentVolumeAttributesClassName = attributes;
    }
    status.phase = phase;
  });
}

export function keyOfClaim(claim: Claim): string {
  const { namespace, name } = keyOf(claim);
  return `${namespace}/${name}`;
}
