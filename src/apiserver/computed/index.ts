import type { ApiResponse } from '../../api/http.ts';
import { methodNotAllowed } from '../../api/status.ts';
import type { ResourceKind } from '../../kinds/kind.ts';
import type { Call } from '../context.ts';
import { requireJson } from '../negotiate.ts';
import { localSubjectAccessReviews, selfSubjectAccessReviews, subjectAccessReviews } from './access-reviews.ts';
import { bindings } from './bindings.ts';
import { componentstatuses } from './componentstatuses.ts';
import { selfSubjectReviews, selfSubjectRulesReviews, tokenReviews } from './self-reviews.ts';

/** Answers for a kind that is never stored (`verbs` in its schema file): a review, a Binding, a ComponentStatus. */
export interface ComputedKind {
  readonly group: string;
  /** The plural. */
  readonly name: string;
  /** Called with the kind's own verbs alone. */
  handle(call: Call): Promise<ApiResponse>;
}

export const computedKinds: readonly ComputedKind[] = [
  bindings,
  componentstatuses,
  subjectAccessReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  selfSubjectReviews,
  tokenReviews,
];

/** Is there somebody who answers for it? What nobody answers for is not served. */
export function isServed(kind: ResourceKind): boolean {
  return kind.computed === undefined || handlerOf(kind) !== undefined;
}

/** What is made here has no rows and no metadata worth showing alone. @throws StatusError MethodNotAllowed, NotAcceptable */
export async function serveComputed(call: Call): Promise<ApiResponse> {
  const { kind, info } = call;
  const handler = handlerOf(kind);
  if (handler === undefined || kind.computed?.verbs.includes(info.verb) !== true) throw methodNotAllowed(kind.kind, info.verb);
  if (info.verb === 'create') requireJson(call.request.headers['accept']);
  return handler.handle(call);
}

function handlerOf({ kind }: ResourceKind): ComputedKind | undefined {
  return computedKinds.find(({ group, name }) => group === kind.group && name === kind.plural);
}
