import type { ApiRequest, ApiResponse, Transport } from '../../src/api/http.ts';
import type { StatusError } from '../../src/api/status.ts';

/** An answer of a scripted server: JSON, a Status, lines of a watch, or a failure of the connection. */
export type Answer = ApiResponse | Error;

export function answer(object: unknown, options: { status?: number; headers?: Record<string, string> } = {}): ApiResponse {
  const { status = 200, headers = {} } = options;
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(object)) };
}
export function refusal(error: StatusError, headers: Record<string, string> = {}): ApiResponse {
  return answer(error.toStatus(), { status: error.code, headers });
}
/** A watch that sends these events and then closes; `cut` splits the bytes at odd places. */
export function stream(events: readonly unknown[], cut = 7): ApiResponse {
  const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
  }
  return { status: 200, headers: {}, body: body() };
}

/** A server that answers a list of answers, one a call, and remembers the calls. */
export function scripted(...answers: (Answer | ((request: ApiRequest) => Answer))[]): {
  transport: Transport;
  calls: ApiRequest[];
} {
  const calls: ApiRequest[] = [];
  const transport: Transport = async (request) => {
    const next = answers[calls.length];
    calls.push(request);
    if (next === undefined) throw new Error(`no answer is left for ${request.method} ${request.path}`);
    const given = typeof next === 'function' ? next(request) : next;
    if (given instanceof Error) throw given;
    return given;
  };
  return { transport, calls };
}

/** `GET /api/v1/pods?limit=5` */
export function line(request: ApiRequest): string {
  return `${request.method} ${request.path}${request.query === '' ? '' : `?${request.query}`}`;
}
