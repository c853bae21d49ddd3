import type { ApiResponse } from '../../api/http.ts';
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../../api/kinds.generated.ts';
import { badRequest, type FieldError } from '../../api/status.ts';
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
    const review = readReview<SubjectAccessReview>(call, ({ spec }) => [...attributeErrors(spec), ...subjectErrors(spec)]);
    return answer(call, review, subjectOf(review.spec));
  },
};

/** May somebody do this, in the namespace of the review? */
export const localSubjectAccessReviews: ComputedKind = {
  group,
  name: 'localsubjectaccessreviews',
  handle: (call) => {
    const review = readReview<LocalSubjectAccessReview>(call, ({ spec, metadata }) => [
      ...attributeErrors(spec),
      ...subjectErrors(spec),
      ...localErrors(spec, metadata.namespace ?? ''),
    ]);
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
    const review = readReview<SelfSubjectAccessReview>(call, ({ spec }) => attributeErrors(spec));
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

function attributeErrors(spec: Attributes): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = 'cannot be specified in combination with resourceAttributes';
    return [{ type: 'FieldValueInvalid', field: 'spec.nonResourceAttributes', value: nonResourceAttributes, detail }];
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return [];
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [{ type: 'FieldValueInvalid', field: 'spec.resourceAttributes', value: null, detail }];
}

function subjectErrors({ user = '', groups = [] }: SubjectAccessReview['spec']): FieldError[] {
  if (user !== '' || groups.length > 0) return [];
  return [{ type: 'FieldValueInvalid', field: 'spec.user', value: '', detail: 'at least one of user or group must be specified' }];
}

function localErrors({ resourceAttributes, nonResourceAttributes }: Attributes, namespace: string): FieldError[] {
  if (nonResourceAttributes !== undefined) {
    const detail = 'disallowed on this kind of request';
    return [{ type: 'FieldValueInvalid', field: 'spec.nonResourceAttributes', value: nonResourceAttributes, detail }];
  }
  const asked = resourceAttributes?.namespace ?? '';
  if (asked === namespace) return [];
  return [{ type: 'FieldValueInvalid', field: 'spec.resourceAttributes.namespace', value: asked, detail: 'must match metadata.namespace' }];
}
