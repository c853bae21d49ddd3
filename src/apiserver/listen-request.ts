import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ApiRequest, Peer } from '../api/http.ts';
import { badRequest, StatusError, tooLarge } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';

export type SocketRequest = IncomingMessage | Http2ServerRequest;

/** Every value is one string; what was sent several times is joined as HTTP says. Pseudo headers go, `:authority` becomes host. */
export function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    if (name === ':authority') plain['host'] = text;
    else if (!name.startsWith(':')) plain[name] = text;
  }
  return plain;
}

/** Path and query as sent. @throws StatusError BadRequest for a target that is no path */
export function splitTarget(target: string): { path: string; query: string } {
  if (!target.startsWith('/')) throw badRequest(`the request target ${JSON.stringify(target.slice(0, 200))} is not a path`);
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Made once: an abort without a reason builds an error with a stack for each request. */
const arrived = new Error('the request body has arrived');

export interface BodyLimits {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** The whole body must be there after so long. */
  readonly withinMs: number;
}

/**
 * The body, undefined when there is none.
 * @throws StatusError RequestEntityTooLarge over the limit, Timeout when the client is too slow, BadRequest when it breaks off
 */
export async function readBody(request: SocketRequest, limits: BodyLimits): Promise<Uint8Array | undefined> {
  const announced = Number(request.headers['content-length'] ?? NaN);
  if (announced > limits.maxBytes) throw overLimit(limits.maxBytes);
  if (announced === 0 || bodyless(request)) {
    request.resume();
    return undefined;
  }
  const deadline = new AbortController();
  const late = limits.clock.sleep(limits.withinMs, { signal: deadline.signal, upkeep: true }).then(
    () => {
      throw new StatusError(504, 'Timeout', `the request body did not arrive within ${limits.withinMs / 1000} s`);
    },
    // The body came in time.
    () => undefined,
  );
  try {
    const body = await Promise.race([collect(request, limits.maxBytes), late.then(() => undefined)]);
    return body === undefined || body.length === 0 ? undefined : body;
  } finally {
    deadline.abort(arrived);
  }
}

function bodyless(request: SocketRequest): boolean {
  if ('stream' in request) return request.stream.endAfterHeaders;
  return request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
}

function collect(request: SocketRequest, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > maxBytes) {
        chunks.length = 0;
        request.pause();
        reject(overLimit(maxBytes));
      } else chunks.push(chunk);
    });
    let whole = false;
    request.on('end', () => {
      whole = true;
      resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks));
    });
    const broken = (): void => {
      if (!whole) reject(badRequest('the request body broke off'));
    };
    request.on('error', broken);
    request.on('aborted', broken);
    request.on('close', broken);
  });
}

function overLimit(maxBytes: number): StatusError {
  return tooLarge(`Request entity too large: limit is ${maxBytes}`);
}

/** Address and, when our CA signed it, the certificate. The same for every request of a connection. */
export function peerOf(socket: SocketRequest['socket']): Peer {
  const address = socket.remoteAddress ?? '';
  // Over HTTP/2 Node hands out a proxy of the socket, so instanceof is not enough; both have these members.
  const tls = socket as Partial<TLSSocket>;
  if (tls.authorized !== true || tls.getPeerCertificate === undefined) return { address };
  const subject = tls.getPeerCertificate().subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const commonName = [subject?.CN ?? []].flat()[0];
  return commonName === undefined ? { address } : { address, certificate: { commonName, organizations: [subject?.O ?? []].flat() } };
}

export type Parts = Pick<ApiRequest, 'method' | 'path' | 'query' | 'headers'>;
/** All of a request but its body. @throws StatusError BadRequest */
export function partsOf(request: SocketRequest): Parts {
  return { method: request.method ?? 'GET', ...splitTarget(request.url ?? '/'), headers: plainHeaders(request.headers) };
}
