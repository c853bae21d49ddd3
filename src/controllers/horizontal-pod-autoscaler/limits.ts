import type { Behavior, Rules } from './behavior.ts';
import type { History } from './history.ts';

/** A size that a target may have, and what holds it back from the one that is wished, as a condition says it. */
export interface Limited {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}
interface Bounds {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly now: number;
}

/** Holds a wish between the least and the most, and within what the policies allow. As convertDesiredReplicasWithBehaviorRate (kubernetes v1.35). */
export function limited(wished: number, bounds: Bounds, { behavior, history }: { behavior: Behavior; history: History }): Limited {
  const { current, min, max } = bounds;
  if (wished > current) {
    const allowed = behavior.plain ? Math.max(2 * current, 4) : Math.max(current, most(behavior.up, bounds, history));
    if (wished > Math.min(max, allowed)) return max > allowed ? tooFastUp(allowed) : tooMany(max);
  } else if (wished < current) {
    const allowed = behavior.plain ? 0 : Math.min(current, least(behavior.down, bounds, history));
    if (wished < Math.max(min, allowed)) return min < allowed ? tooFastDown(allowed) : tooFew(min);
  }
  return { replicas: wished, reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
}

const tooFastUp = (replicas: number): Limited => ({
  replicas,
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
});
const tooFastDown = (replicas: number): Limited => ({
  replicas,
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
});
const tooMany = (replicas: number): Limited => ({
  replicas,
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
});
const tooFew = (replicas: number): Limited => ({
  replicas,
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
});

function most({ select, policies }: Rules, { current, now }: Bounds, history: History): number {
  if (select === 'Disabled') return current;
  const allowed = policies.map(({ type, value, periodMs }) => {
    const before = history.before(current, periodMs, now);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return select === 'Min' ? Math.min(...allowed) : Math.max(...allowed);
}

/** Of what may be taken away `Max` takes most, and so leaves least. */
function least({ select, policies }: Rules, { current, now }: Bounds, history: History): number {
  if (select === 'Disabled') return current;
  const allowed = policies.map(({ type, value, periodMs }) => {
    const before = history.before(current, periodMs, now);
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100));
  });
  return select === 'Min' ? Math.max(...allowed) : Math.min(...allowed);
}
