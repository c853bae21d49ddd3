import { lstat } from 'node:fs/promises';
import { PersistentVolume, PersistentVolumeClaim, type Pod, type Volume } from '../../api/kinds.generated.ts';
import type { Kind, KubeObject, ObjectKey } from '../../api/object.ts';
import { controllerOf } from '../../api/owner.ts';
import { isNotFound } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Reader } from '../../client/cluster.ts';
import { checkHostPath } from './host-path.ts';
import { missingIs } from './missing.ts';

/** Where a claim of a pod is on this machine. */
export interface ClaimedVolume {
  readonly path: string;
  readonly readOnly: boolean;
  /** Its files are given to the pod's fsGroup. */
  readonly ownable: boolean;
}
interface Services {
  readonly cluster: Reader;
  readonly clock: Clock;
}

/** The claim that a volume stands for; undefined for volumes of other kinds. */
export function claimNameOf(pod: Readonly<Pod>, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${pod.metadata.name}-${name}`);
}

/** A volume that cannot even be tried, since its claim is not ready for it. */
export class UnprocessedVolume extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnprocessedVolume';
  }
}

/** Looks the volume of a bound claim up and checks it. @throws Error in the words of a kubelet (pkg/kubelet/volumemanager, kubernetes v1.35) */
export async function claimedVolume(pod: Readonly<Pod>, volume: Volume, services: Services): Promise<ClaimedVolume> {
  const namespace = pod.metadata.namespace ?? '';
  const name = claimNameOf(pod, volume) ?? '';
  const failed = (why: string): Error => new UnprocessedVolume(`error processing PVC ${namespace}/${name}: ${why}`);
  const claim = await get(services, PersistentVolumeClaim, { namespace, name });
  if (claim === undefined) throw failed(`failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`);
  const notReady = whyNotReady(claim);
  if (notReady !== undefined) throw failed(notReady);
  if (volume.ephemeral !== undefined && controllerOf(claim)?.uid !== pod.metadata.uid) {
    throw new UnprocessedVolume(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
  }
  const found = await get(services, PersistentVolume, { namespace: '', name: claim.spec.volumeName ?? '' });
  const why = whyNotOurs(found, claim);
  if (found === undefined || why !== undefined) throw failed(why ?? '');
  if (found.spec.volumeMode === 'Block') {
    throw new UnprocessedVolume(`volume ${volume.name} has volumeMode Block, but is specified in volumeMounts`);
  }
  return placeOf(found, volume, services);
}

function whyNotReady({ metadata, spec, status }: Readonly<PersistentVolumeClaim>): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'PVC is being deleted';
  return status?.phase !== 'Bound' || (spec.volumeName ?? '') === '' ? 'PVC is not bound' : undefined;
}

async function get<T extends KubeObject>({ cluster }: Services, kind: Kind<T>, key: ObjectKey): Promise<Readonly<T> | undefined> {
  try {
    return await cluster.get(kind, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function whyNotOurs(
  volume: Readonly<PersistentVolume> | undefined,
  { metadata, spec }: Readonly<PersistentVolumeClaim>,
): string | undefined {
  const name = spec.volumeName ?? '';
  if (volume === undefined) return `failed to fetch PV ${name} from API server: persistentvolumes "${name}" not found`;
  const { claimRef } = volume.spec;
  if (claimRef === undefined) {
    return `found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`;
  }
  if (claimRef.uid === metadata.uid) return undefined;
  return `found PV object ${name} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${metadata.uid ?? ''}`;
}

async function placeOf({ metadata, spec }: Readonly<PersistentVolume>, volume: Volume, { clock }: Services): Promise<ClaimedVolume> {
  const readOnly = volume.persistentVolumeClaim?.readOnly === true;
  if (spec.hostPath !== undefined) {
    const { path, type = '' } = spec.hostPath;
    await clock.outside(checkHostPath(path, type));
    return { path, readOnly, ownable: false };
  }
  if (spec.local !== undefined) {
    const { path } = spec.local;
    await clock.outside(checkLocal(path));
    return { path, readOnly, ownable: true };
  }
  const kinds = Object.keys(spec).filter((key) => !described.has(key));
  throw new Error(`the volume ${metadata.name} is of type ${kinds[0] ?? ''}, which is not provided by this node`);
}
/** Fields that say what a volume is like, and not where it is. */
const described = new Set([
  ...['accessModes', 'capacity', 'claimRef', 'mountOptions', 'nodeAffinity', 'persistentVolumeReclaimPolicy'],
  ...['storageClassName', 'volumeAttributesClassName', 'volumeMode'],
]);

/** A local volume is there already: one that was lost must not be started empty. */
async function checkLocal(path: string): Promise<void> {
  if (!path.startsWith('/') || path.split('/').includes('..')) throw new Error(`invalid path: ${path} must be absolute and without '..'`);
  const found = await lstat(path).catch(missingIs(undefined));
  if (found === undefined) throw new Error(`path "${path}" does not exist`);
  if (!found.isDirectory()) throw new Error(`path "${path}" is not a directory`);
}
