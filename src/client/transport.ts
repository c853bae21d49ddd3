import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type * as Undici from 'undici';
import type { Dispatcher } from 'undici';
import type { ApiRequest, ApiResponse, Transport } from '../api/http.ts';
import type { Clock } from '../base/clock.ts';
import { Identity, impersonationHeaders, readContent, type Credentials } from './identity.ts';
import { KubeconfigError, type KubeContext } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';

export interface TransportOptions {
  readonly clock: Clock;
  /** What credential plugins are started with, and where HTTPS_PROXY and its siblings are read; the kubeconfig's own proxy counts first. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For a connection, headers, and between two pieces of a body that is no stream. Default 60 s. */
  readonly timeoutMs?: number;
}
/** A transport over sockets. `close` ends what is under way. */
export type SocketTransport = Transport & { readonly close: () => Promise<void> };

/** No answer came: the server cannot be reached, is not trusted, or broke off. */
export class ConnectionFailed extends Error {
  constructor(server: string, cause: unknown) {
    super(`${server} cannot be reached: ${reasonOf(cause)}`, { cause });
    this.name = 'ConnectionFailed';
  }
}

/**
 * Speaks to the API server of a context: HTTP/1.1 with kept connections, TLS as the kubeconfig says. Watches and logs are streamed, read
 * no faster than they are consumed; other answers come whole. An abort rejects with the signal's reason.
 * @throws KubeconfigError for what cannot be used
 */
export async function connectTransport(context: KubeContext, options: TransportOptions): Promise<SocketTransport> {
  const server = serverOf(context);
  const { authority } = context.cluster;
  const ca = authority === undefined ? undefined : await readContent(authority, options.clock);
  const line = new Line(context, options, { server, ca, pools: await loadPools() });
  return Object.assign((request: ApiRequest) => line.send(request), { close: () => line.close() });
}

function serverOf(context: KubeContext): URL {
  const { server } = context.cluster;
  const text = server.includes('://') ? server : `http://${server}`;
  if (server === '' || !URL.canParse(text))
    throw new KubeconfigError(`context "${context.name}": the server ${JSON.stringify(server)} is no address`);
  const url = new URL(text);
  if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  throw new KubeconfigError(`context "${context.name}": the server ${server} is neither https:// nor http://`);
}

const unzip = promisify(gunzip);

class Line {
  readonly #context: KubeContext;
  readonly #options: TransportOptions;
  readonly #server: URL;
  readonly #ca: string | undefined;
  /** Loaded with the first transport: an embedded cluster that is called in process needs none. */
  readonly #pools: typeof Undici;
  readonly #identity: Identity;
  #dispatcher: { readonly of: Credentials['certificate']; readonly use: Dispatcher } | undefined;

  constructor(context: KubeContext, options: TransportOptions, of: { server: URL; ca: string | undefined; pools: typeof Undici }) {
    this.#context = context;
    this.#options = options;
    this.#server = of.server;
    this.#ca = of.ca;
    this.#pools = of.pools;
    this.#identity = new Identity(context, options);
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const response = await this.#attempt(request);
    if (response.status !== 401 || !this.#identity.renewable || request.headers['authorization'] !== undefined) return response;
    this.#identity.forget();
    return this.#attempt(request);
  }

  async close(): Promise<void> {
    await this.#dispatcher?.use.destroy();
  }

  async #attempt(request: ApiRequest): Promise<ApiResponse> {
    const credentials = await this.#identity.current();
    const dispatcher = await this.#dispatcherFor(credentials.certificate);
    const call = this.#callOf(request, credentials);
    try {
      return await answerOf(request, await this.#ask(dispatcher, call));
    } catch (cause) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw new ConnectionFailed(this.#server.origin, cause);
    }
  }

  /** A kept connection that the server has just closed fails a call that it never saw; a GET is then sent once more. */
  async #ask(dispatcher: Dispatcher, call: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    try {
      return await dispatcher.request(call);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const closed = code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
      if (!closed || call.method !== 'GET' || (call.signal as AbortSignal | undefined)?.aborted === true) throw error;
      return dispatcher.request(call);
    }
  }

  #callOf(request: ApiRequest, credentials: Credentials): Dispatcher.RequestOptions {
    const { timeoutMs = 60_000 } = this.#options;
    const streamed = isStream(request);
    const base = this.#server.pathname.replace(/\/$/, '');
    const body = request.body ?? (request.object === undefined ? undefined : JSON.stringify(request.object));
    return {
      origin: this.#server.origin,
      path: `${base}${request.path}${request.query === '' ? '' : `?${request.query}`}`,
      method: request.method as Dispatcher.HttpMethod,
      headers: {
        ...(credentials.authorization !== undefined && { authorization: credentials.authorization }),
        ...(!streamed && { 'accept-encoding': 'gzip' }),
        ...impersonationHeaders(this.#context),
        ...request.headers,
      },
      headersTimeout: streamed ? 0 : timeoutMs,
      bodyTimeout: streamed ? 0 : timeoutMs,
      ...(body !== undefined && { body }),
      ...(request.signal !== undefined && { signal: request.signal }),
    };
  }

  /** One pool per client certificate: when that changes, what is under way ends with the old one. */
  async #dispatcherFor(certificate: Credentials['certificate']): Promise<Dispatcher> {
    const kept = this.#dispatcher;
    if (kept !== undefined && sameCertificate(kept.of, certificate)) return kept.use;
    const use = this.#createDispatcher(certificate);
    this.#dispatcher = { of: certificate, use };
    void kept?.use.close();
    return use;
  }

  #createDispatcher(certificate: Credentials['certificate']): Dispatcher {
    const { insecure, serverName } = this.#context.cluster;
    const proxy = this.#context.cluster.proxy ?? proxyFor(this.#server, this.#options.environment);
    const { timeoutMs = 60_000 } = this.#options;
    const tls = {
      ...(this.#ca !== undefined && { ca: this.#ca }),
      ...(certificate !== undefined && certificate),
      ...(insecure && { rejectUnauthorized: false }),
      ...(serverName !== undefined && { servername: serverName }),
    };
    const kept = { keepAliveTimeout: 30_000, pipelining: 1 };
    if (proxy === undefined)
      return new this.#pools.Agent({ ...kept, connect: { ...tls, timeout: Math.min(timeoutMs, 30_000), keepAlive: true } });
    if (!/^https?:\/\//.test(proxy)) {
      throw new KubeconfigError(`context "${this.#context.name}": the proxy ${proxy} is not supported: use one of http:// or https://`);
    }
    return new this.#pools.ProxyAgent({ ...kept, uri: proxy, requestTls: tls });
  }
}

function sameCertificate(a: Credentials['certificate'], b: Credentials['certificate']): boolean {
  return a?.cert === b?.cert && a?.key === b?.key;
}

/** Watches and logs last; they are handed on piece by piece. */
function isStream(request: ApiRequest): boolean {
  return /(^|&)watch=(true|1)(&|$)/.test(request.query) || /\/pods\/[^/]+\/log$/.test(request.path);
}

async function answerOf(request: ApiRequest, response: Dispatcher.ResponseData): Promise<ApiResponse> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  const status = response.statusCode;
  if (isStream(request) && status < 300) return { status, headers, body: streamOf(request, response.body) };
  const bytes = await response.body.bytes();
  if (headers['content-encoding'] !== 'gzip') return { status, headers, body: bytes };
  delete headers['content-encoding'];
  return { status, headers, body: await unzip(bytes) };
}

/** A body as it comes. Leaving it early closes the connection. */
async function* streamOf(request: ApiRequest, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw new ConnectionFailed(request.path, cause);
  }
}

/** The HTTP client; bundled, a CommonJS package stands below `default`. */
async function loadPools(): Promise<typeof Undici> {
  const found: object = await import('undici');
  return ('Agent' in found ? found : (found as { default: object }).default) as typeof Undici;
}

/** The first reason that says something: undici wraps what the socket said, and tries of several addresses come together. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.message === '' && error.cause !== undefined) return reasonOf(error.cause);
  return error.message === '' ? error.name : error.message;
}
