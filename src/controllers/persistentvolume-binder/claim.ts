import { keyOf, type ObjectKey } from '../../api/object.ts';
import type { StorageClass } from '../../api/kinds.generated.ts';
import {
  bindCompleted,
  boundByController,
  claimClass,
  isBoundTo,
  matchVolume,
  mismatch,
  selectedNode,
  storageProvisioners,
  waitsForConsumer,
} from '../../api/volume-binding.ts';
import { bind, keyOfClaim, setClaimPhase, writeClaim, type Binder, type Claim, type Volume } from './binder.ts';
import { defaultClass } from './classes.ts';

/** What is to be done for a claim (kubernetes v1.35, pkg/controller/volume/persistentvolume, syncClaim). */
export async function syncClaim(binder: Binder, key: ObjectKey): Promise<void> {
  const claim = binder.claims.get(key);
  if (claim === undefined) return;
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) return syncBound(binder, claim);
  const { volumeName = '' } = claim.spec;
  return volumeName === '' ? findVolume(binder, claim) : takeVolume(binder, claim, volumeName);
}

/** Any volume will do that fits; if there is none, one may be made. */
async function findVolume(binder: Binder, claim: Claim): Promise<void> {
  const { volumes, classes, context } = binder;
  const name = claimClass(claim) ?? '';
  const storageClass = name === '' ? undefined : classes.get({ namespace: '', name });
  const waits = waitsForConsumer(storageClass);
  const volume = matchVolume(claim, volumes.candidates(claim), { waits });
  if (volume !== undefined) return bind(binder, volume, claim);
  if (claimClass(claim) === undefined && (await giveDefaultClass(binder, claim))) return;
  if (waits && (claim.metadata.annotations?.[selectedNode] ?? '') === '') tellWaiting(binder, claim);
  else if (name !== '') return provision(binder, claim, { name, storageClass });
  else {
    const text = 'no persistent volumes available for this claim and no storage class is set';
    context.event(claim, 'Normal', 'FailedBinding', text);
  }
  await setClaimPhase(binder, claim, 'Pending');
}

/** A default class may come later than its claims. */
async function giveDefaultClass(binder: Binder, claim: Claim): Promise<boolean> {
  const found = defaultClass(binder.classes);
  if (found === undefined) return false;
  const given = await writeClaim(binder, claim, (draft) => void (draft.spec.storageClassName = found.metadata.name));
  binder.queue(keyOf(given));
  return true;
}

function tellWaiting({ context, podsOf }: Binder, claim: Claim): void {
  const pods = podsOf(keyOf(claim)).filter(({ spec, status }) => {
    return (spec.nodeName ?? '') === '' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
  });
  const names = pods.map(({ metadata }) => metadata.name).join(',');
  if (names === '') {
    context.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  } else {
    const text = `waiting for pod${pods.length > 1 ? 's' : ''} ${names} to be scheduled`;
    context.event(claim, 'Normal', 'WaitForPodScheduled', text);
  }
}

/** Names who is to make the volume: provisioners wait for that. */
async function provision(
  binder: Binder,
  claim: Claim,
  { name, storageClass }: { name: string; storageClass: Readonly<StorageClass> | undefined },
): Promise<void> {
  const { context } = binder;
  const provisioner = storageClass?.provisioner ?? '';
  const why =
    storageClass === undefined
      ? `storageclass.storage.k8s.io "${name}" not found`
      : provisioner.startsWith('kubernetes.io/')
        ? `no volume plugin matched name: ${provisioner}`
        : undefined;
  if (why !== undefined) return context.event(claim, 'Warning', 'ProvisioningFailed', why);
  const asked = await writeClaim(binder, claim, (draft) => {
    const annotations = (draft.metadata.annotations ??= {});
    for (const annotation of storageProvisioners) annotations[annotation] = provisioner;
  });
  const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  context.event(asked, 'Normal', 'ExternalProvisioning', text);
}

/** Only the volume that it names will do. */
async function takeVolume(binder: Binder, claim: Claim, name: string): Promise<void> {
  const volume = binder.volumes.get(name);
  if (volume !== undefined) {
    if (isBoundTo(volume, claim)) return bind(binder, volume, claim);
    const problem = problemOf(volume, claim);
    if (problem === undefined) return bind(binder, volume, claim);
    binder.context.event(claim, 'Warning', problem.reason, problem.message);
  }
  await setClaimPhase(binder, claim, 'Pending');
}

/** @throws Error for a binding of our own that somebody has damaged */
function problemOf(volume: Volume, claim: Claim): { readonly reason: string; readonly message: string } | undefined {
  const { claimRef, name } = { ...volume.metadata, ...volume.spec };
  if (claimRef === undefined) {
    const why = mismatch(volume, claim);
    return why === undefined ? undefined : { reason: 'VolumeMismatch', message: `Cannot bind to requested volume "${name}": ${why}` };
  }
  if (claim.metadata.annotations?.[boundByController] !== undefined) {
    const owner = `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`;
    throw new Error(`invalid binding of claim "${keyOfClaim(claim)}" to volume "${name}": volume already claimed by "${owner}"`);
  }
  return { reason: 'FailedBinding', message: `volume "${name}" already bound to a different claim.` };
}

async function syncBound(binder: Binder, claim: Claim): Promise<void> {
  const { volumeName = '' } = claim.spec;
  if (volumeName === '') {
    return lose(binder, claim, {
      reason: 'ClaimLost',
      message: 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
    });
  }
  const volume = binder.volumes.get(volumeName);
  if (volume === undefined) {
    return lose(binder, claim, { reason: 'ClaimLost', message: 'Bound claim has lost its PersistentVolume. Data on the volume is lost!' });
  }
  const { claimRef } = volume.spec;
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return bind(binder, volume, claim);
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
  return lose(binder, claim, { reason: 'ClaimMisbound', message });
}

async function lose(binder: Binder, claim: Claim, { reason, message }: { reason: string; message: string }): Promise<void> {
  if (claim.status?.phase === 'Lost') return;
  binder.context.event(await setClaimPhase(binder, claim, 'Lost'), 'Warning', reason, message);
}
