import type { ApiRequest, ApiResponse, Transport } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Authenticate } from '../../src/apiserver/authentication.ts';
import type { Authorize } from '../../src/apiserver/authorization.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { createApiServer, type ApiServer, type ApiServerOptions } from '../../src/apiserver/server.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import type { KindRegistry, ResourceKind } from '../../src/kinds/kind.ts';
import { createKindRegistry } from '../../src/kinds/registry.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';

/** One request of a test; the body travels as JSON (or as the text or bytes that it is), the answer is read whole. */
export interface TestRequest {
  readonly query?: Readonly<Record<string, string | number | boolean>> | string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose token is sent. Default: admin. */
  readonly user?: string;
  readonly signal?: AbortSignal;
}
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body decoded, where it is JSON. */
  readonly object: unknown;
}
export interface TestServer {
  readonly server: ApiServer;
  readonly authorize: Authorize;
  readonly store: Store<KubeObject>;
  readonly kinds: KindRegistry;
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** As a client over a socket sees it. */
  request(method: string, path: string, request?: TestRequest): Promise<TestAnswer>;
  /** The events of a watch, decoded, as they come. */
  watch(path: string, request?: TestRequest): Promise<AsyncGenerator<{ type: string; object: unknown }>>;
  /** In-process transport under a user, to be handed to `connect`. */
  transport(user?: string): Transport;
  stop(): Promise<void>;
}

/** Any bearer token is the name of its user: `admin` is of system:masters, `system:node:*` of system:nodes. */
export const byName: Authenticate = (request) => {
  const name = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
  if (name === undefined || name === 'nobody') return undefined;
  const group = name === 'admin' ? ['system:masters'] : name.startsWith('system:node:') ? ['system:nodes'] : [];
  return { name, groups: [...group, 'system:authenticated'] };
};

export interface TestServerOptions extends Partial<Omit<ApiServerOptions, 'clock' | 'store'>> {
  readonly seed?: number;
  readonly clock?: SimulatedClock;
  readonly store?: Store<KubeObject>;
  readonly authorize?: Authorize;
}

/** Read and compiled once for all servers of a test file. */
let builtIn: readonly ResourceKind[] | undefined;
export function builtInKinds(): readonly ResourceKind[] {
  return (builtIn ??= loadKinds());
}

/** A whole API server on a memory store, a simulated clock and a seeded source of chance, ready to be asked. */
export async function startApiServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? new SimulatedClock();
  const random = options.random ?? seededRandom(options.seed ?? 1);
  const store = options.store ?? openMemoryStore<KubeObject>({ codec: objectCodec, clock });
  const kinds = options.kinds ?? createKindRegistry(builtInKinds());
  const server = createApiServer({
    authenticate: byName,
    log: silentLog,
    reachNode: (node) => () => Promise.reject(new Error(`no agent on node ${node}`)),
    version: '0.1.0',
    // No controller runs that makes accounts.
    admission: { disable: ['ServiceAccount'] },
    ...options,
    clock,
    random,
    store,
    kinds,
  });
  await server.ready;
  const send = (method: string, path: string, request: TestRequest) => server.handle(recordOf(method, path, request));
  return {
    server,
    authorize: server.authorize,
    store,
    kinds,
    clock,
    random,
    request: async (method, path, request = {}) => readWhole(await send(method, path, request)),
    watch: async (path, request = {}) => {
      const answer = await send('GET', path, { ...request, query: { watch: true, ...queryRecord(request.query) } });
      if (answer.status !== 200) throw new Error(`the watch was refused: ${(await readWhole(answer)).text}`);
      return events(answer);
    },
    transport:
      (user = 'admin') =>
      (request) =>
        server.handle({ ...request, wantsObject: true, headers: { ...request.headers, authorization: `Bearer ${user}` } }),
    stop: async () => {
      server.stop();
      await store.close();
    },
  };
}

function queryRecord(query: TestRequest['query']): Record<string, string> {
  if (query === undefined) return {};
  if (typeof query === 'string') return Object.fromEntries(new URLSearchParams(query));
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
}

function recordOf(method: string, target: string, request: TestRequest): ApiRequest {
  const [path = '', inline = ''] = target.split('?');
  const query = typeof request.query === 'string' ? request.query : new URLSearchParams(queryRecord(request.query)).toString();
  const { body } = request;
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : body === undefined ? undefined : JSON.stringify(body);
  return {
    method,
    path,
    query: [inline, query].filter((part) => part !== '').join('&'),
    headers: {
      authorization: `Bearer ${request.user ?? 'admin'}`,
      'user-agent': 'test/1.0',
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    },
    peer: { address: '192.0.2.1' },
    ...(text !== undefined && { body: typeof text === 'string' ? new TextEncoder().encode(text) : text }),
    ...(request.signal !== undefined && { signal: request.signal }),
  };
}

async function readWhole(answer: ApiResponse): Promise<TestAnswer> {
  const chunks: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) chunks.push(answer.body);
  else for await (const chunk of answer.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const json = (answer.headers['content-type'] ?? '').startsWith('application/json') && text !== '';
  return { status: answer.status, headers: answer.headers, text, object: json ? JSON.parse(text) : undefined };
}

async function* events(answer: ApiResponse): AsyncGenerator<{ type: string; object: unknown }> {
  for await (const line of answer.body as AsyncIterable<Uint8Array>) {
    yield JSON.parse(Buffer.from(line).toString()) as { type: string; object: unknown };
  }
}
