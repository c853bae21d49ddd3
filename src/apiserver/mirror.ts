import type { KubeObject } from '../api/object.ts';
import { errorText } from '../base/log.ts';
import { Compacted, type Change, type Entry } from '../store/store.ts';
import type { ServerContext } from './context.ts';
import { keyParts } from './entry-fields.ts';

/** Told of all that is there, then of each change. */
export interface Follower {
  reset(entries: readonly Entry<KubeObject>[]): void;
  take(change: Change<KubeObject>): void;
}
export type Sources = Pick<ServerContext, 'store' | 'hub' | 'log'>;

/** Hands all objects under `resource` (`core/limitranges/`) to `follower`, and every change after them, as long as the server lives. */
export async function followResource(server: Sources, resource: string, follower: Follower): Promise<void> {
  const { entries, revision } = await server.store.list(resource);
  follower.reset(entries);
  const fail = (error: unknown): void => {
    seat[Symbol.dispose]();
    const again = error instanceof Compacted ? followResource(server, resource, follower) : Promise.reject(error as Error);
    again.catch((why: unknown) => server.log.error('a resource is no longer followed', { resource, error: errorText(why) }));
  };
  const seat = server.hub.subscribe({ take: (change) => follower.take(change), fail }, { resource, prefix: resource, from: revision });
}

type Objects<T> = ReadonlyMap<string, Readonly<T>>;

/** The objects of one small resource, by namespace and name, so that each write can ask for them without a wait. */
export class Mirror<T extends KubeObject> implements Follower {
  readonly #byNamespace = new Map<string, Map<string, Readonly<T>>>();

  /** Those of a namespace, '' for what has none; undefined when there is none. */
  in(namespace: string): Objects<T> | undefined {
    return this.#byNamespace.get(namespace);
  }

  reset(entries: readonly Entry<KubeObject>[]): void {
    this.#byNamespace.clear();
    for (const entry of entries) this.#put(entry);
  }

  take(change: Change<KubeObject>): void {
    if (change.type === 'put') return this.#put(change.entry);
    const { namespace, name } = keyParts(change.entry.key);
    const objects = this.#byNamespace.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#byNamespace.delete(namespace);
  }

  #put(entry: Entry<KubeObject>): void {
    const { namespace, name } = keyParts(entry.key);
    let objects = this.#byNamespace.get(namespace);
    if (objects === undefined) this.#byNamespace.set(namespace, (objects = new Map()));
    // The store's prefix says the kind.
    objects.set(name, entry.value() as T);
  }
}
