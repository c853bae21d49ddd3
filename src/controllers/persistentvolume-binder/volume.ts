import { keyOf } from '../../api/object.ts';
import { PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { isNotFound } from '../../api/status.ts';
import { modesDiffer, provisionedBy } from '../../api/volume-binding.ts';
import { setPhase, unbind, type Binder, type Claim, type Volume } from './binder.ts';

/** What is to be done for a volume (kubernetes v1.35, pkg/controller/volume/persistentvolume, syncVolume). */
export async function syncVolume(binder: Binder, name: string): Promise<void> {
  const volume = binder.volumes.get(name);
  if (volume === undefined) return;
  const { claimRef } = volume.spec;
  // Of a volume that is kept for a claim the claim takes hold.
  if ((claimRef?.uid ?? '') === '') return void (await setPhase(binder, volume, 'Available'));
  const claim = await claimOf(binder, volume);
  if (claim === undefined) return release(binder, volume);
  const { volumeName = '' } = claim.spec;
  if (volumeName === name) return void (await setPhase(binder, volume, 'Bound'));
  if (volumeName === '') return modesDiffer(volume, claim) ? tellMismatch(binder, volume, claim) : binder.queue(keyOf(claim));
  const isOurs = volume.metadata.annotations?.[provisionedBy] !== undefined;
  // It was made for a claim that has found another: nobody needs it.
  if (isOurs && volume.spec.persistentVolumeReclaimPolicy === 'Delete') return release(binder, volume);
  return unbind(binder, volume);
}

/** The claim of the volume, if it lives: that it does not is believed only when the server says so, since data may hang on it. */
async function claimOf({ context, claims }: Binder, { spec, status }: Volume): Promise<Claim | undefined> {
  const { namespace = '', name = '', uid } = spec.claimRef ?? {};
  const known = claims.get({ namespace, name });
  if (known?.metadata.uid === uid) return known;
  if (known === undefined && (status?.phase === 'Released' || status?.phase === 'Failed')) return undefined;
  try {
    const live = await context.cluster.get(PersistentVolumeClaim, { namespace, name });
    return live.metadata.uid === uid ? live : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function release(binder: Binder, volume: Volume): Promise<void> {
  const { phase } = volume.status ?? {};
  const released = phase === 'Released' || phase === 'Failed' ? volume : await setPhase(binder, volume, 'Released');
  const problem = problemOf(released);
  if (problem === undefined || released.status?.phase === 'Failed') return;
  const failed = await setPhase(binder, released, 'Failed', problem.message);
  binder.context.event(failed, 'Warning', problem.reason, problem.message);
}

/** Why a volume cannot be made good use of; undefined where it is kept, or left to who has made it. */
function problemOf({ metadata, spec }: Volume): { readonly reason: string; readonly message: string } | undefined {
  switch (spec.persistentVolumeReclaimPolicy ?? 'Retain') {
    case 'Retain':
      return undefined;
    case 'Recycle':
      return { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' };
    case 'Delete': {
      const maker = metadata.annotations?.[provisionedBy] ?? '';
      if (maker !== '' && !maker.startsWith('kubernetes.io/')) return undefined;
      const message = `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`;
      return { reason: 'VolumeFailedDelete', message };
    }
    default:
      return { reason: 'VolumeUnknownReclaimPolicy', message: 'Volume has unrecognized PersistentVolumeReclaimPolicy' };
  }
}

function tellMismatch({ context }: Binder, volume: Volume, claim: Claim): void {
  const text = (subject: string, object: string) => `Cannot bind ${subject} to requested ${object} due to incompatible volumeMode.`;
  context.event(volume, 'Warning', 'VolumeMismatch', text('PersistentVolume', `PersistentVolumeClaim "${claim.metadata.name}"`));
  context.event(claim, 'Warning', 'VolumeMismatch', text(`PersistentVolume "${volume.metadata.name}"`, 'PersistentVolumeClaim'));
}
