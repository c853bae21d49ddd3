import type { ControllerRevision, PodTemplateSpec } from '../../api/kinds.generated.ts';
import { canonicalJson, isRecord, jsonEqual, valueAt } from '../../base/json.ts';

/** The label that says of which hash a revision's name is made. */
export const revisionHashLabel = 'controller.kubernetes.io/hash';
/** The label that says of which revision a pod is: the revision's name for a StatefulSet, its hash for a DaemonSet. */
export const podRevisionLabel = 'controller-revision-hash';
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
/** Names of revisions are cut so that the hash fits, as upstream. */
const longestPrefix = 223;

/** What a revision holds: a strategic merge patch that puts the template back, which kubectl's rollout undo sends. Keys are in order. */
export function revisionData(template: PodTemplateSpec): Record<string, unknown> {
  return JSON.parse(canonicalJson({ spec: { template: { ...plain(template), $patch: 'replace' } } })) as Record<string, unknown>;
}

/** The template that a revision holds. */
export function revisionTemplate(revision: Readonly<ControllerRevision>): PodTemplateSpec {
  const template = valueAt(revision.data, ['spec', 'template']);
  const { $patch: _how, ...rest } = isRecord(template) ? template : {};
  return rest;
}

/** Do both hold the same template? */
export function holdsTemplate(revision: Readonly<ControllerRevision>, template: PodTemplateSpec): boolean {
  return jsonEqual(plain(revisionTemplate(revision)), plain(template));
}

/** As Go writes it: empty labels and annotations are absent, and so is what old servers write for no time. */
function plain(template: PodTemplateSpec): PodTemplateSpec {
  const entries = Object.entries(template.metadata ?? {}).filter(
    ([, value]) => value !== null && (typeof value !== 'object' || Object.keys(value).length > 0),
  );
  return { ...template, metadata: Object.fromEntries(entries) };
}

/**
 * The hash that a revision's name ends with: FNV-1, 32 bits, over the data as Go writes JSON and the number of collisions, as upstream's
 * HashControllerRevision, so that revisions keep their names when a set moves between clusters.
 */
export function revisionHash(data: unknown, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(goJson(data) + String(collisions))) hash = Math.imul(hash, 0x01000193) ^ byte;
  return [...String(hash >>> 0)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}
function goJson(data: unknown): string {
  return canonicalJson(data).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function revisionName(owner: string, hash: string): string {
  return `${owner.slice(0, longestPrefix)}-${hash}`;
}

/** Oldest first: by number, then by age, then by name. */
export function byRevision(a: Readonly<ControllerRevision>, b: Readonly<ControllerRevision>): number {
  if (a.revision !== b.revision) return a.revision - b.revision;
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (first !== second) return first < second ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}
