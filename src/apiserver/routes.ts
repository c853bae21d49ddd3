import type { ApiResponse } from '../api/http.ts';
import { methodNotAllowed } from '../api/status.ts';
import { serveComputed } from './computed/index.ts';
import type { Call } from './context.ts';
import { isMetricsCall, serveMetricsApi } from './metrics-api.ts';
import { isNodeProxy, proxyToNode } from './node-proxy.ts';
import { noSuchPath } from './no-such-path.ts';
import { isFollowed } from './policies.ts';
import { create } from './rest/create.ts';
import { removeCollection } from './rest/delete-collection.ts';
import { remove } from './rest/delete.ts';
import { get } from './rest/get.ts';
import { list } from './rest/list.ts';
import { patch } from './rest/patch.ts';
import { update } from './rest/update.ts';
import { watch } from './rest/watch.ts';
import { subresourcesOf } from './subresources/index.ts';
import { isWrittenMetricsCall, serveWrittenMetrics } from './written-metrics.ts';

const verbs: Readonly<Record<string, (call: Call) => Promise<ApiResponse>>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

/** Serves a request about a resource. @throws StatusError NotFound for what is not served, MethodNotAllowed */
export async function serveResource(of: Omit<Call, 'kind'>): Promise<ApiResponse> {
  const { info, server } = of;
  const unstored = serveUnstored(of);
  if (unstored !== undefined) return unstored;
  const kind = server.kinds.find(info.group, info.version, info.resource);
  if (kind === undefined || info.rest.length > 0) throw noSuchPath();
  const call = placed({ ...of, kind });
  if (kind.deprecation !== undefined) call.warnings.push(kind.deprecation);
  if (info.subresource !== '') {
    const subresource = subresourcesOf(kind).find(({ name }) => name === info.subresource);
    if (subresource === undefined || info.name === '') throw noSuchPath();
    return subresource.handle(call);
  }
  const verb = verbs[info.verb];
  if (verb === undefined || needsNamespace(call)) throw methodNotAllowed(kind.kind, info.verb === '' ? of.request.method : info.verb);
  if (kind.computed !== undefined) return serveComputed(call);
  return isFollowed(kind.kind) && !reading.has(info.verb) ? settled(call, verb(call)) : verb(call);
}

/** What no kind stands behind: metrics, and what nodes answer themselves. */
function serveUnstored(of: Omit<Call, 'kind'>): Promise<ApiResponse> | undefined {
  if (isMetricsCall(of.info)) return serveMetricsApi(of);
  if (isWrittenMetricsCall(of.info)) return serveWrittenMetrics(of);
  return isNodeProxy(of.info) ? proxyToNode(of) : undefined;
}

/** A definition that is stored is served, and a policy holds: nobody has to wait and ask again. */
async function settled({ server }: Call, answering: Promise<ApiResponse>): Promise<ApiResponse> {
  const answer = await answering;
  await server.hub.reached(server.store.revision());
  return answer;
}
const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** The path must say a namespace exactly where the kind has one. */
function placed(call: Call): Call {
  const { info, kind } = call;
  if (kind.kind.namespaced) {
    if (info.name !== '' && info.namespace === '') throw noSuchPath();
    return call;
  }
  const own = kind.kind.group === '' && kind.kind.plural === 'namespaces';
  if (info.namespace !== '' && !own) throw noSuchPath();
  return info.namespace === '' ? call : { ...call, info: { ...info, namespace: '' } };
}

/** Objects are made in one namespace, and collections are deleted in one. */
function needsNamespace({ info, kind }: Call): boolean {
  return kind.kind.namespaced && info.namespace === '' && (info.verb === 'create' || info.verb === 'deletecollection');
}
