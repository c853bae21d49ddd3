import type { User } from './context.ts';
import type { RequestInfo } from './request-info.ts';

/** May this user do this? */
export type Authorize = (user: User, info: RequestInfo) => boolean;

/** What somebody may do (rbac.authorization.k8s.io, PolicyRule); `*` is everything. */
export interface Rule {
  readonly groups: readonly string[];
  /** `pods`, `pods/status`, `*` with all subresources. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
/** Who has which rules: a user's name, a user's name with `*` at its end, or `group:` and a group. */
export interface Grant {
  readonly who: string;
  readonly rules: readonly Rule[];
}

const masters = 'system:masters';
/** Paths that everybody who is known may read: discovery, documents, version, health. */
const readable = /^\/(api|apis|openapi|version|healthz|livez|readyz)(\/|$)/;

/** A static table of rules. Members of system:masters may do everything. */
export function createAuthorization(grants: readonly Grant[]): Authorize {
  const kept = new Map<string, readonly Rule[]>();
  return (user, info) => {
    if (user.groups.includes(masters)) return true;
    if (!info.isResource) return info.verb === 'get' && readable.test(`/${info.parts.join('/')}`);
    const key = `${user.name}\n${user.groups.join('\n')}`;
    let rules = kept.get(key);
    if (rules === undefined) kept.set(key, (rules = rulesOf(grants, user)));
    return rules.some((rule) => allows(rule, info));
  };
}

function rulesOf(grants: readonly Grant[], user: User): readonly Rule[] {
  return grants.filter(({ who }) => concerns(who, user)).flatMap(({ rules }) => rules);
}
function concerns(who: string, user: User): boolean {
  if (who.startsWith('group:')) return user.groups.includes(who.slice('group:'.length));
  return who.endsWith('*') ? user.name.startsWith(who.slice(0, -1)) : user.name === who;
}

function allows(rule: Rule, info: RequestInfo): boolean {
  if (!has(rule.verbs, info.verb) || !has(rule.groups, info.group)) return false;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return has(rule.resources, resource) || (info.subresource !== '' && rule.resources.includes(`*/${info.subresource}`));
}
const has = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted);

/** Upstream's words: `User "x" cannot list resource "pods" in API group "" in the namespace "default"`. */
export function refusalText(user: User, info: RequestInfo): string {
  const who = `User "${user.name}" cannot`;
  if (!info.isResource) return `${who} ${info.verb} path "${info.path}"`;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  const where = info.namespace === '' || info.resource === 'namespaces' ? 'at the cluster scope' : `in the namespace "${info.namespace}"`;
  return `${who} ${info.verb} resource "${resource}" in API group "${info.group}" ${where}`;
}
