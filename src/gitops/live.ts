import { unlessAborted } from '../base/abort.ts';
import { apiVersionOf, keyText, type Kind, type KubeObject, type ObjectKey } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import type { Reader } from '../client/cluster.ts';
import type { Informer } from '../reconcile/controller.ts';
import { shapeOfKind, type Shape } from './shape.ts';

/** Where live objects are read from. */
export interface LiveReader {
  get(kind: Kind, key: ObjectKey): Promise<KubeObject | undefined>;
  list(kind: Kind): Promise<readonly KubeObject[]>;
}

/** Reads each kind once, as a list, when it is first asked for: for a single plan. */
export function listingReader(cluster: Reader): LiveReader {
  const kinds = new Map<string, Promise<Map<string, KubeObject>>>();
  const load = (kind: Kind): Promise<Map<string, KubeObject>> => {
    const id = `${apiVersionOf(kind)}/${kind.plural}`;
    let known = kinds.get(id);
    if (known === undefined) kinds.set(id, (known = listAll(cluster, kind)));
    return known;
  };
  return {
    get: async (kind, key) => (await load(kind)).get(keyText(key)),
    list: async (kind) => [...(await load(kind)).values()],
  };
}

async function listAll(cluster: Reader, kind: Kind): Promise<Map<string, KubeObject>> {
  const out = new Map<string, KubeObject>();
  for (const object of await listPages(cluster, kind))
    out.set(keyText({ namespace: object.metadata.namespace ?? '', name: object.metadata.name }), object);
  return out;
}

/** All objects of a kind that a selector chooses, page by page. */
export async function listPages(cluster: Reader, kind: Kind, options: { labelSelector?: string } = {}): Promise<KubeObject[]> {
  const out: KubeObject[] = [];
  let page: string | undefined;
  try {
    do {
      const answer = await cluster.list(kind, { ...options, limit: 500, ...(page === undefined ? {} : { continue: page }) });
      out.push(...answer.items);
      page = answer.continue;
    } while (page !== undefined && page !== '');
  } catch (error) {
    // the kind went away between discovery and here: then it has no objects
    if (!isNotFound(error)) throw error;
  }
  return out;
}

/** Reads one object straight from the server; undefined when it is not there. */
export async function readNow(cluster: Reader, kind: Kind, key: ObjectKey): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(kind, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Reads from informers. What we wrote ourselves is newer than the cache for a moment: `written` answers it until the cache has it.
 * A cache that never fills, since its server cannot be reached, is waited for until `signal`.
 */
export function cachedReader(informer: (kind: Kind) => Informer, written: WrittenObjects, signal: AbortSignal): LiveReader {
  const filled = async (kind: Kind): Promise<Informer> => {
    const cache = informer(kind);
    if (!cache.hasSynced) await unlessAborted(cache.synced, signal);
    return cache;
  };
  return {
    get: async (kind, key) => written.newer(kind, key, (await filled(kind)).get(key)),
    list: async (kind) => (await filled(kind)).list(),
  };
}

/** What was written and answered, until it is seen in the cache. */
export class WrittenObjects {
  readonly #objects = new Map<string, KubeObject | undefined>();

  /** `object` undefined: it was deleted. */
  note(kind: Kind, key: ObjectKey, object: KubeObject | undefined): void {
    this.#objects.set(idOf(kind, key), object);
  }

  newer(kind: Kind, key: ObjectKey, cached: KubeObject | undefined): KubeObject | undefined {
    const id = idOf(kind, key);
    const mine = this.#objects.get(id);
    if (mine === undefined) return cached;
    if (cached !== undefined && versionOf(cached) >= versionOf(mine)) {
      this.#objects.delete(id);
      return cached;
    }
    return mine;
  }

  /** Told by the cache that the object is gone: nothing of ours is newer than that. */
  forget(kind: Kind, object: KubeObject): void {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    const mine = this.#objects.get(idOf(kind, key));
    if (mine !== undefined && (mine.metadata.uid === object.metadata.uid || versionOf(mine) <= versionOf(object)))
      this.#objects.delete(idOf(kind, key));
  }
}

function idOf(kind: Kind, key: ObjectKey): string {
  return `${kind.group}/${kind.kind} ${keyText(key)}`;
}
/** Resource versions of one server rise (KEP-5504 makes it a promise); one that is no number counts as old. */
export function versionOf(object: KubeObject): bigint {
  const text = object.metadata.resourceVersion ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : -1n;
}

/** The shapes of a server's kinds, read from its OpenAPI documents when they are first needed. */
export class Shapes {
  readonly #documents = new Map<string, Promise<unknown>>();
  readonly #shapes = new Map<string, Shape>();
  readonly #cluster: { openapi(group: string, version: string): Promise<unknown> };

  constructor(cluster: { openapi(group: string, version: string): Promise<unknown> }) {
    this.#cluster = cluster;
  }

  /** Undefined for a kind that the document does not describe: its lists are then replaced as a whole. */
  async of(kind: Kind): Promise<Shape | undefined> {
    const id = `${apiVersionOf(kind)}/${kind.kind}`;
    const known = this.#shapes.get(id);
    if (known !== undefined) return known;
    const shape = shapeOfKind(await this.#document(kind), kind) ?? (await this.#again(kind));
    if (shape !== undefined) this.#shapes.set(id, shape);
    return shape;
  }

  /** A kind may be younger than the document that was read. */
  async #again(kind: Kind): Promise<Shape | undefined> {
    this.#documents.delete(apiVersionOf(kind));
    return shapeOfKind(await this.#document(kind), kind);
  }

  #document(kind: Kind): Promise<unknown> {
    const id = apiVersionOf(kind);
    let known = this.#documents.get(id);
    if (known === undefined) {
      known = this.#cluster.openapi(kind.group, kind.version).catch((error: unknown) => {
        this.#documents.delete(id);
        if (isNotFound(error)) return undefined;
        throw error;
      });
      this.#documents.set(id, known);
    }
    return known;
  }
}
