import type { KubeObject, ObjectMeta, OwnerReference } from '../api/object.ts';
import type { FieldError } from '../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required, tooLong } from './field-errors.ts';
import { dnsLabel, labelValue, qualifiedName, type NameRule } from './names.ts';

const annotationsMaxBytes = 256 * 1024;

/** What is wrong with an object's metadata, as Kubernetes checks it for every kind (apimachinery v1.35, api/validation/objectmeta.go). */
export function metadataErrors(
  object: KubeObject,
  old: KubeObject | undefined,
  rules: { readonly namespaced: boolean; readonly name: NameRule },
): FieldError[] {
  const { metadata } = object;
  const errors = old === undefined ? nameErrors(metadata, rules) : [];
  errors.push(...labelErrors(metadata.labels, 'metadata.labels'), ...annotationErrors(metadata.annotations, 'metadata.annotations'));
  if (metadata.ownerReferences !== undefined) errors.push(...ownerErrors(metadata.ownerReferences));
  if (metadata.finalizers !== undefined) errors.push(...finalizerErrors(metadata, old?.metadata));
  return errors;
}

function nameErrors(metadata: ObjectMeta, rules: { namespaced: boolean; name: NameRule }): FieldError[] {
  const errors: FieldError[] = [];
  const prefix = metadata.generateName ?? '';
  if (prefix !== '') errors.push(...invalidEach('metadata.generateName', prefix, rules.name(`${prefix.replace(/-$/, '')}a`)));
  if (metadata.name === undefined || metadata.name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...invalidEach('metadata.name', metadata.name, rules.name(metadata.name)));
  const namespace = metadata.namespace ?? '';
  if (!rules.namespaced) {
    if (namespace !== '') errors.push(fieldForbidden('metadata.namespace', 'not allowed on this type'));
  } else if (namespace === '') errors.push(required('metadata.namespace'));
  else errors.push(...invalidEach('metadata.namespace', namespace, dnsLabel(namespace)));
  return errors;
}

/** Also of a pod template, a selector or anything else that carries labels. */
export function labelErrors(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name in labels) {
    errors.push(...invalidEach(path, name, qualifiedName(name)));
    errors.push(...invalidEach(path, labels[name], labelValue(labels[name] as string)));
  }
  return errors;
}
export function annotationErrors(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const name in annotations) {
    errors.push(...invalidEach(path, name, qualifiedName(name.toLowerCase())));
    size += Buffer.byteLength(name) + Buffer.byteLength(annotations[name] as string);
  }
  if (size > annotationsMaxBytes) errors.push(tooLong(path, annotationsMaxBytes));
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner, index) => {
    const at = `${path}[${index}]`;
    const broken: FieldError[] = [];
    if (!owner.apiVersion) broken.push(invalidValue(`${at}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const) {
      if (!owner[field]) broken.push(invalidValue(`${at}.${field}`, owner[field], 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      broken.push(invalidValue(at, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    return broken;
  });
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const [first, second] = controllers;
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first?.name} and ${second?.name}`;
    errors.push(invalidValue(path, owners, detail));
  }
  return errors;
}

function finalizerErrors(metadata: ObjectMeta, old: ObjectMeta | undefined): FieldError[] {
  const path = 'metadata.finalizers';
  const finalizers = metadata.finalizers ?? [];
  const errors = finalizers.flatMap((finalizer) => invalidEach(path, finalizer, qualifiedName(finalizer)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  if (old?.deletionTimestamp !== undefined) {
    const added = finalizers.filter((finalizer) => !old.finalizers?.includes(finalizer)).sort();
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(fieldForbidden(path, detail));
    }
  }
  return errors;
}
