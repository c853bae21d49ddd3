import type { Pod } from '../../api/kinds.generated.ts';
import { groupPods, readyCount, type PodGroups } from './pod-groups.ts';
import { isTolerated, type PodUsage, type Ratio, type Tolerance, type Usages } from './usage.ts';

/** What the arithmetic is told of a target. */
export interface Target {
  /** As its spec says. */
  readonly replicas: number;
  /** As its status says. */
  readonly present: number;
  readonly pods: readonly Readonly<Pod>[];
  readonly tolerance: Tolerance;
  readonly now: number;
}
export interface Proposal {
  readonly replicas: number;
  /** What was measured, in thousandths: of one pod on average, or of the whole. */
  readonly milli: number;
  readonly percent?: number | undefined;
}

/**
 * How many pods bring what each uses to the target (replica_calculator.go, kubernetes v1.35). Pods that are not measured count as idle
 * where more are wanted, and as `full` where fewer are; those that are not ready count as idle where more are wanted. Where that turns
 * the direction, nothing is done. @throws Error where nothing can be said
 */
export function replicasByPods(
  target: Target,
  usages: Usages,
  how: { readonly resource: string; ratioOf(usages: Usages): Ratio; full(pod: string): number },
): Proposal {
  const { pods, replicas, tolerance } = target;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const groups = groupPods(pods, usages, { resource: how.resource, now: target.now });
  const counted = new Map(usages);
  for (const name of [...groups.ignored, ...groups.unready]) counted.delete(name);
  if (counted.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const first = how.ratioOf(counted);
  const proposal = (count: number): Proposal => ({ replicas: count, milli: first.averageMilli, percent: first.percent });
  const idle = groups.unready.length > 0 && first.ratio > 1;
  if (!idle && groups.missing.length === 0) {
    return proposal(isTolerated(first.ratio, tolerance) ? replicas : Math.ceil(first.ratio * groups.ready));
  }
  const whole = completed(counted, groups, { ratio: first.ratio, idle, full: (name) => how.full(name) });
  const { ratio } = how.ratioOf(whole);
  if (against(ratio, first.ratio) || isTolerated(ratio, tolerance)) return proposal(replicas);
  const count = Math.ceil(ratio * whole.size);
  return proposal(against(ratio, count / replicas) ? replicas : count);
}

/** Does one say more and the other less? */
function against(a: number, b: number): boolean {
  return (a < 1 && b > 1) || (a > 1 && b < 1);
}

/** With a guess for the pods that are not measured, and for those that are not ready. */
function completed(
  usages: Usages,
  groups: PodGroups,
  { ratio, idle, full }: { ratio: number; idle: boolean; full(pod: string): number },
): Usages {
  const out = new Map(usages);
  const guess = (milli: number): PodUsage => ({ milli, atMs: 0, windowMs: 0 });
  if (ratio !== 1) for (const name of groups.missing) out.set(name, guess(ratio < 1 ? full(name) : 0));
  if (idle) for (const name of groups.unready) out.set(name, guess(0));
  return out;
}

/** How many pods bring a value that is one for all of them to its target; from none at all as many as the ratio says. */
export function replicasByValue(target: Target, milli: number, targetMilli: number): Proposal {
  const ratio = milli / targetMilli;
  if (target.replicas === 0) return { replicas: Math.ceil(ratio), milli };
  if (isTolerated(ratio, target.tolerance)) return { replicas: target.replicas, milli };
  if (target.pods.length === 0) {
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  }
  return { replicas: Math.ceil(ratio * readyCount(target.pods)), milli };
}

/** How many pods bring the share of each in a value to its target. */
export function replicasByShare(target: Target, milli: number, targetMilli: number): Proposal {
  const { present, tolerance } = target;
  const replicas = isTolerated(milli / (targetMilli * present), tolerance) ? present : Math.ceil(milli / targetMilli);
  return { replicas, milli: present === 0 ? milli : Math.ceil(milli / present) };
}
