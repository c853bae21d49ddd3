import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came. */
export interface ForgeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
}
interface StoredComment {
  readonly id: number;
  author: string;
  body: string;
  system?: boolean;
}
export interface ForgeServer {
  readonly api: string;
  readonly requests: readonly ForgeRequest[];
  readonly comments: StoredComment[];
  readonly statuses: { readonly commit: string; readonly body: unknown }[];
  readonly checks: unknown[];
  /** What it says is the head of the pull request. */
  head: string;
  /** Answers of the next requests, before anything is done. */
  readonly refusals: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }[];
  close(): Promise<void>;
}
export type ForgeKind = 'github' | 'gitlab' | 'gitea';
export const forgeToken = 'token-of-the-job-7f3a';
export const ownLogin = { github: 'github-actions[bot]', gitlab: 'project_7_bot', gitea: 'gitea-actions' };

interface Exchange {
  readonly server: ForgeServer;
  readonly request: ForgeRequest;
  readonly url: URL;
  readonly kind: ForgeKind;
  answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
}

/**
 * A forge that answers as its documented API does: the paths, headers and fields that it takes and no others, its limits, its pages.
 * The project is `shop/deploy` (GitLab: 7), the pull request 7.
 */
export async function startForge(kind: ForgeKind): Promise<ForgeServer> {
  const prefix = { github: '', gitlab: '/api/v4', gitea: '/api/v1' }[kind];
  const requests: ForgeRequest[] = [];
  const http = createServer((message, response) => {
    void handle(message, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => (http.close(() => resolve()), http.closeAllConnections()));
  const server: ForgeServer = {
    api: `http://127.0.0.1:${port}${prefix}`,
    requests,
    comments: [],
    statuses: [],
    checks: [],
    head: 'b'.repeat(40),
    refusals: [],
    close,
  };
  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(message);
    const url = new URL(message.url ?? '/', server.api);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const request = { method: message.method ?? '', path: message.url ?? '', ...(body === undefined ? {} : { body }) };
    requests.push(request);
    const answer: Exchange['answer'] = (status, value, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(value === undefined ? '' : JSON.stringify(value));
    };
    const refusal = server.refusals.shift();
    if (refusal !== undefined) return answer(refusal.status, refusal.body ?? {}, refusal.headers);
    const wrong = wrongIn(kind, message, text);
    if (wrong !== undefined) return answer(wrong.status, { message: wrong.message });
    const at = { ...url, pathname: url.pathname.slice(prefix.length) };
    const exchange: Exchange = { server, request, url: new URL(at.pathname + url.search, server.api), kind, answer };
    const route = routes[kind].find(([method, pattern]) => method === request.method && pattern.test(at.pathname));
    if (route === undefined) return answer(404, { message: 'Not Found' });
    route[2](exchange, route[1].exec(at.pathname)?.slice(1) ?? []);
  }
  return server;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** What the forge checks of every request. */
function wrongIn(kind: ForgeKind, { headers }: IncomingMessage, text: string): { status: number; message: string } | undefined {
  const token = {
    github: headers.authorization === `Bearer ${forgeToken}`,
    gitlab: headers['private-token'] === forgeToken,
    gitea: headers.authorization === `token ${forgeToken}`,
  }[kind];
  if (!token) return { status: 401, message: 'Bad credentials' };
  if ((headers['user-agent'] ?? '') === '')
    return { status: 403, message: 'Request forbidden by administrative rules: a User-Agent header is needed' };
  if (text !== '' && headers['content-type'] !== 'application/json') return { status: 415, message: 'Unsupported Media Type' };
  if (kind !== 'github') return undefined;
  if (headers['x-github-api-version'] !== '2022-11-28') return { status: 400, message: 'X-GitHub-Api-Version is not supported' };
  return headers.accept === 'application/vnd.github+json' ? undefined : { status: 415, message: 'accept application/vnd.github+json' };
}

type Route = readonly [method: string, path: RegExp, act: (exchange: Exchange, found: readonly string[]) => void];

function only(body: unknown, names: readonly string[]): Record<string, unknown> | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  return Object.keys(body).every((name) => names.includes(name)) ? (body as Record<string, unknown>) : undefined;
}
const longest = { github: 65_536, gitlab: 1_000_000, gitea: 1_000_000 };
function textIn({ request, kind, answer }: Exchange): string | undefined {
  const body = only(request.body, ['body'])?.['body'];
  if (typeof body === 'string' && body !== '' && body.length <= longest[kind]) return body;
  answer(422, { message: typeof body === 'string' ? `body is too long (maximum is ${longest[kind]} characters)` : 'Validation Failed' });
  return undefined;
}

function shown(kind: ForgeKind, { id, author, body, system }: StoredComment): unknown {
  if (kind === 'gitlab')
    return { id, body, system: system ?? false, author: { id: author === ownLogin.gitlab ? 70 : 1, username: author } };
  return { id, body, user: { login: author, type: author.endsWith('[bot]') ? 'Bot' : 'User' } };
}

/** GitHub and GitLab answer in pages, Gitea all at once. */
function list(exchange: Exchange): void {
  const { server, url, kind, answer } = exchange;
  const all = server.comments.map((comment) => shown(kind, comment));
  if (kind === 'gitea') return answer(200, all);
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
  const page = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(exchange.request.path, server.api);
  next.searchParams.set('page', String(page + 1));
  const more = page * size < all.length ? { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` } : {};
  answer(200, all.slice((page - 1) * size, page * size), more);
}
function create(exchange: Exchange): void {
  const { server, kind, answer } = exchange;
  const body = textIn(exchange);
  if (body === undefined) return;
  const comment = { id: 100 + server.comments.length + Math.max(0, ...server.comments.map(({ id }) => id)), author: ownLogin[kind], body };
  server.comments.push(comment);
  answer(201, shown(kind, comment));
}
function change(exchange: Exchange, [id]: readonly string[]): void {
  const { server, kind, answer } = exchange;
  const comment = server.comments.find((one) => String(one.id) === id);
  if (comment === undefined) return answer(404, { message: 'Not Found' });
  const body = textIn(exchange);
  if (body === undefined) return;
  comment.body = body;
  answer(200, shown(kind, comment));
}
function remove({ server, answer }: Exchange, [id]: readonly string[]): void {
  const at = server.comments.findIndex((one) => String(one.id) === id);
  if (at < 0) return answer(404, { message: 'Not Found' });
  server.comments.splice(at, 1);
  answer(204);
}
const states = {
  github: ['error', 'failure', 'pending', 'success'],
  gitea: ['error', 'failure', 'pending', 'success', 'warning'],
  gitlab: ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'],
};
function status({ server, request, kind, answer }: Exchange, [commit = '']: readonly string[]): void {
  const name = kind === 'gitlab' ? 'name' : 'context';
  const body = only(request.body, ['state', name, 'description', 'target_url']);
  const description = body?.['description'];
  const valid =
    body !== undefined && states[kind].includes(String(body['state'])) && typeof description === 'string' && description.length <= 140;
  if (!valid) return answer(422, { message: 'Validation Failed' });
  server.statuses.push({ commit, body });
  answer(201, body);
}
function check({ server, request, answer }: Exchange): void {
  const body = only(request.body, ['name', 'head_sha', 'status', 'conclusion', 'output', 'details_url']);
  const output = body === undefined ? undefined : only(body['output'], ['title', 'summary', 'text']);
  const summary = output?.['summary'];
  if (typeof summary !== 'string' || Buffer.byteLength(summary) > 65_535 || typeof output?.['title'] !== 'string')
    return answer(422, { message: 'Validation Failed' });
  server.checks.push(body);
  answer(201, body);
}

const actions: readonly Route[] = [
  ['GET', /^\/repos\/shop\/deploy\/pulls\/7$/, ({ server, answer }) => answer(200, { number: 7, head: { sha: server.head } })],
  ['GET', /^\/repos\/shop\/deploy\/issues\/7\/comments$/, list],
  ['POST', /^\/repos\/shop\/deploy\/issues\/7\/comments$/, create],
  ['PATCH', /^\/repos\/shop\/deploy\/issues\/comments\/(\d+)$/, change],
  ['DELETE', /^\/repos\/shop\/deploy\/issues\/comments\/(\d+)$/, remove],
  ['POST', /^\/repos\/shop\/deploy\/statuses\/([0-9a-f]{40})$/, status],
];
const routes: Readonly<Record<ForgeKind, readonly Route[]>> = {
  github: [
    ...actions,
    // A job's token is an installation's: it has no user by REST, and a viewer by GraphQL.
    ['GET', /^\/user$/, ({ answer }) => answer(403, { message: 'Resource not accessible by integration' })],
    ['POST', /^\/graphql$/, ({ answer }) => answer(200, { data: { viewer: { login: ownLogin.github } } })],
    ['POST', /^\/repos\/shop\/deploy\/check-runs$/, check],
  ],
  gitea: [...actions, ['GET', /^\/user$/, ({ answer }) => answer(200, { id: -2, login: ownLogin.gitea })]],
  gitlab: [
    ['GET', /^\/user$/, ({ answer }) => answer(200, { id: 70, username: ownLogin.gitlab })],
    ['GET', /^\/projects\/7\/merge_requests\/7$/, ({ server, answer }) => answer(200, { iid: 7, sha: server.head })],
    ['GET', /^\/projects\/7\/merge_requests\/7\/notes$/, list],
    ['POST', /^\/projects\/7\/merge_requests\/7\/notes$/, create],
    ['PUT', /^\/projects\/7\/merge_requests\/7\/notes\/(\d+)$/, change],
    ['DELETE', /^\/projects\/7\/merge_requests\/7\/notes\/(\d+)$/, remove],
    ['POST', /^\/projects\/7\/statuses\/([0-9a-f]{40})$/, status],
  ],
};
