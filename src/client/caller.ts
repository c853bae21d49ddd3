import type { ApiRequest, ApiResponse, Transport } from '../api/http.ts';
import { StatusError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { deepFreeze } from '../base/json.ts';
import { bytesOf } from './body.ts';

export interface CallerOptions {
  readonly clock: Clock;
  /** `steer-scheduler/0.1.0`; up to the slash it is the field manager of writes that name none. */
  readonly userAgent: string;
  /** The Authorization header of every call, e.g. `Bearer …`. */
  readonly authorization?: string;
  /** Told each `Warning` that an answer carries, without its code. */
  readonly warn?: (text: string) => void;
}
/** A request as this room writes it; headers that are always the same are added. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly object?: unknown;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** The answer's bytes are wanted, in process too. */
  readonly bytes?: true;
}

/** As client-go: so many times a call is sent again when the server asks for it. */
const mostRetries = 10;

/** Sends calls under one identity; failures come as StatusError. */
export class Caller {
  readonly #transport: Transport;
  readonly #options: CallerOptions;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(transport: Transport, options: CallerOptions) {
    this.#transport = transport;
    this.#options = options;
    const { userAgent, authorization } = options;
    this.#headers = { accept: 'application/json', 'user-agent': userAgent, ...(authorization !== undefined && { authorization }) };
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** The decoded, frozen answer. @throws StatusError */
  async json(call: Call): Promise<unknown> {
    const response = await this.open(call);
    if (response.object !== undefined) return deepFreeze(response.object);
    return deepFreeze(parse(await bytesOf(response.body)));
  }

  /** An answer of success with its body unread. @throws StatusError */
  async open(call: Call): Promise<ApiResponse> {
    const response = await this.send(call);
    if (response.status >= 200 && response.status < 300) {
      this.#tellWarnings(response);
      return response;
    }
    throw StatusError.from(response.object ?? lenientParse(await bytesOf(response.body)), response.status);
  }

  /**
   * Any answer. A call that the server turned away unread (429 with Retry-After; other passing failures of a GET with Retry-After)
   * is sent again after that time; an eviction is not, since its 429 is an answer about a disruption budget.
   */
  async send(call: Call): Promise<ApiResponse> {
    const request = this.#request(call);
    for (let attempt = 0; ; attempt++) {
      const response = await this.#transport(request);
      const seconds = retryAfter(request, response);
      if (seconds === undefined || attempt >= mostRetries) return response;
      await bytesOf(response.body);
      await this.clock.sleep(seconds * 1000, { signal: call.signal });
    }
  }

  #request(call: Call): ApiRequest {
    const { method, path, query = '', signal } = call;
    return {
      method,
      path,
      query,
      headers: call.headers === undefined ? this.#headers : { ...this.#headers, ...call.headers },
      ...(call.bytes !== true && { wantsObject: true }),
      ...(call.object !== undefined && { object: call.object }),
      ...(call.body !== undefined && { body: call.body }),
      ...(signal !== undefined && { signal }),
    };
  }

  #tellWarnings(response: ApiResponse): void {
    const { warn } = this.#options;
    if (warn === undefined) return;
    for (const text of response.warnings ?? parseWarnings(response.headers['warning'])) warn(text);
  }
}

function retryAfter(request: ApiRequest, response: ApiResponse): number | undefined {
  const passing = response.status === 429 || (response.status >= 500 && request.method === 'GET');
  if (!passing || request.path.endsWith('/eviction')) return undefined;
  const text = response.headers['retry-after'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** What a failure says; proxies on the way answer in HTML, which then is no Status. */
function lenientParse(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  return text.startsWith('{') ? parse(bytes) : undefined;
}

/** The texts of a Warning header (RFC 7234: `299 - "text"`, several joined by commas). */
export function parseWarnings(header: string | undefined): string[] {
  if (header === undefined) return [];
  return [...header.matchAll(/\d{3} [^ ]+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] as string).replace(/\\(.)/g, '$1'));
}
