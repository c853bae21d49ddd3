import type { ApiResponse } from '../../api/http.ts';
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../../api/kinds.generated.ts';
import { badRequest } from '../../api/status.ts';
import { accessReviewErrors } from '../../kinds/access-review.ts';
import type { Asked } from '../authorization.ts';
import type { Call, User } from '../context.ts';
import type { ComputedKind } from './index.ts';
import { readReview, reviewed } from './review-body.ts';

const group = 'authorization.k8s.io';
type Attributes = { readonly resourceAttributes?: ResourceAttributes; readonly nonResourceAttributes?: NonResourceAttributes };

/** May somebody do this? */
export const subjectAccessReviews: ComputedKind = {
  group,
  name: 'subjectaccessreviews',
  handle: (call) => {
    const review = readReview<SubjectAccessReview>(call, (sent) => accessReviewErrors(sent, 'anybody'));
    return answer(call, review, subjectOf(review.spec));
  },
};

/** May somebody do this, in the namespace of the review? */
export const localSubjectAccessReviews: ComputedKind = {
  group,
  name: 'localsubjectaccessreviews',
  handle: (call) => {
    const review = readReview<LocalSubjectAccessReview>(call, (sent) => accessReviewErrors(sent, 'namespace'));
    const { namespace = '' } = review.spec.resourceAttributes ?? {};
    if (namespace !== call.info.namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    return answer(call, review, subjectOf(review.spec));
  },
};

/** May I do this? */
export const selfSubjectAccessReviews: ComputedKind = {
  group,
  name: 'selfsubjectaccessreviews',
  handle: (call) => {
    const review = readReview<SelfSubjectAccessReview>(call, (sent) => accessReviewErrors(sent, 'oneself'));
    return answer(call, review, call.user);
  },
};

async function answer(call: Call, review: { readonly spec: Attributes }, user: User): Promise<ApiResponse> {
  const decision = await call.server.authorize(user, askedIn(review.spec));
  return reviewed(call, review, { allowed: decision.allowed, ...(decision.reason !== '' && { reason: decision.reason }) });
}

function subjectOf(spec: SubjectAccessReview['spec']): User {
  const { user: name = '', groups = [], uid, extra } = spec;
  return { name, groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) };
}

function askedIn({ resourceAttributes, nonResourceAttributes }: Attributes): Asked {
  const none = { path: '', group: '', version: '', namespace: '', resource: '', subresource: '', name: '', fieldSelector: '' };
  if (resourceAttributes === undefined) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { ...none, isResource: false, path, verb };
  }
  const { verb = '', fieldSelector, labelSelector: _labels, ...where } = resourceAttributes;
  const terms = (fieldSelector?.requirements ?? [])
    .filter(({ operator }) => operator === 'In')
    .map(({ key, values = [] }) => `${key}=${values[0] ?? ''}`);
  return { ...none, ...where, isResource: true, verb, fieldSelector: fieldSelector?.rawSelector ?? terms.join(',') };
}
