import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/kinds.generated.ts';
import type { KubeObject } from '../../api/object.ts';

type Condition = CertificateSigningRequestCondition;
type Request = CertificateSigningRequest;
const approvals: ReadonlySet<string> = new Set(['Approved', 'Denied']);

/**
 * A write of /approval changes the conditions of the status alone; one of /status leaves those that approve or deny as they are, unless
 * it adds or removes one (which validation then refuses). Conditions get their times (kubernetes v1.35, registry/certificates strategy).
 */
export function settleConditions(object: KubeObject, old: Readonly<KubeObject>, options: { approval: boolean; now: string }): void {
  const [next, live] = [object as Request, old as Request];
  const before = live.status?.conditions ?? [];
  const { conditions = [] } = next.status ?? {};
  if (options.approval) next.status = { ...live.status };
  const kept = options.approval ? conditions : preserved(conditions, before);
  if (next.status === undefined || (kept.length === 0 && next.status.conditions === undefined)) return;
  next.status.conditions = kept.map((condition) => dated(condition, before, options.now));
}

function preserved(conditions: readonly Condition[], before: readonly Condition[]): readonly Condition[] {
  const instances = new Map<string, readonly Condition[]>();
  for (const type of approvals) {
    const [old, fresh] = [before, conditions].map((list) => list.filter((each) => each.type === type)) as [Condition[], Condition[]];
    if (old.length === fresh.length) instances.set(type, old);
  }
  const used = new Map<string, number>();
  return conditions.map((condition) => {
    const at = used.get(condition.type) ?? 0;
    used.set(condition.type, at + 1);
    return instances.get(condition.type)?.[at] ?? condition;
  });
}

function dated(condition: Condition, before: readonly Condition[], now: string): Condition {
  const same = before.find(({ type, status, lastTransitionTime }) => {
    return type === condition.type && status === condition.status && lastTransitionTime !== undefined;
  });
  return {
    ...condition,
    lastUpdateTime: condition.lastUpdateTime ?? now,
    lastTransitionTime: condition.lastTransitionTime ?? same?.lastTransitionTime ?? now,
  };
}
