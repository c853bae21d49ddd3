/** One entry of status.conditions; kinds add to it (lastProbeTime, lastUpdateTime, observedGeneration). */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export function findCondition<T extends { readonly type: string }>(conditions: readonly T[] | undefined, type: string): T | undefined {
  return conditions?.find((condition) => condition.type === type);
}
/** True when there is such a condition and its status is `True`. */
export function isTrue(conditions: readonly Readonly<Condition>[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
/**
 * The conditions with this one set, in its old place or at the end. lastTransitionTime stays while the status does; when the
 * status changes it is the condition's own, else `time`. Answers the same array when nothing changes.
 */
export function withCondition<T extends Condition>(conditions: readonly T[] | undefined, condition: T, time: string): readonly T[] {
  const index = conditions?.findIndex((one) => one.type === condition.type) ?? -1;
  const old = conditions?.[index];
  const since = old !== undefined && old.status === condition.status ? old.lastTransitionTime : (condition.lastTransitionTime ?? time);
  const next: T = { ...old, ...condition };
  if (since !== undefined) next.lastTransitionTime = since;
  if (conditions === undefined || old === undefined) return [...(conditions ?? []), next];
  return sameCondition(old, next) ? conditions : conditions.with(index, next);
}
/** The conditions without this one; the same array when it is not there. */
export function withoutCondition<T extends { readonly type: string }>(conditions: readonly T[], type: string): readonly T[] {
  return conditions.some((condition) => condition.type === type) ? conditions.filter((condition) => condition.type !== type) : conditions;
}
function sameCondition(a: object, b: object): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if ((a as Record<string, unknown>)[key] !== (b as Record<string, unknown>)[key]) return false;
  return true;
}
