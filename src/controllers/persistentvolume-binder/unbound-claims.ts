import { keyOf, keyText, parseKey, type ObjectKey } from '../../api/object.ts';
import type { PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { bindCompleted, claimClass } from '../../api/volume-binding.ts';

/** Claims that wait for a volume, by their class and by the volume that they name. */
export class UnboundClaims {
  readonly #byClass = new Map<string | undefined, Set<string>>();
  readonly #byVolume = new Map<string, Set<string>>();
  readonly #all = new Set<string>();

  changed(claim: Readonly<PersistentVolumeClaim> | undefined, previous: Readonly<PersistentVolumeClaim> | undefined): void {
    if (previous !== undefined) this.#remove(previous);
    if (claim === undefined || claim.metadata.annotations?.[bindCompleted] !== undefined) return;
    const key = keyText(keyOf(claim));
    this.#all.add(key);
    addTo(this.#byClass, claimClass(claim), key);
    if ((claim.spec.volumeName ?? '') !== '') addTo(this.#byVolume, claim.spec.volumeName ?? '', key);
  }

  has(key: ObjectKey): boolean {
    return this.#all.has(keyText(key));
  }

  /** Of any of these classes; undefined stands for claims that say nothing of one. */
  ofClass(...names: readonly (string | undefined)[]): readonly ObjectKey[] {
    return names.flatMap((name) => [...(this.#byClass.get(name) ?? [])].map(parseKey));
  }

  /** Those that ask for this volume by its name. */
  naming(volume: string): readonly ObjectKey[] {
    return [...(this.#byVolume.get(volume) ?? [])].map(parseKey);
  }

  #remove(claim: Readonly<PersistentVolumeClaim>): void {
    const key = keyText(keyOf(claim));
    this.#all.delete(key);
    removeFrom(this.#byClass, claimClass(claim), key);
    removeFrom(this.#byVolume, claim.spec.volumeName ?? '', key);
  }
}

function addTo<K>(index: Map<K, Set<string>>, bucket: K, key: string): void {
  const keys = index.get(bucket);
  if (keys === undefined) index.set(bucket, new Set([key]));
  else keys.add(key);
}

function removeFrom<K>(index: Map<K, Set<string>>, bucket: K, key: string): void {
  const keys = index.get(bucket);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(bucket);
}
