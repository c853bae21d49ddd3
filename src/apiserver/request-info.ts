import { badRequest } from '../api/status.ts';

/** What a request asks for, read from its method, path and query alone (kubernetes/apiserver, RequestInfo). */
export interface RequestInfo {
  /** False for paths such as /version and for discovery. */
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  readonly verb: string;
  /** As sent, without the query. */
  readonly path: string;
  /** The path's segments, decoded. */
  readonly parts: readonly string[];
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** '' for cluster-scoped resources and for requests across namespaces; of a Namespace its own name. */
  readonly namespace: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource: string;
  /** '' for requests to a collection. */
  readonly name: string;
  /** Path segments behind the subresource. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

const byMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const none = { group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: [] };
/** Shared; nobody writes to a query. */
const noQuery = new URLSearchParams();
const ofNamespace: ReadonlySet<string> = new Set(['status', 'finalize']);

/** @throws StatusError BadRequest for broken percent-encoding and for names that hold a slash */
export function readRequestInfo(request: { readonly method: string; readonly path: string; readonly query: string }): RequestInfo {
  const query = request.query === '' ? noQuery : new URLSearchParams(request.query);
  const parts = segments(request.path);
  const place = resourcePlace(parts);
  if (place === undefined) return { ...none, isResource: false, verb: request.method.toLowerCase(), path: request.path, parts, query };
  const verb = verbOf(request.method, { named: place.name !== '', watch: place.watch || isTrue(query.get('watch')) });
  const { group, version, namespace, resource, subresource, name, rest } = place;
  return { isResource: true, verb, path: request.path, parts, query, group, version, namespace, resource, subresource, name, rest };
}

/** As Go's ParseBool reads a query value, where anything unreadable is false. */
export function isTrue(value: string | null): boolean {
  return value === '1' || value === 't' || value === 'T' || value === 'true' || value === 'TRUE' || value === 'True';
}

function segments(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return path.includes('%') ? parts.map(decoded) : parts;
}

function decoded(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch (cause) {
    const error = badRequest(`the path segment ${JSON.stringify(part)} is not percent-encoded UTF-8`);
    error.cause = cause;
    throw error;
  }
  if (text.includes('/') || text === '.' || text === '..')
    throw badRequest(`invalid path segment ${JSON.stringify(text)}: may not be "." or ".." or contain "/"`);
  return text;
}

interface Place {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly rest: readonly string[];
  readonly watch: boolean;
}

function resourcePlace(parts: readonly string[]): Place | undefined {
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const group = core ? '' : (parts[1] ?? '');
  const version = (core ? parts[1] : parts[2]) ?? '';
  const tail = parts.slice(core ? 2 : 3);
  if (version === '' || tail.length === 0) return undefined;
  const watch = tail[0] === 'watch' && tail.length > 1;
  const { namespace, resource, subresource, name, rest } = inside(watch ? tail.slice(1) : tail);
  return { group, version, namespace, resource, subresource, name, rest, watch };
}

function inside(tail: readonly string[]): Omit<Place, 'group' | 'version' | 'watch'> {
  const [first = '', second = '', third = ''] = tail;
  if (first !== 'namespaces') return { namespace: '', resource: first, name: second, subresource: third, rest: tail.slice(3) };
  if (tail.length < 3 || (tail.length === 3 && ofNamespace.has(third))) {
    return { namespace: second, resource: first, name: second, subresource: third, rest: [] };
  }
  return { namespace: second, resource: third, name: tail[3] ?? '', subresource: tail[4] ?? '', rest: tail.slice(5) };
}

function verbOf(method: string, of: { named: boolean; watch: boolean }): string {
  const verb = byMethod[method] ?? '';
  if (verb === 'get' && of.watch) return 'watch';
  if (of.named) return verb;
  if (verb === 'get') return 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}
