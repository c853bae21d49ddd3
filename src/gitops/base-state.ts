import { Namespace } from '../api/kinds.generated.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import { isAlreadyExists, StatusError } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';
import { bindClaim, isClaim, standClasses } from './base-claims.ts';
import { storedManifest, type StoredManifest } from './chunks.ts';
import { mapConcurrent } from './concurrent.ts';
import { desiredOf, type Desired, type DesiredSet, type ManifestLike } from './desired.ts';
import { failureText } from './mask.ts';
import { predictFromManifest } from './predict.ts';
import { kindLookup } from './reading.ts';
import { stillIn } from './still.ts';
import { fieldManager, trackingValue } from './tracking.ts';

/** A base revision as far as the next one needs it. */
export interface BaseState {
  /** All of the base: the inventory of the plan that follows. */
  readonly inventory: readonly StoredManifest[];
  /** What the server refused, and why. */
  readonly notes: readonly string[];
  /** What the next revision asks for in the same way, so that it was left out of the cluster; as `refText`. */
  readonly still: ReadonlySet<string>;
}
export interface BaseOptions {
  readonly application: ObjectKey;
  readonly namespace: string;
  /** Lets the time of the cluster go on: a client asks for new kinds once in a while only. */
  wait?(ms: number): Promise<void>;
  /** Nobody in the cluster binds claims, so they are made to be bound. */
  readonly bindsClaims?: boolean;
}

/** When the client asks for kinds again that it does not know. */
export const discoveredMs = 1_000;

/**
 * A base revision for a cluster in memory, brought there in two steps. At once: the namespaces and the kinds, since the next revision
 * is read by them. Then, when it is known what that one changes, what the plan needs to find: `standBefore`.
 */
export class Base {
  readonly #cluster: Cluster;
  readonly #options: BaseOptions;
  readonly #set: DesiredSet;
  readonly #notes: string[] = [];
  readonly #refused = new Set<string>();

  private constructor(cluster: Cluster, options: BaseOptions, set: DesiredSet) {
    this.#cluster = cluster;
    this.#options = options;
    this.#set = set;
  }

  /** Namespaces that the manifests take for granted are made. */
  static async begin(cluster: Cluster, manifests: readonly ManifestLike[], options: BaseOptions): Promise<Base> {
    const set = await desiredOf(manifests, { namespace: options.namespace, kindOf: kindLookup(cluster) });
    await ensureNamespaces(cluster, set);
    const base = new Base(cluster, options, set);
    await base.#apply(isDefinition);
    if (set.items.some(isDefinition)) await options.wait?.(discoveredMs);
    return base;
  }

  /**
   * Applies the base as a finished sync of the application would leave it, in order, without waiting for health; without `next` all of
   * it, otherwise what a plan to `next` needs. What is refused is said and left out.
   */
  async standBefore(next?: DesiredSet): Promise<BaseState> {
    const still = next === undefined ? new Set<string>() : stillIn(this.#set, next);
    const needed = (item: Desired): boolean => !isDefinition(item) && !still.has(item.name);
    if (this.#options.bindsClaims === true) await standClasses(this.#cluster, this.#set.items.filter(needed), next?.items ?? []);
    await this.#apply(needed);
    const there = this.#set.items.filter((item) => item.phase !== 'SyncFail' && !this.#refused.has(item.name));
    return { inventory: there.map(storedManifest), notes: this.#notes, still };
  }

  async #apply(chosen: (item: Desired) => boolean): Promise<void> {
    const { items, digest } = this.#set;
    const tracking = trackingValue(this.#options.application);
    const predict = { tracking, respect: [], autoscaled: new Set<string>(), runFor: digest };
    const wanted = items.filter((item) => item.phase !== 'SyncFail' && chosen(item));
    for (const group of new Set(wanted.map((item) => item.group))) {
      const together = wanted.filter((item) => item.group === group);
      await mapConcurrent(together, 16, (item) => this.#applyOne(item, predictFromManifest(item, predict).sent));
    }
  }

  async #applyOne(item: Desired, sent: KubeObject): Promise<void> {
    const refuse = (why: string): void => {
      this.#notes.push(`${item.name}: the base is without it: ${why}`);
      this.#refused.add(item.name);
    };
    const kind = item.kind ?? (await this.#cluster.kindOf(item.object));
    if (kind === undefined) {
      refuse(`${item.object.apiVersion} is not served`);
      return;
    }
    try {
      await this.#cluster.apply(kind, sent, { fieldManager, force: true });
      if (this.#options.bindsClaims === true && isClaim(item)) await bindClaim(this.#cluster, item.object);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      refuse(failureText(item.object, error));
    }
  }
}

/** The whole of a base revision at once. */
export async function applyBase(cluster: Cluster, manifests: readonly ManifestLike[], options: BaseOptions): Promise<BaseState> {
  return (await Base.begin(cluster, manifests, options)).standBefore();
}

function isDefinition({ ref }: Desired): boolean {
  return ref.kind === 'CustomResourceDefinition';
}

/** Makes the namespaces that are used and that no manifest brings: offline they are taken for granted. */
export async function ensureNamespaces(cluster: Cluster, set: DesiredSet): Promise<void> {
  const brought = new Set(set.items.filter((item) => item.object.kind === 'Namespace').map((item) => item.ref.name));
  const used = new Set(set.items.map((item) => item.ref.namespace).filter((name) => name !== '' && !brought.has(name)));
  for (const name of [...used].sort()) {
    try {
      await cluster.create<KubeObject>(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
