import { keyText, type ObjectKey } from '../../api/object.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/kinds.generated.ts';
import { claimClass, volumeClass } from '../../api/volume-binding.ts';
import type { Informer } from '../../reconcile/controller.ts';
import { AssumedObjects } from '../cache/assumed-objects.ts';

type Volume = Readonly<PersistentVolume>;

/** Volumes with our own writes laid over them: by name, those that nobody has by class, and the others by the claim that they name. */
export class VolumeIndex {
  readonly #volumes: AssumedObjects<PersistentVolume>;
  readonly #free = new Map<string, Map<string, Volume>>();
  readonly #kept = new Map<string, Map<string, Volume>>();

  constructor(cache: Informer<PersistentVolume>) {
    this.#volumes = new AssumedObjects(cache, (volume, previous) => {
      if (previous !== undefined) this.#take(previous);
      if (volume !== undefined) this.#put(volume);
    });
  }

  get(name: string): Volume | undefined {
    return this.#volumes.get({ namespace: '', name });
  }
  put(base: Volume, written: Volume): void {
    this.#volumes.put(base, written);
  }

  keptFor(claim: ObjectKey): readonly Volume[] {
    return [...(this.#kept.get(keyText(claim))?.values() ?? [])];
  }
  /** What the claim may be given: first what is kept for it, then what nobody has. */
  *candidates(claim: Readonly<PersistentVolumeClaim>): Iterable<Volume> {
    yield* this.keptFor({ namespace: claim.metadata.namespace ?? '', name: claim.metadata.name });
    yield* this.#free.get(claimClass(claim) ?? '')?.values() ?? [];
  }

  #take(volume: Volume): void {
    const { shelves, name } = this.#placeOf(volume);
    const shelf = shelves.get(name);
    shelf?.delete(volume.metadata.name);
    if (shelf?.size === 0) shelves.delete(name);
  }
  #put(volume: Volume): void {
    const { shelves, name } = this.#placeOf(volume);
    const shelf = shelves.get(name);
    if (shelf === undefined) shelves.set(name, new Map([[volume.metadata.name, volume]]));
    else shelf.set(volume.metadata.name, volume);
  }
  #placeOf(volume: Volume): { readonly shelves: Map<string, Map<string, Volume>>; readonly name: string } {
    const { claimRef } = volume.spec;
    if (claimRef === undefined) return { shelves: this.#free, name: volumeClass(volume) };
    return { shelves: this.#kept, name: keyText({ namespace: claimRef.namespace ?? '', name: claimRef.name ?? '' }) };
  }
}
