import type { KubeObject } from '../../api/object.ts';
import type { ApiResponse } from '../../api/http.ts';
import { badRequest, invalid, type FieldError } from '../../api/status.ts';
import { timestamp } from '../../base/clock.ts';
import { decodingFault } from '../../schema/decoding-fault.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../context.ts';
import { readObject } from '../rest/body.ts';
import { readWriteOptions } from '../write-options.ts';

/** The object that was sent for a review, which is answered and never stored. @throws StatusError Invalid, BadRequest */
export function readReview<T extends KubeObject>(call: Call, check: (review: T) => readonly FieldError[] = () => []): T {
  const review = readObject(call, readWriteOptions(call, 'CreateOptions')) as T;
  const { namespace } = call.info;
  if (namespace !== '') {
    const own = review.metadata.namespace ?? '';
    if (own !== '' && own !== namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    review.metadata.namespace = namespace;
  }
  const { kind } = call.kind;
  const unreadable = decodingFault(call.kind.schema, review);
  if (unreadable !== undefined) {
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${unreadable}`);
  }
  const errors = check(review);
  if (errors.length > 0) throw invalid(kind, review.metadata.name ?? '', errors);
  return review;
}

/** The review with its answer in `status`. */
export function reviewed(call: Call, review: object, status: object): ApiResponse {
  return jsonAnswer(201, { ...review, status }, call.request.wantsObject === true);
}

export function withCreation(call: Call, review: KubeObject): KubeObject {
  return { ...review, metadata: { ...review.metadata, creationTimestamp: timestamp(call.server.clock) } };
}
