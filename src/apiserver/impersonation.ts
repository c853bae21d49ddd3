import type { ApiRequest } from '../api/http.ts';
import { forbidden, internalError } from '../api/status.ts';
import { refusalText, type Asked, type Authorize } from './authorization.ts';
import type { User } from './context.ts';
import { accountGroups } from './service-account-tokens.ts';

const userHeader = 'impersonate-user';
const groupHeader = 'impersonate-group';
const uidHeader = 'impersonate-uid';
const extraHeader = 'impersonate-extra-';
const accountPrefix = 'system:serviceaccount:';
const anonymousName = 'system:anonymous';
const authentication = 'authentication.k8s.io';

/** Does the request want to be made as somebody else? */
export function impersonates({ headers }: ApiRequest): boolean {
  if (headers[userHeader] !== undefined || headers[groupHeader] !== undefined || headers[uidHeader] !== undefined) return true;
  return Object.keys(headers).some((name) => name.startsWith(extraHeader));
}

/**
 * As whom the request is made (kubernetes/apiserver v1.35, endpoints/filters/impersonation): each thing that is claimed must be allowed to
 * who really calls, by the verb `impersonate`. @throws StatusError Forbidden, InternalError when groups are claimed and no user
 */
export async function impersonated(request: ApiRequest, user: User, authorize: Authorize): Promise<User> {
  const { headers } = request;
  const name = headers[userHeader] ?? '';
  const groups = listed(headers[groupHeader]);
  const uid = headers[uidHeader];
  const extra = extraOf(headers);
  if (name === '') throw internalError('requested impersonation of groups, uid or extra without impersonating a user');
  const account = accountOf(name);
  const asked: Asked[] = [
    account === undefined ? of('users', name) : { ...of('serviceaccounts', account.name), namespace: account.namespace },
  ];
  for (const group of groups) asked.push(of('groups', group));
  if (uid !== undefined) asked.push({ ...of('uids', uid), group: authentication, version: 'v1' });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) asked.push({ ...of('userextras', value), group: authentication, version: 'v1', subresource: key });
  }
  for (const one of asked) await require(user, one, authorize);
  return {
    name,
    groups: allGroups(name, groups, account?.namespace),
    ...(uid !== undefined && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function of(resource: string, name: string): Asked {
  const none = { path: '', group: '', version: 'v1', namespace: '', subresource: '', fieldSelector: '' };
  return { ...none, isResource: true, verb: 'impersonate', resource, name };
}

async function require(user: User, asked: Asked, authorize: Authorize): Promise<void> {
  const decision = await authorize(user, asked);
  if (decision.allowed) return;
  throw forbidden({ group: asked.group, plural: asked.resource }, asked.name, refusalText(user, asked, decision.reason));
}

/** Who is somebody is authenticated; an account brings its own groups where none are named. */
function allGroups(name: string, groups: readonly string[], accountNamespace: string | undefined): string[] {
  const own = groups.length === 0 && accountNamespace !== undefined ? accountGroups(accountNamespace) : [...groups];
  const implied = name === anonymousName ? 'system:unauthenticated' : 'system:authenticated';
  return own.includes('system:authenticated') || own.includes(implied) ? own : [...own, implied];
}

function accountOf(name: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!name.startsWith(accountPrefix)) return undefined;
  const [namespace = '', account = '', ...more] = name.slice(accountPrefix.length).split(':');
  return namespace === '' || account === '' || more.length > 0 ? undefined : { namespace, name: account };
}

/** Headers of one name come joined. */
function listed(text: string | undefined): string[] {
  return text === undefined
    ? []
    : text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
}

function extraOf(headers: ApiRequest['headers']): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [header, text] of Object.entries(headers)) {
    if (header.startsWith(extraHeader)) extra[unescaped(header.slice(extraHeader.length))] = listed(text);
  }
  return extra;
}
/** Keys are percent-encoded where a header name could not hold them. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key; // What is no encoding is meant as it stands, as upstream takes it.
  }
}
