import type { PodTemplateSpec } from '../../api/kinds.generated.ts';
import { canonicalJson, jsonEqual } from '../../base/json.ts';

/** The label that tells the pods of one ReplicaSet of a Deployment from those of the next. */
export const templateHashLabel = 'pod-template-hash';
/** Kubernetes' alphabet for hashes in names: no vowels, so no words. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The hash of a pod template that becomes part of the ReplicaSet's name: FNV-1a, 32 bits, over the canonical JSON, so that the order of map
 * keys does not count. `collisions` makes another hash of the same template.
 */
export function templateHash(template: PodTemplateSpec, collisions = 0): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${canonicalJson(template)}${collisions === 0 ? '' : `#${collisions}`}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return [...String(hash >>> 0)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

/** Are the templates the same but for the hash label? An empty map counts as absent. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return jsonEqual(a?.spec, b?.spec) && jsonEqual(comparableMetadata(a), comparableMetadata(b));
}

function comparableMetadata(template: PodTemplateSpec | undefined): Record<string, unknown> {
  const { labels, ...rest } = template?.metadata ?? {};
  const out: Record<string, unknown> = { ...rest, labels: { ...labels, [templateHashLabel]: undefined } };
  for (const [key, value] of Object.entries(out)) if (isEmpty(value)) delete out[key];
  return out;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.values(value).every((member) => member === undefined);
}
