import type { Authorize } from '../authorization.ts';
import type { ServerContext } from '../context.ts';
import { createNodeAuthorizer, nodeOf } from './node-authorizer.ts';
import type { RbacPolicy } from './policy.ts';

export const masters = 'system:masters';

/** Members of system:masters may do everything; then nodes are judged by what runs on them, then everybody by roles. */
export function createAuthorizer(server: ServerContext, policy: RbacPolicy): Authorize {
  const asNode = createNodeAuthorizer(server);
  return (user, asked) => {
    if (user.groups.includes(masters)) return { allowed: true, reason: '' };
    if (nodeOf(user) === undefined) return policy.authorize(user, asked);
    return Promise.resolve(asNode(user, asked)).then((decision) => {
      if (decision?.allowed === true) return decision;
      const byRole = policy.authorize(user, asked);
      if (byRole.allowed) return byRole;
      return { allowed: false, reason: [decision?.reason ?? '', byRole.reason].filter((text) => text !== '').join('\n') };
    });
  };
}
