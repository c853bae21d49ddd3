import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ApiResponse, Peer, Transport } from '../api/http.ts';
import { internalError, StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import { partsOf, peerOf, readBody, type SocketRequest } from './listen-request.ts';
import { send, StalledClient, type SocketResponse } from './listen-response.ts';
import { limitResets } from './listen-resets.ts';

/** PEM texts. `ca` signed the client certificates that are believed. */
export interface ListenCertificates {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}
export interface ListenOptions {
  readonly handle: Transport;
  readonly certificates: ListenCertificates;
  readonly clock: Clock;
  readonly log: Log;
  /** 127.0.0.1 */
  readonly host?: string;
  /** 0: one that is free */
  readonly port?: number;
  /** 3 MiB, as kube-apiserver. */
  readonly maxBodyBytes?: number;
  /** 30 s for a whole request body. */
  readonly bodyMs?: number;
  /** 30 s without taking anything. */
  readonly stallMs?: number;
}
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  /** For connections from now on. */
  renew(certificates: ListenCertificates): void;
  /** No new connections; ends watches, lets other requests finish for `graceMs` (2 s), then cuts what is left. */
  close(graceMs?: number): Promise<void>;
}

const clientGone = new Error('the client has gone');
const maxHeaderBytes = 64 * 1024;

/** Serves `handle` on a TLS socket, HTTP/2 and HTTP/1.1. Client certificates are asked for and optional. @throws Error when the port is taken */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { certificates, host = '127.0.0.1', port = 0 } = options;
  const front = new Front(options, createServer(certificates));
  await new Promise<void>((resolve, reject) => {
    front.server.once('error', reject);
    front.server.listen({ host, port, backlog: 1024 }, () => {
      front.server.off('error', reject);
      resolve();
    });
  });
  front.server.on('error', (error) => options.log.error('the listening socket failed', { error: errorText(error) }));
  const bound = (front.server.address() as AddressInfo).port;
  return {
    host,
    port: bound,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    renew: (next) => front.server.setSecureContext({ key: next.key, cert: next.certificate, ca: next.ca, minVersion: 'TLSv1.2' }),
    close: (graceMs = 2000) => front.close(graceMs),
  };
}

function createServer(certificates: ListenCertificates): Http2SecureServer {
  // Node reads the HTTP/1 limits below too, its types list them for node:http only; the streamReset pair is nghttp2's guard.
  const limits = { maxHeaderSize: maxHeaderBytes, streamResetBurst: 500, streamResetRate: 100 };
  const server = createSecureServer({
    ...limits,
    allowHTTP1: true,
    key: certificates.key,
    cert: certificates.certificate,
    ca: certificates.ca,
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSessionMemory: 64,
    maxHeaderListPairs: 200,
    settings: { maxConcurrentStreams: 250, maxHeaderListSize: maxHeaderBytes, initialWindowSize: 256 * 1024 },
  });
  const http1 = server as Http2SecureServer & { headersTimeout: number; requestTimeout: number; keepAliveTimeout: number };
  http1.headersTimeout = 20_000;
  http1.requestTimeout = 60_000;
  http1.keepAliveTimeout = 90_000;
  return server;
}

/** The sockets, sessions and requests of one listening socket. */
class Front {
  readonly server: Http2SecureServer;
  readonly #options: ListenOptions;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #peers = new WeakMap<object, Peer>();
  readonly #requests = new Set<AbortController>();
  #watching = new Set<AbortController>();
  #closing: Promise<void> | undefined;
  #idle: () => void = () => undefined;

  constructor(options: ListenOptions, server: Http2SecureServer) {
    this.#options = options;
    this.server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      socket.on('error', (error) => this.#quiet('connection', error));
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('secureConnection', (socket: TLSSocket) => socket.on('error', (error) => this.#quiet('connection', error)));
    server.on('session', (session) => this.#onSession(session));
    server.on('sessionError', (error) => this.#quiet('session', error));
    server.on('tlsClientError', (error) => this.#quiet('handshake', error));
    server.on('clientError', (error: Error, socket: Socket) => this.#onClientError(error, socket));
    server.on('request', (request, response) => void this.#onRequest(request, response));
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const reason = new Error('the server is shutting down');
    for (const watch of this.#watching) watch.abort(reason);
    for (const session of this.#sessions) session.close();
    (this.server as Http2SecureServer & { closeIdleConnections?(): void }).closeIdleConnections?.();
    if (this.#requests.size > 0) {
      const enough = new AbortController();
      this.#idle = () => enough.abort();
      // Ends early, by the abort, when the last request has been answered.
      await this.#options.clock.sleep(graceMs, { signal: enough.signal }).catch(() => undefined);
    }
    for (const request of this.#requests) request.abort(reason);
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', (error) => this.#quiet('session', error));
    session.on('close', () => this.#sessions.delete(session));
    limitResets(session, this.#options.clock);
    if (this.#closing !== undefined) session.close();
  }

  #onClientError(error: Error & { code?: string }, socket: Socket): void {
    this.#quiet('request', error);
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else {
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
  }

  async #onRequest(request: SocketRequest, response: SocketResponse): Promise<void> {
    const ended = new AbortController();
    this.#requests.add(ended);
    response.on('error', (error) => this.#quiet('response', error));
    // Every response closes; only one that is still being made has lost its client.
    response.on('close', () => {
      if (this.#requests.has(ended)) ended.abort(clientGone);
    });
    try {
      const { answer, whole } = await this.#answer(request, ended.signal);
      if (ended.signal.aborted) discard(answer);
      else await this.#send(response, answer, { ended, last: !whole });
      if (!whole) await this.#drop(request);
    } catch (error) {
      if (!ended.signal.aborted) {
        const level = error instanceof StalledClient ? 'debug' : 'warn';
        this.#options.log[level]('an answer was cut off', { method: request.method, path: request.url, error: errorText(error) });
      }
      ended.abort(clientGone);
      cut(response);
    } finally {
      this.#requests.delete(ended);
      this.#watching.delete(ended);
      if (this.#requests.size === 0) this.#idle();
    }
  }

  /** Reads on for a while without looking, since a connection that closes on unread bytes takes the answer with it. */
  async #drop(request: SocketRequest): Promise<void> {
    const gone = new AbortController();
    request.once('end', () => gone.abort());
    request.once('close', () => gone.abort());
    if (request.destroyed) return;
    request.resume();
    // Ends early, by the abort, when the client has finished.
    await this.#options.clock.sleep(5000, { signal: gone.signal, upkeep: true }).catch(() => undefined);
    request.destroy();
  }

  /** `whole`: the request was read to its end, so the connection can be used again. */
  async #answer(request: SocketRequest, signal: AbortSignal): Promise<{ answer: ApiResponse; whole: boolean }> {
    const { clock, maxBodyBytes = 3 * 1024 * 1024, bodyMs = 30_000, handle, log } = this.#options;
    let whole = false;
    try {
      const parts = partsOf(request);
      const body = await readBody(request, { clock, maxBytes: maxBodyBytes, withinMs: bodyMs });
      whole = true;
      const peer = this.#peer(request);
      return { whole, answer: await handle(body === undefined ? { ...parts, signal, peer } : { ...parts, body, signal, peer }) };
    } catch (error) {
      if (error instanceof StatusError) return { whole, answer: failure(error) };
      if (!signal.aborted) log.error('a request failed', { method: request.method, path: request.url, error: errorText(error) });
      return { whole, answer: failure(internalError(errorText(error))) };
    }
  }

  async #send(response: SocketResponse, answer: ApiResponse, how: { ended: AbortController; last: boolean }): Promise<void> {
    const { clock, stallMs = 30_000 } = this.#options;
    if (!(answer.body instanceof Uint8Array)) {
      this.#watching.add(how.ended);
      if (this.#closing !== undefined) how.ended.abort(new Error('the server is shutting down'));
    }
    await send(response, answer, { clock, stallMs, signal: how.ended.signal, last: how.last || this.#closing !== undefined });
  }

  #peer(request: SocketRequest): Peer {
    const socket = 'stream' in request ? ((request as Http2ServerRequest).stream.session?.socket ?? request.socket) : request.socket;
    const holder = 'stream' in request ? ((request as Http2ServerRequest).stream.session ?? socket) : socket;
    let peer = this.#peers.get(holder);
    if (peer === undefined) this.#peers.set(holder, (peer = peerOf(socket)));
    return peer;
  }

  /** What clients do wrong, or the network: nothing that we could mend. */
  #quiet(where: string, error: unknown): void {
    this.#options.log.debug('a client connection failed', { where, error: errorText(error) });
  }
}

function failure(error: StatusError): ApiResponse {
  const body = Buffer.from(JSON.stringify(error.toStatus()));
  return { status: error.code, headers: { 'content-type': 'application/json' }, body };
}

/** The client is gone: a stream that nobody reads must not keep its watch. */
function discard(answer: ApiResponse): void {
  if (answer.body instanceof Uint8Array) return;
  void answer.body[Symbol.asyncIterator]().return?.();
}

function cut(response: SocketResponse): void {
  if ('stream' in response) response.stream.destroy();
  else response.destroy();
}
