import type * as Undici from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';

export interface CallerOptions {
  /** For messages: `GitHub`. */
  readonly forge: string;
  readonly api: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Never in a message. */
  readonly token: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `http://proxy:3128`. */
  readonly proxy?: string | undefined;
  /** Told before a wait. */
  readonly waiting?: (message: string) => void;
}
export interface ForgeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the body says as JSON; undefined where it says none. */
  readonly body: unknown;
}
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** The forge refused, or did not answer. */
export class ForgeError extends Error {
  /** 0: no answer came. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ForgeError';
    this.status = status;
  }
}

const attempts = 5;
/** A limit that lasts longer is an error: a job should not sleep for an hour. */
const longestWaitMs = 5 * 60_000;
const timeoutMs = 30_000;
const largestAnswer = 32 * 2 ** 20;

/** Calls a forge's API: waits where it limits the rate, and asks again where asking twice does no harm. Close it in the end. */
export class Caller {
  readonly #options: CallerOptions;
  #connections: { readonly undici: typeof Undici; readonly dispatcher: Dispatcher } | undefined;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** `path` begins with a slash, or is a whole address of the same API. @throws ForgeError */
  async call(method: Method, path: string, body?: unknown): Promise<ForgeAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once(method, path, body).catch((error: unknown) => error as Error);
      const wait = attempt < attempts ? this.#waitAfter(answer, { method, attempt }) : undefined;
      if (wait === undefined) return this.#checked(answer, method, path);
      if (wait.ms > longestWaitMs) {
        throw new ForgeError(
          `${this.#options.forge} limits the rate, and would be asked again only in ${Math.ceil(wait.ms / 60_000)} min: run this again later`,
          429,
        );
      }
      this.#options.waiting?.(`${this.#options.forge} ${wait.why}: asking again in ${Math.ceil(wait.ms / 1000)} s`);
      await this.#options.clock.sleep(wait.ms, { signal: this.#options.signal });
    }
  }

  /** All entries of a list that comes in pages, by `Link: <…>; rel="next"`. */
  async list(path: string): Promise<readonly Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < 200; page++) {
      const { body, headers } = await this.call('GET', next);
      if (!Array.isArray(body))
        throw new ForgeError(`${this.#options.forge} answered GET ${shown(next)} with something that is no list`, 200);
      all.push(...body.filter((entry) => isRecord(entry)));
      next = this.#nextPage(headers['link']);
    }
    return all;
  }

  async close(): Promise<void> {
    await this.#connections?.dispatcher.close();
  }

  /** An address elsewhere is not followed: it would be sent the token. */
  #nextPage(link: string | undefined): string | undefined {
    const found = /<([^>]+)>\s*;[^,]*\brel="?next\b/.exec(link ?? '')?.[1];
    if (found === undefined || !URL.canParse(found)) return undefined;
    const [url, api] = [new URL(found), new URL(this.#options.api)];
    return url.origin === api.origin ? found : `${api.origin}${url.pathname}${url.search}`;
  }

  async #once(method: Method, path: string, body: unknown): Promise<ForgeAnswer> {
    const { api, headers, clock, signal } = this.#options;
    const { undici, dispatcher } = (this.#connections ??= await clock.outside(this.#connect()));
    const asked = undici.request(path.startsWith('/') ? `${api}${path}` : path, {
      method,
      dispatcher,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: {
        'user-agent': 'steersman',
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await clock.outside(asked);
    const text = await clock.outside(textOf(response.body));
    return { status: response.statusCode, headers: flat(response.headers), body: parsed(text) };
  }

  async #connect(): Promise<{ undici: typeof Undici; dispatcher: Dispatcher }> {
    const found: object = await import('undici');
    const undici = ('Agent' in found ? found : (found as { default: object }).default) as typeof Undici;
    const { proxy } = this.#options;
    const connect = { timeout: timeoutMs };
    return { undici, dispatcher: proxy === undefined ? new undici.Agent({ connect }) : new undici.ProxyAgent({ uri: proxy, connect }) };
  }

  /** How long to wait before the same is asked again; undefined where that answer stands. */
  #waitAfter(
    answer: ForgeAnswer | Error,
    { method, attempt }: { method: Method; attempt: number },
  ): { ms: number; why: string } | undefined {
    this.#options.signal.throwIfAborted();
    const backoff = 1000 * 2 ** (attempt - 1);
    if (answer instanceof Error) return method === 'GET' ? { ms: backoff, why: 'does not answer' } : undefined;
    const limit = limitOf(answer, this.#options.clock.now());
    if (limit !== undefined) return { ms: Math.max(limit, backoff), why: 'limits the rate' };
    const passing = [500, 502, 503, 504].includes(answer.status);
    return passing && method !== 'POST' ? { ms: backoff, why: `answers ${answer.status}` } : undefined;
  }

  #checked(answer: ForgeAnswer | Error, method: Method, path: string): ForgeAnswer {
    const { forge, token } = this.#options;
    const hide = (text: string) => (token === '' ? text : text.replaceAll(token, '(token)'));
    const what = `${method} ${shown(path)}`;
    if (answer instanceof Error)
      throw new ForgeError(`${forge} cannot be reached (${what}): ${hide(answer.message)}`, 0, { cause: answer });
    if (answer.status >= 200 && answer.status < 300) return answer;
    const said = isRecord(answer.body) ? hide(saidIn(answer.body)) : '';
    throw new ForgeError(`${forge} answers ${answer.status} to ${what}${said === '' ? '' : `: ${said}`}`, answer.status);
  }
}

/** Milliseconds until the limit ends; undefined where there is none. */
function limitOf({ status, headers, body }: ForgeAnswer, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return after * 1000;
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']);
  const left = headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'];
  if (left === '0' && Number.isFinite(reset)) return Math.max(0, reset * 1000 - now) + 1000;
  // GitHub's limit for writes that come too fast says so in words alone, and asks for a minute.
  const said = isRecord(body) ? saidIn(body) : '';
  return status === 429 || /secondary rate limit|abuse detection/i.test(said) ? 60_000 : undefined;
}

function saidIn(body: Record<string, unknown>): string {
  const said = body['message'] ?? body['error_description'] ?? body['error'];
  return (typeof said === 'string' ? said : (JSON.stringify(said) ?? '')).slice(0, 500);
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.byteLength;
    if (size > largestAnswer) throw new Error('the answer is too long');
  }
  return Buffer.concat(parts).toString('utf8');
}
function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // A proxy's page: its status says enough.
  }
}
function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
/** The path alone: an address may hold a token. */
function shown(path: string): string {
  return (path.startsWith('/') ? path : new URL(path).pathname).split('?')[0] ?? '';
}
