import { createHash } from 'node:crypto';
import type { KubeObject, ObjectKey } from '../api/object.ts';

/** The name under which Steersman applies: owner of every field that a manifest sets. */
export const fieldManager = 'steersman';
/** On every applied object: which application it belongs to. */
export const applicationLabel = 'steersman.dev/application';
/** On a Secret that stores manifests: the application whose history it is part of. */
export const historyLabel = 'steersman.dev/history-of';
/** On an Application: keeps it until its objects are pruned. */
export const pruneFinalizer = 'steersman.dev/prune';

export const annotations = {
  /** On a manifest: `never` keeps the object when it leaves the source. */
  prune: 'steersman.dev/prune',
  /** On a manifest: `true` takes over an object that is there and belongs to nobody. */
  adopt: 'steersman.dev/adopt',
  /** On a manifest: `true` takes fields that another manager owns. */
  take: 'steersman.dev/take',
  /** On a manifest: `recreate` deletes and creates anew where an immutable field changes. */
  force: 'steersman.dev/force',
  /** On a live hook: the digest of the manifests that it ran for. */
  ranFor: 'steersman.dev/ran-for',
  /** On an Application: a plan id; the held plan of that id may go on. */
  approve: 'steersman.dev/approve',
  /** On an Application: what somebody asks for, as JSON (`OperationRequest`). */
  request: 'steersman.dev/request',
  /** On an Application that is deleted: `true` leaves its objects. */
  keepObjects: 'steersman.dev/keep-objects',
} as const;

/** Written by clients to remember what they applied; holds whole manifests, Secrets included, so it is never shown. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The value of the tracking label: `namespace.name`, shortened by a hash where that is too long for a label. */
export function trackingValue(application: ObjectKey): string {
  const full = `${application.namespace}.${application.name}`;
  if (full.length <= 63) return full;
  return `${full.slice(0, 46).replace(/[^a-zA-Z0-9]+$/, '')}-${shortHash(full, 16)}`;
}

/** The first `length` hex digits of the SHA-256 of a text. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

export function annotationOf(object: KubeObject, name: string): string | undefined {
  return object.metadata.annotations?.[name];
}
export function labelOf(object: KubeObject, name: string): string | undefined {
  return object.metadata.labels?.[name];
}
