import type { KubeObject, OwnerReference } from '../../api/object.ts';
import { Pod, StatefulSet, type PersistentVolumeClaim, type Volume } from '../../api/kinds.generated.ts';
import { controllerReference } from '../../api/owner.ts';
import { clone, type Mutable } from '../../base/json.ts';
import { isInRange } from './ordinals.ts';

/** The claims of an ordinal, as the templates say: `<template>-<set>-<ordinal>`, in the order of the templates. */
export function claimsOf(set: Readonly<StatefulSet>, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const claim = clone(template);
    const { labels, annotations, finalizers } = claim.metadata;
    const metadata: Mutable<PersistentVolumeClaim['metadata']> = {
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace ?? '',
      labels: { ...labels, ...set.spec.selector.matchLabels },
    };
    if (annotations !== undefined) metadata.annotations = annotations;
    if (finalizers !== undefined) metadata.finalizers = finalizers;
    return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: claim.spec };
  });
}
export function claimName(set: Readonly<StatefulSet>, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The volumes of a pod with those of its claims, which take the place of others of their names. */
export function claimVolumes(set: Readonly<StatefulSet>, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const names = new Set(templates.map(({ metadata }) => metadata.name));
  const claimed = templates.map((template): Volume => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  return [...claimed, ...volumes.filter(({ name }) => !names.has(name))];
}

/** Does the pod mount each claim of its ordinal? */
export function mountsClaims(set: Readonly<StatefulSet>, pod: Readonly<Pod>, ordinal: number): boolean {
  return (set.spec.volumeClaimTemplates ?? []).every((template) => {
    const volume = pod.spec.volumes?.find(({ name }) => name === template.metadata.name);
    return volume?.persistentVolumeClaim?.claimName === claimName(set, template, ordinal);
  });
}

/**
 * The owners that a claim of an ordinal should have: the set where claims go with it, the pod where they go when the set shrinks and the
 * pod is one that goes. Other owners stay; where another controller has the claim, ours are taken away. `pod` is absent before it is made.
 */
export function ownersOf(
  set: Readonly<StatefulSet>,
  claim: Readonly<PersistentVolumeClaim>,
  { ordinal, pod }: { ordinal: number; pod?: Readonly<Pod> },
): readonly OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const others = (claim.metadata.ownerReferences ?? []).filter(
    (owner) => !refersTo(owner, StatefulSet.kind, set) && (pod === undefined || !refersTo(owner, Pod.kind, pod)),
  );
  if (others.some((owner) => owner.controller === true)) return others;
  const goes = whenScaled === 'Delete' && !isInRange(set, ordinal);
  if (goes) return pod === undefined ? others : [...others, ownerOf(controllerReference(Pod, pod))];
  return whenDeleted === 'Delete' ? [...others, ownerOf(controllerReference(StatefulSet, set))] : others;
}
/** Claims do not hold up the deletion of their owners. */
function ownerOf({ blockOwnerDeletion: _blocks, ...owner }: OwnerReference): OwnerReference {
  return owner;
}
function refersTo(owner: OwnerReference, kind: string, object: KubeObject): boolean {
  return owner.kind === kind && owner.name === object.metadata.name && owner.uid === object.metadata.uid;
}

/** Is the claim one that goes with an earlier pod of this name? */
export function isStale(claim: Readonly<PersistentVolumeClaim>, podName: string): boolean {
  return (claim.metadata.ownerReferences ?? []).some((owner) => owner.kind === Pod.kind && owner.name === podName);
}
