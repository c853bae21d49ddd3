import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from './kinds.generated.ts';
import { compareQuantities } from './quantity.ts';
import { selects } from './selector.ts';

/**
 * How claims and volumes find each other: what the binder of the control plane and the scheduler agree on
 * (k8s.io/component-helpers v1.35, storage/volume).
 */

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
/** On a volume: who made it for a claim. */
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
/** On a claim: who is to make a volume for it; the first name is the older one. */
export const storageProvisioners = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'] as const;
/** On a claim that waited for its first pod: the node that the scheduler chose. */
export const selectedNode = 'volume.kubernetes.io/selected-node';
/** The provisioner of classes whose volumes somebody makes by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** The class of a claim, '' for none; undefined where it says nothing, so that the default one may be given to it. */
export function claimClass({ metadata, spec }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[classAnnotation] ?? spec.storageClassName;
}
/** '' for none. */
export function volumeClass({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? '';
}

/** Does the volume belong to the claim, or is it kept for it (a claimRef without a uid)? */
export function isBoundTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid;
}

/** Are claims of this class bound only when a pod wants them? */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Why a volume that is named cannot be had; undefined when it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small';
  if (volumeClass(volume) !== (claimClass(claim) ?? '')) return 'storageClassName does not match';
  if (attributesDiffer(volume, claim)) return 'volumeAttributesClassName does not match';
  if (modesDiffer(volume, claim)) return 'incompatible volumeMode';
  return givesAccess(volume, claim) ? undefined : 'incompatible accessMode';
}
/** One is a file system and the other a block device. */
export function modesDiffer({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem');
}
export function givesAccess({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  // The names of the modes are those of the claim too.
  const given: readonly string[] = spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => given.includes(mode));
}
function attributesDiffer({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? '');
}
export function sizeOf({ spec }: PersistentVolume): string {
  return spec.capacity?.['storage'] ?? '0';
}
export function requestOf({ spec }: PersistentVolumeClaim): string {
  return spec.resources?.requests?.['storage'] ?? '0';
}

export interface MatchOptions {
  /** The claim waits for its first pod: without a node only a volume that is kept for it will do. */
  readonly waits?: boolean;
  /** Of the scheduler, which asks for one node: can the volume be used there? */
  readonly reaches?: (volume: Readonly<PersistentVolume>) => boolean;
  /** Volumes that are spoken for, by name. */
  readonly taken?: ReadonlySet<string>;
}

/**
 * The volume that a claim gets: one that is kept for it, else the smallest that is available and fits, among those with the fewest access
 * modes. Undefined when there is none, or when the one that is kept for it cannot be reached.
 */
export function matchVolume(
  claim: Readonly<PersistentVolumeClaim>,
  volumes: Iterable<Readonly<PersistentVolume>>,
  { waits = false, reaches = anywhere, taken = nothing }: MatchOptions = {},
): Readonly<PersistentVolume> | undefined {
  const keptOnly = waits && reaches === anywhere;
  let best: Readonly<PersistentVolume> | undefined;
  for (const volume of volumes) {
    if (taken.has(volume.metadata.name) || !mayServe(volume, claim)) continue;
    if (isBoundTo(volume, claim)) return reaches(volume) ? volume : undefined;
    const free = !keptOnly && isFreeFor(volume, claim) && reaches(volume);
    if (free && isTighter(volume, best)) best = volume;
  }
  return best;
}
const anywhere = (): boolean => true;
const nothing: ReadonlySet<string> = new Set();

/** May a claim be given it that no volume is kept for? */
function isFreeFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.status?.phase !== 'Available' || volumeClass(volume) !== (claimClass(claim) ?? '')) return false;
  return claim.spec.selector === undefined || selects(claim.spec.selector, volume.metadata.labels);
}

/** What even a volume that is kept for the claim must be. */
function mayServe(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.spec.claimRef !== undefined && !isBoundTo(volume, claim)) return false;
  if (volume.metadata.deletionTimestamp !== undefined || modesDiffer(volume, claim) || attributesDiffer(volume, claim)) return false;
  return givesAccess(volume, claim) && compareQuantities(sizeOf(volume), requestOf(claim)) >= 0;
}
function isTighter(a: PersistentVolume, b: PersistentVolume | undefined): boolean {
  if (b === undefined) return true;
  const modes = (a.spec.accessModes ?? []).length - (b.spec.accessModes ?? []).length;
  return modes === 0 ? compareQuantities(sizeOf(a), sizeOf(b)) < 0 : modes < 0;
}

/** The claims of a pod, by name, those included that are made for it (`<pod>-<volume>`). */
export function claimsOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${metadata.name}-${name}`];
  });
}
