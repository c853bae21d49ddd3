import type { SelfSubjectReview, SelfSubjectRulesReview, TokenReview } from '../../api/kinds.generated.ts';
import { badRequest } from '../../api/status.ts';
import type { User } from '../context.ts';
import { masters } from '../rbac/authorizer.ts';
import { nodeOf } from '../rbac/node-authorizer.ts';
import type { PolicyRule } from '../../api/access-rules.ts';
import type { ComputedKind } from './index.ts';
import { readReview, reviewed, withCreation } from './review-body.ts';

/** What may I do? */
export const selfSubjectRulesReviews: ComputedKind = {
  group: 'authorization.k8s.io',
  name: 'selfsubjectrulesreviews',
  handle: async (call) => {
    const review = readReview<SelfSubjectRulesReview>(call);
    const { namespace = '' } = (review.spec as SelfSubjectRulesReview['spec'] | undefined) ?? {};
    if (namespace === '') throw badRequest('no namespace on request');
    const { user, server } = call;
    const all: PolicyRule[] = user.groups.includes(masters)
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : [];
    const rules = [...all, ...server.rbac.rulesFor(user, namespace)];
    const isNode = nodeOf(user) !== undefined;
    const why = 'node authorizer does not support user rule resolution';
    return reviewed(call, review, {
      resourceRules: rules.filter(({ resources = [] }) => resources.length > 0).map(resourceRule),
      nonResourceRules: rules
        .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: isNode,
      ...(isNode && { evaluationError: why }),
    });
  },
};

function resourceRule({ verbs, apiGroups = [], resources, resourceNames = [] }: PolicyRule): object {
  return { verbs, apiGroups, resources, ...(resourceNames.length > 0 && { resourceNames }) };
}

/** Who am I? */
export const selfSubjectReviews: ComputedKind = {
  group: 'authentication.k8s.io',
  name: 'selfsubjectreviews',
  handle: async (call) => {
    const review = readReview<SelfSubjectReview>(call);
    return reviewed(call, withCreation(call, review), { userInfo: userInfo(call.user) });
  },
};

/** Whose token is this? */
export const tokenReviews: ComputedKind = {
  group: 'authentication.k8s.io',
  name: 'tokenreviews',
  handle: async (call) => {
    const review = readReview<TokenReview>(call);
    const { token = '', audiences = [] } = (review.spec as TokenReview['spec'] | undefined) ?? {};
    if (token === '') throw badRequest('token is required for TokenReview in authentication');
    const found = await call.server.authenticateToken(token, audiences);
    if (found === undefined) return reviewed(call, review, { user: {}, error: '[invalid bearer token]' });
    return reviewed(call, review, { authenticated: true, user: userInfo(found.user), audiences: found.audiences });
  },
};

/** As authentication.k8s.io/v1 writes it. */
export function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra !== undefined && { extra }) };
}
