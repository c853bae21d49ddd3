import type { ApiRequest } from '../api/http.ts';
import type { User } from './context.ts';

/** Says who calls; undefined when nobody that is known. */
export type Authenticate = (request: ApiRequest) => User | undefined;

const authenticated = 'system:authenticated';

/** Known users by bearer token, then by a client certificate that our CA signed: common name and organisations are user and groups. */
export function createAuthentication(tokens: ReadonlyMap<string, User>): Authenticate {
  const known = new Map([...tokens].map(([token, user]) => [token, withGroup(user)]));
  return (request) => {
    if (request.headers['authorization'] !== undefined) {
      const token = bearerOf(request);
      return token === undefined ? undefined : known.get(token);
    }
    const certificate = request.peer?.certificate;
    if (certificate === undefined || certificate.commonName === '') return undefined;
    return withGroup({ name: certificate.commonName, groups: certificate.organizations });
  };
}

/** The token of the Authorization header; undefined when there is none. */
export function bearerOf(request: ApiRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers['authorization'] ?? '')?.[1];
}

function withGroup(user: User): User {
  return user.groups.includes(authenticated) ? user : { ...user, groups: [...user.groups, authenticated] };
}

const openPaths = new Set(['livez', 'readyz', 'healthz', 'version']);
/** Who asks on the machine itself whether the server lives needs no name. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function isOpen(request: ApiRequest, parts: readonly string[]): boolean {
  if (request.method !== 'GET' || !openPaths.has(parts[0] ?? '')) return false;
  const address = request.peer?.address ?? '127.0.0.1';
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
