import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { methodNotAllowed, notFound } from '../api/status.ts';
import type { Call } from './context.ts';
import type { RequestInfo } from './request-info.ts';

/** `nodes/<name>/proxy/<path>`: what the agent of a node answers at that path. */
export function isNodeProxy({ group, resource, subresource, name }: RequestInfo): boolean {
  return group === '' && resource === 'nodes' && subresource === 'proxy' && name !== '';
}

/** Passes a GET on as it is, without the caller's headers: what stands in them is for this server. @throws StatusError NotFound, MethodNotAllowed */
export async function proxyToNode({ info, server, request }: Omit<Call, 'kind'>): Promise<ApiResponse> {
  if (request.method !== 'GET') throw methodNotAllowed({ group: '', plural: 'nodes/proxy' }, info.verb);
  if ((await server.store.get(`core/nodes//${info.name}`)) === undefined) throw notFound({ group: '', plural: 'nodes' }, info.name);
  const path = `/${info.rest.map((part) => encodeURIComponent(part)).join('/')}`;
  const passed: ApiRequest = { method: 'GET', path, query: request.query, headers: {}, ...(request.signal && { signal: request.signal }) };
  return server.reachNode(info.name)(passed);
}
