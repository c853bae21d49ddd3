import type { User } from './context.ts';
import type { RequestInfo } from './request-info.ts';

/** What somebody wants to do. */
export interface Asked {
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection, and such as impersonate or bind; of other paths the method. */
  readonly verb: string;
  /** '' for resources that a review names. */
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  /** Of a list, the one name that its field selector asks for. */
  readonly name: string;
  /** As it was sent. */
  readonly fieldSelector: string;
}
/** The reason is shown to who asked, and '' when there is nothing to say. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}
/** May this user do this? */
export type Authorize = (user: User, asked: Asked) => Decision | Promise<Decision>;

/** What a request asks for. */
export function askedOf(info: RequestInfo): Asked {
  const fieldSelector = info.isResource ? (info.query.get('fieldSelector') ?? '') : '';
  const { isResource, verb, path, group, version, namespace, resource, subresource, name } = info;
  const named = name === '' && fieldSelector !== '' ? (/(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '') : name;
  return { isResource, verb, path, group, version, namespace, resource, subresource, name: named, fieldSelector };
}

/** Upstream's words: `User "x" cannot list resource "pods" in API group "" in the namespace "default"`. */
export function refusalText(user: User, asked: Asked, reason: string): string {
  const why = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)} cannot`;
  if (!asked.isResource) return `${who} ${asked.verb} path ${JSON.stringify(asked.path)}${why}`;
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const where = asked.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(asked.namespace)}`;
  return `${who} ${asked.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(asked.group)} ${where}${why}`;
}
