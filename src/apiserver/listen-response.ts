import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { ApiResponse } from '../api/http.ts';
import type { Clock } from '../base/clock.ts';

export type SocketResponse = ServerResponse | Http2ServerResponse;

export interface SendOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A client that takes nothing for so long is cut off. */
  readonly stallMs: number;
  /** HTTP/1.1 only: the connection ends with this answer. */
  readonly last: boolean;
}

/** The client took nothing for too long. */
export class StalledClient extends Error {
  constructor(ms: number) {
    super(`the client took nothing for ${ms / 1000} s`);
    this.name = 'StalledClient';
  }
}

/**
 * Writes an answer. A stream's chunks go straight to the socket, one after the other as they come, and no faster than the client
 * takes them; all that is written in one turn of the loop leaves in one piece.
 * @throws StalledClient; whatever the stream throws. The caller then destroys the response.
 */
export async function send(response: SocketResponse, answer: ApiResponse, options: SendOptions): Promise<void> {
  const { body } = answer;
  if (body instanceof Uint8Array) {
    response.writeHead(answer.status, headersOf(response, answer, { length: body.length, last: options.last }));
    response.end(body);
    return;
  }
  response.writeHead(answer.status, headersOf(response, answer, { last: options.last }));
  // HTTP/2's response has it too; its types leave it out.
  (response as ServerResponse).flushHeaders();
  for await (const chunk of body) {
    if (options.signal.aborted) break;
    if (!write(response, chunk)) await drained(response, options);
  }
  response.end();
}

function write(response: SocketResponse, chunk: Uint8Array): boolean {
  // Both have this method; the overloads of the union differ in the encoding argument only.
  return (response as ServerResponse).write(chunk);
}

function headersOf(response: SocketResponse, answer: ApiResponse, options: { length?: number; last: boolean }): Record<string, string> {
  const headers: Record<string, string> = { ...answer.headers };
  const noBody = answer.status === 204 || answer.status === 304;
  if (options.length !== undefined && !noBody) headers['content-length'] ??= String(options.length);
  if ('stream' in response) {
    // Meaningless and forbidden in HTTP/2.
    delete headers['connection'];
    delete headers['transfer-encoding'];
  } else if (options.last) headers['connection'] = 'close';
  return headers;
}

async function drained(response: SocketResponse, options: SendOptions): Promise<void> {
  const waiting = new AbortController();
  const stop = (): void => waiting.abort();
  response.once('drain', stop);
  response.once('close', stop);
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    if (options.signal.aborted) return;
    await options.clock.sleep(options.stallMs, { signal: waiting.signal, upkeep: true });
  } catch {
    // Woken: there is room again, or the connection is gone, which the loop finds out by the signal.
    return;
  } finally {
    response.off('drain', stop);
    response.off('close', stop);
    options.signal.removeEventListener('abort', stop);
  }
  throw new StalledClient(options.stallMs);
}
