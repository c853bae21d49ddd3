import type { Pod } from '../../api/kinds.generated.ts';
import { forbidden, type StatusError } from '../../api/status.ts';
import type { Attempt } from './index.ts';

/** The refusal of an attempt, in the words of a plugin. */
export function refused({ call, object }: Attempt, why: string): StatusError {
  return forbidden(call.kind.kind, object.metadata.name, why);
}

/** Is it about the main resource (no subresource) of this kind? */
export function concerns({ call, subresource }: Attempt, group: string, plural: string): boolean {
  const { kind } = call.kind;
  return subresource === '' && kind.plural === plural && kind.group === group;
}

/** The pod that is to be made, where the attempt is about one; mutating plugins may change it. */
export function newPod(attempt: Attempt): Pod | undefined {
  if (attempt.operation !== 'create' || !concerns(attempt, '', 'pods')) return undefined;
  const pod = attempt.object as Pod;
  return pod.spec === undefined ? undefined : pod;
}

/** The pod that is to be made, or whose containers get other amounts: what it takes is new. */
export function sizedPod(attempt: Attempt): Pod | undefined {
  const { call, object, operation, subresource } = attempt;
  const { group, plural } = call.kind.kind;
  const resized = operation === 'update' && subresource === 'resize' && group === '' && plural === 'pods';
  return resized ? (object as Pod) : newPod(attempt);
}
