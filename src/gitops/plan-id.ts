import type { Operation } from 'fast-json-patch';
import { refText, type ObjectKey, type ObjectRef } from '../api/object.ts';
import type { Action, PlanStep } from '../api/plan.ts';
import { canonicalJson } from '../base/json.ts';
import { shortHash } from './tracking.ts';

/** What a review approves of one step: hash over action, ref and patch. 32 hex digits. */
export function stepDigest(action: Action, ref: ObjectRef, patch: readonly Operation[]): string {
  return shortHash(canonicalJson([action, refText(ref), patch]), 32);
}

const changing: ReadonlySet<Action> = new Set(['create', 'configure', 'recreate', 'prune']);
/** True for a step that changes something that a person can see. */
export function changes(step: Pick<PlanStep, 'action'>): boolean {
  return changing.has(step.action);
}

/**
 * `p-` and 16 hex digits, over the application, the destination and, in order, action, ref and patch of each step that changes
 * something. Commit, uid and resourceVersion are not in it: what gives the same changes has the same id.
 */
export function planIdOf(application: ObjectKey, destination: { readonly context?: string }, steps: readonly PlanStep[]): string {
  const parts = steps.filter(changes).map((step) => [step.action, refText(step.ref), step.patch]);
  return `p-${shortHash(canonicalJson([application.namespace, application.name, destination.context ?? '', parts]), 16)}`;
}
