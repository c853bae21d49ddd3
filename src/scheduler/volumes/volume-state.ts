import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../../api/kinds.generated.ts';
import { selectedNode, volumeClass } from '../../api/volume-binding.ts';

const noVolumes: ReadonlyMap<string, Readonly<PersistentVolume>> = new Map();

/** Claims, volumes and what says how they are made, with what the scheduler has decided about them and the caches do not show yet. */
export class VolumeState {
  readonly classes = new Map<string, Readonly<StorageClass>>();
  readonly csiNodes = new Map<string, Readonly<CSINode>>();
  readonly drivers = new Map<string, Readonly<CSIDriver>>();
  readonly #capacities = new Map<string, Map<string, Readonly<CSIStorageCapacity>>>();
  readonly #claims = new Map<string, Readonly<PersistentVolumeClaim>>();
  readonly #volumes = new Map<string, Readonly<PersistentVolume>>();
  readonly #byClass = new Map<string, Map<string, Readonly<PersistentVolume>>>();
  /** Claim to node: a volume is being provisioned there. */
  readonly #provisioning = new Map<string, string>();
  /** Volume to the uid of the claim that it is being bound to. */
  readonly #binding = new Map<string, string>();
  readonly #users = new Map<string, number>();

  /** `key`: `namespace/name`. */
  claim(key: string): Readonly<PersistentVolumeClaim> | undefined {
    return this.#claims.get(key);
  }

  volume(name: string): Readonly<PersistentVolume> | undefined {
    return this.#volumes.get(name);
  }

  volumesOf(className: string): Iterable<Readonly<PersistentVolume>> {
    return (this.#byClass.get(className) ?? noVolumes).values();
  }

  capacitiesOf(className: string): Iterable<Readonly<CSIStorageCapacity>> {
    return this.#capacities.get(className)?.values() ?? [];
  }

  /** How many placed pods use the claim. */
  users(claim: string): number {
    return this.#users.get(claim) ?? 0;
  }

  use(claim: string, pods: 1 | -1): void {
    const now = this.users(claim) + pods;
    if (now > 0) this.#users.set(claim, now);
    else this.#users.delete(claim);
  }

  setClaim(key: string, claim: Readonly<PersistentVolumeClaim> | undefined): void {
    if (claim === undefined) this.#claims.delete(key);
    else this.#claims.set(key, claim);
    if (claim === undefined || claim.metadata.annotations?.[selectedNode] === this.#provisioning.get(key)) this.#provisioning.delete(key);
  }

  setVolume(name: string, volume: Readonly<PersistentVolume> | undefined): void {
    const before = this.#volumes.get(name);
    if (before !== undefined) this.#byClass.get(volumeClass(before))?.delete(name);
    if (volume === undefined) this.#volumes.delete(name);
    else {
      this.#volumes.set(name, volume);
      const className = volumeClass(volume);
      const siblings = this.#byClass.get(className);
      if (siblings === undefined) this.#byClass.set(className, new Map([[name, volume]]));
      else siblings.set(name, volume);
    }
    if (volume === undefined || volume.spec.claimRef?.uid === this.#binding.get(name)) this.#binding.delete(name);
  }

  setCapacity(key: string, capacity: Readonly<CSIStorageCapacity> | undefined, className: string): void {
    const known = this.#capacities.get(className) ?? new Map<string, Readonly<CSIStorageCapacity>>();
    if (capacity === undefined) known.delete(key);
    else known.set(key, capacity);
    this.#capacities.set(className, known);
  }

  /** Where the claim's volume is to be made: said by the claim, or decided and not shown yet. */
  nodeFor(key: string): string | undefined {
    return this.#provisioning.get(key) ?? this.#claims.get(key)?.metadata.annotations?.[selectedNode];
  }

  /** Volumes that are being bound to other claims. */
  takenFrom(claimUid: string): Set<string> {
    const taken = new Set<string>();
    for (const [volume, holder] of this.#binding) if (holder !== claimUid) taken.add(volume);
    return taken;
  }

  /** The volume that is being bound to the claim. */
  boundFor(claimUid: string): Readonly<PersistentVolume> | undefined {
    for (const [volume, holder] of this.#binding) if (holder === claimUid) return this.#volumes.get(volume);
    return undefined;
  }

  assumeProvisioning(claim: string, node: string): void {
    this.#provisioning.set(claim, node);
  }

  assumeBinding(volume: string, claimUid: string): void {
    this.#binding.set(volume, claimUid);
  }

  /** Takes back what was assumed. */
  revert(decided: { readonly claims: readonly string[]; readonly volumes: readonly string[] }): void {
    for (const claim of decided.claims) this.#provisioning.delete(claim);
    for (const volume of decided.volumes) this.#binding.delete(volume);
  }
}
