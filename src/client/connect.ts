import { setMaxListeners } from 'node:events';
import type { ApiResponse, Transport } from '../api/http.ts';
import { apiVersionOf, type Kind, type KubeObject, type ObjectKey, type WatchEvent } from '../api/object.ts';
import { isExpired } from '../api/status.ts';
import { deepFreeze } from '../base/json.ts';
import { randomInt, type Random } from '../base/random.ts';
import { chunksOf } from './body.ts';
import { Caller, type Call, type CallerOptions } from './caller.ts';
import type { Cluster, DeleteOptions, ListOptions, LogOptions, MergePatch, ObjectList, WriteOptions } from './cluster.ts';
import { Discovery } from './discovery.ts';
import { collectionPath, objectPath, queryText } from './paths.ts';
import { eventsOf } from './watch-events.ts';
import type { Operation } from 'fast-json-patch';

export interface ConnectOptions extends CallerOptions {
  readonly random: Random;
  /** Field manager of writes that name none; without it the server takes it from the user agent. */
  readonly fieldManager?: string;
  /** A list without a limit is read in pages of so many and joined. Over a socket 500; in process leave it out. */
  readonly pageSize?: number;
}
/** A cluster, and a way to send it what `Cluster` has no word for. */
export interface Connection extends Cluster {
  /** Any call under this identity, answered as it is, in bytes, failures too. */
  request(call: Call): Promise<ApiResponse>;
}

/** What a caller sees of an API server behind `transport`. */
export function connect(transport: Transport, options: ConnectOptions): Connection {
  return new ConnectedCluster(new Caller(transport, options), options);
}

const json = { 'content-type': 'application/json' };
const pods: Kind = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
/** As client-go's reflector: a watch is asked to last 5 to 10 minutes, so that servers can spread their load. */
const leastWatchSeconds = 300;
/** A server that has not ended a watch so long after its time is taken as gone. */
const watchGraceMs = 30_000;

class ConnectedCluster implements Connection {
  readonly #caller: Caller;
  readonly #discovery: Discovery;
  readonly #options: ConnectOptions;

  constructor(caller: Caller, options: ConnectOptions) {
    this.#caller = caller;
    this.#discovery = new Discovery(caller);
    this.#options = options;
  }

  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: { subresource?: 'status' | 'scale' } = {}): Promise<Readonly<T>> {
    return (await this.#caller.json({ method: 'GET', path: objectPath(kind, key, options.subresource) })) as T;
  }

  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<ObjectList<Readonly<T>>> {
    const { pageSize } = this.#options;
    if (options.limit !== undefined || pageSize === undefined) return this.#page(kind, options);
    try {
      return await this.#pages(kind, { ...options, limit: pageSize });
    } catch (error) {
      // Compacted between two pages: as client-go's pager, ask for everything at once.
      if (!isExpired(error)) throw error;
      return this.#page(kind, options);
    }
  }

  async *watch<T extends KubeObject>(
    kind: Kind<T>,
    resourceVersion: string,
    options: ListOptions & { signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<Readonly<T>>> {
    const { signal } = options;
    const timeoutSeconds = leastWatchSeconds + randomInt(this.#options.random, leastWatchSeconds);
    const query = queryText({ watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds, ...selection(options) });
    const life = new AbortController();
    const end = () => life.abort(signal.reason);
    if (signal.aborted) return;
    setMaxListeners(0, signal); // one signal may end any number of watches; Node would warn of a leak
    signal.addEventListener('abort', end, { once: true });
    try {
      const response = await this.#caller.open({
        method: 'GET',
        path: collectionPath(kind, options.namespace),
        query,
        signal: life.signal,
      });
      if (response.object === undefined) void this.#limit(timeoutSeconds * 1000 + watchGraceMs, life);
      for await (const event of eventsOf<T>(response)) {
        if (life.signal.aborted) return;
        yield event;
        if (life.signal.aborted) return;
      }
    } catch (error) {
      // The reader left, or the server is silent beyond its own time: both end the watch; else it failed.
      if (!life.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', end);
      life.abort();
    }
  }

  create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<Readonly<T>> {
    const { namespace = '', name } = object.metadata;
    const { subresource } = options;
    const path = subresource === undefined ? collectionPath(kind, namespace) : objectPath(kind, { namespace, name }, subresource);
    return this.#write({ method: 'POST', path, headers: json, object: typed(kind, object) }, options);
  }

  update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<Readonly<T>> {
    const { namespace = '', name } = object.metadata;
    const path = objectPath(kind, { namespace, name }, options.subresource);
    return this.#write({ method: 'PUT', path, headers: json, object: typed(kind, object) }, options);
  }

  patch<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: MergePatch | readonly Operation[],
    options: WriteOptions = {},
  ): Promise<Readonly<T>> {
    const type = Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json';
    const path = objectPath(kind, key, options.subresource);
    return this.#write({ method: 'PATCH', path, headers: { 'content-type': type }, object: patch }, options);
  }

  apply<T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options: WriteOptions & { fieldManager: string; force?: boolean },
  ): Promise<Readonly<T>> {
    const { namespace = '', name } = object.metadata;
    const path = objectPath(kind, { namespace, name }, options.subresource);
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    return this.#write({ method: 'PATCH', path, headers, object: typed(kind, object) }, options);
  }

  async delete(kind: Kind, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, graceSeconds, propagation } = options;
    const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
    const object = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
      ...(propagation !== undefined && { propagationPolicy: propagation }),
      ...(Object.keys(preconditions).length > 0 && { preconditions }),
      ...(options.dryRun === true && { dryRun: ['All'] }),
    };
    await this.#caller.json({ method: 'DELETE', path: objectPath(kind, key), headers: json, object });
  }

  kindOf(manifest: { apiVersion: string; kind: string }): Promise<Kind | undefined> {
    return this.#discovery.kindOf(manifest);
  }

  kinds(): Promise<readonly Kind[]> {
    return this.#discovery.kinds();
  }

  openapi(group: string, version: string): Promise<unknown> {
    const path = group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`;
    return this.#caller.json({ method: 'GET', path });
  }

  async version(): Promise<{ readonly major: string; readonly minor: string; readonly gitVersion: string }> {
    const answer = await this.#caller.json({ method: 'GET', path: '/version' });
    return answer as { major: string; minor: string; gitVersion: string };
  }

  async *logs(pod: ObjectKey, options: LogOptions): AsyncGenerator<Uint8Array> {
    const { signal, container, follow, previous, tailLines, sinceSeconds, timestamps } = options;
    const query = queryText({ container, follow, previous, tailLines, sinceSeconds, timestamps });
    try {
      const response = await this.#caller.open({
        method: 'GET',
        path: objectPath(pods, pod, 'log'),
        query,
        signal,
        headers: { accept: '*/*' },
      });
      yield* chunksOf(response.body);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  request(call: Call): Promise<ApiResponse> {
    return this.#caller.send({ ...call, bytes: true });
  }

  async #pages<T extends KubeObject>(kind: Kind<T>, options: ListOptions): Promise<ObjectList<Readonly<T>>> {
    const items: Readonly<T>[] = [];
    for (let page = await this.#page(kind, options); ;) {
      for (const item of page.items) items.push(item);
      if (page.continue === undefined) return { items, resourceVersion: page.resourceVersion };
      page = await this.#page(kind, { ...options, continue: page.continue });
    }
  }

  async #page<T extends KubeObject>(kind: Kind<T>, options: ListOptions): Promise<ObjectList<Readonly<T>>> {
    const query = queryText({ ...selection(options), limit: options.limit, continue: options.continue });
    const answer = await this.#caller.json({ method: 'GET', path: collectionPath(kind, options.namespace), query });
    const { metadata, items } = answer as { metadata: { resourceVersion?: string; continue?: string }; items: Readonly<T>[] | null };
    const page = { items: (items ?? []).map((item) => typed(kind, item)), resourceVersion: metadata.resourceVersion ?? '' };
    return metadata.continue === undefined || metadata.continue === '' ? page : { ...page, continue: metadata.continue };
  }

  async #write<T extends KubeObject>(call: Call, options: WriteOptions & { force?: boolean }): Promise<Readonly<T>> {
    const query = queryText({
      fieldManager: options.fieldManager ?? this.#options.fieldManager,
      fieldValidation: options.fieldValidation,
      dryRun: options.dryRun === true ? 'All' : undefined,
      force: options.force === true ? true : undefined,
    });
    return (await this.#caller.json({ ...call, query, signal: options.signal })) as T;
  }

  async #limit(ms: number, life: AbortController): Promise<void> {
    try {
      await this.#caller.clock.sleep(ms, { signal: life.signal, upkeep: true });
      life.abort();
    } catch (error) {
      // The one expected failure is the end of the watch, which wakes the sleep.
      if (!life.signal.aborted) throw error;
    }
  }
}

function selection(options: ListOptions): Record<string, string | undefined> {
  return { ...options.parameters, labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

/** Objects carry apiVersion and kind everywhere in this program; servers leave them out of list items, callers may forget them. */
function typed<T extends KubeObject>(kind: Kind<T>, object: Readonly<T>): Readonly<T> {
  const { apiVersion, kind: name } = object as Partial<KubeObject>;
  if (apiVersion !== undefined && name !== undefined) return object;
  return deepFreeze({ ...object, apiVersion: apiVersion ?? apiVersionOf(kind), kind: name ?? kind.kind });
}
