import { afterAll, beforeAll } from 'vitest';
import type { ApiResponse } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { StatusError, type Status } from '../../src/api/status.ts';
import type { User } from '../../src/apiserver/context.ts';
import { bytesOf, linesOf } from '../../src/client/body.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster, type TestClusterOptions } from '../support/cluster.ts';

export type Fields = Record<string, unknown>;
/** An object as it comes over the wire, of whatever kind. */
export interface Live extends KubeObject {
  [field: string]: unknown;
}
export interface LiveList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly Live[];
}
export interface Seen {
  readonly type: string;
  readonly object: Live;
}
export type Query = Readonly<Record<string, string | number | boolean>>;
const mediaTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
export interface CallOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}
/** An answer read whole; `object` is its body where that is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly object: unknown;
}

/** The wire under one identity: requests in JSON, answers in bytes. */
export class Client {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Any answer, failures too. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.open(method, path, options);
    const text = Buffer.from(await bytesOf(response.body)).toString();
    return { status: response.status, headers: response.headers, text, object: text.startsWith('{') ? JSON.parse(text) : undefined };
  }

  open(method: string, path: string, { query = {}, headers, body, signal }: CallOptions): Promise<ApiResponse> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.#connection.request({
      method,
      path,
      bytes: true,
      query: new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)])).toString(),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: new TextEncoder().encode(text) }),
      ...(signal !== undefined && { signal }),
    });
  }

  /** The decoded answer. @throws StatusError */
  async ok<T = Live>(method: string, path: string, options?: CallOptions): Promise<T> {
    const answer = await this.call(method, path, options);
    if (answer.status >= 400) throw StatusError.from(answer.object, answer.status);
    return answer.object as T;
  }

  /** The objects below `/api/v1` or `/apis/<group>/<version>`, in one namespace or in none. */
  resource(groupVersion: string, plural: string, namespace?: string): Resource {
    const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    return new Resource(this, `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`);
  }
}

/** One collection and what is in it. */
export class Resource {
  readonly path: string;
  readonly #client: Client;

  constructor(client: Client, path: string) {
    this.#client = client;
    this.path = path;
  }

  create(object: object, query: Query = {}): Promise<Live> {
    return this.#client.ok('POST', this.path, { body: object, query });
  }
  get(name: string, subresource?: string): Promise<Live> {
    return this.#client.ok('GET', this.#of(name, subresource));
  }
  list(query: Query = {}): Promise<LiveList> {
    return this.#client.ok('GET', this.path, { query });
  }
  /** The names of what a label selector finds, in their order. */
  async names(labelSelector?: string): Promise<string[]> {
    return (await this.list(labelSelector === undefined ? {} : { labelSelector })).items.map(({ metadata }) => metadata.name);
  }
  update(object: Live, subresource?: string): Promise<Live> {
    return this.#client.ok('PUT', this.#of(object.metadata.name, subresource), { body: object });
  }
  /** A merge patch where nothing else is said. */
  patch(
    name: string,
    patch: unknown,
    options: { type?: keyof typeof mediaTypes; subresource?: string; query?: Query } = {},
  ): Promise<Live> {
    const headers = { 'content-type': mediaTypes[options.type ?? 'merge'] };
    return this.#client.ok('PATCH', this.#of(name, options.subresource), { body: patch, headers, query: options.query ?? {} });
  }
  delete(name: string, options: object = {}): Promise<Live> {
    return this.#client.ok('DELETE', this.#of(name), { body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options } });
  }
  deleteCollection(labelSelector: string): Promise<Live> {
    return this.#client.ok('DELETE', this.path, { query: { labelSelector } });
  }
  /** Collects the events after `resourceVersion`. */
  async watch(resourceVersion: string, query: Query = {}): Promise<Watching> {
    const life = new AbortController();
    const response = await this.#client.open('GET', this.path, { query: { watch: true, resourceVersion, ...query }, signal: life.signal });
    if (response.status !== 200) throw StatusError.from(JSON.parse(Buffer.from(await bytesOf(response.body)).toString()), response.status);
    const events: Seen[] = [];
    const reading = collect(response, events).catch((error: unknown) => {
      if (!life.signal.aborted) throw error; // over a socket the reader's own end is told as an error
    });
    return {
      events,
      stop: async () => {
        life.abort();
        await reading;
      },
    };
  }
  #of(name: string, subresource?: string): string {
    return `${this.path}/${name}${subresource === undefined ? '' : `/${subresource}`}`;
  }
}

export interface Watching {
  /** What came so far, in order. */
  readonly events: readonly Seen[];
  stop(): Promise<void>;
}

async function collect(response: ApiResponse, events: Seen[]): Promise<void> {
  for await (const line of linesOf(response.body)) events.push(JSON.parse(line) as Seen);
}

/** A whole control plane that the tests of one file share, each in a namespace of its own. */
export interface Conformance {
  readonly cluster: TestCluster;
  /** Of system:masters. */
  readonly admin: Client;
  as(user: User): Client;
  /** A new namespace with its default ServiceAccount. */
  namespace(): Promise<string>;
  /** Winds the clock until `done` holds. @throws Error when it does not within `limitMs` (2 minutes) */
  until(done: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
}

/** Starts a control plane before the tests of a file, and after them stops it and audits all that it has written. */
export function conformance(options: TestClusterOptions = {}): Conformance {
  let cluster: TestCluster | undefined;
  let spaces = 0;
  beforeAll(async () => {
    cluster = await startCluster({ version: '0.1.0', ...options });
  });
  afterAll(() => cluster?.stop());
  const running = (): TestCluster => {
    if (cluster === undefined) throw new Error('the control plane of this file has not started');
    return cluster;
  };
  const as = (user?: User): Client => new Client(running().cluster(user, 'e2e.test'));
  const until = async (done: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<void> => {
    const { clock } = running();
    const end = clock.now() + limitMs;
    // Steps grow: most of what is waited for comes at once or after seconds.
    for (let stepMs = 20; !(await done()); stepMs = Math.min(stepMs * 1.5, 1000)) {
      if (clock.now() >= end) throw new Error(`what the test waits for did not come within ${limitMs / 1000} s`);
      await clock.advance(Math.min(Math.ceil(stepMs), end - clock.now()));
    }
  };
  return {
    get cluster() {
      return running();
    },
    get admin() {
      return as();
    },
    as,
    until,
    namespace: async () => {
      const name = `conformance-${(spaces += 1)}`;
      await as().resource('v1', 'namespaces').create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      await until(async () => (await as().resource('v1', 'serviceaccounts', name).names()).includes('default'));
      return name;
    },
  };
}

/** The Status with which a call is refused. @throws Error when it is not */
export async function refused(call: Promise<unknown>): Promise<Status> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StatusError) return error.toStatus();
    throw error;
  }
  throw new Error('the call was not refused');
}

/** The same object with more metadata. */
export function withMetadata(object: Live, metadata: { labels?: Fields; annotations?: Fields; finalizers?: string[] }): Live {
  const { labels, annotations, ...rest } = metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...rest,
      ...(labels !== undefined && { labels: { ...object.metadata.labels, ...(labels as Record<string, string>) } }),
      ...(annotations !== undefined && { annotations: { ...object.metadata.annotations, ...(annotations as Record<string, string>) } }),
    },
  };
}

/** One member of an object as fields; none when it is absent. */
export function fieldsOf(object: Live | Fields, member: string): Fields {
  return (object[member] ?? {}) as Fields;
}
