import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/kinds.generated.ts';
import { findCondition, withCondition } from '../../api/condition.ts';
import { parseTime, timestamp } from '../../base/clock.ts';
import { jsonEqual } from '../../base/json.ts';
import { isPodReady } from '../pods/pod-state.ts';
import type { Expected } from './expected.ts';

/** A pod whose eviction was allowed and that is still there after so long is counted again, as kube-controller-manager's DeletionTimeout. */
export const deletionTimeoutMs = 2 * 60_000;

export interface Disrupted {
  /** Pods that are about to go, and since when: the new `disruptedPods`. */
  readonly pods: Readonly<Record<string, string>>;
  /** Pods that should have gone and have not. */
  readonly late: readonly Readonly<Pod>[];
  /** When the next of them is taken as staying; Infinity for none. */
  readonly recheckAt: number;
}

/**
 * Evictions that were allowed and that the pods do not show yet. One whose pod is not known is kept too, unless that pod was seen to go:
 * the cache of pods may be behind the budget, and would count the pod as healthy once it shows it.
 */
export function disruptedPods(
  budget: Readonly<PodDisruptionBudget>,
  pods: readonly Readonly<Pod>[],
  at: { now: number; goneSince(pod: string, since: number): boolean },
): Disrupted {
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const kept: Record<string, string> = {};
  const late: Readonly<Pod>[] = [];
  let recheckAt = Infinity;
  for (const [name, since] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = byName.get(name);
    const started = parseTime(since) ?? 0;
    const end = started + deletionTimeoutMs;
    if (pod?.metadata.deletionTimestamp !== undefined) continue;
    if (end < at.now) {
      if (pod !== undefined) late.push(pod);
    } else if (pod !== undefined || !at.goneSince(name, started)) {
      kept[name] = since;
      recheckAt = Math.min(recheckAt, end);
    }
  }
  return { pods: kept, late, recheckAt };
}

/** Pods that are ready, do not go and are not about to. */
export function healthyPods(pods: readonly Readonly<Pod>[], disrupted: Disrupted['pods']): number {
  return pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !Object.hasOwn(disrupted, pod.metadata.name) && isPodReady(pod),
  ).length;
}

/** Undefined when the budget says so already. */
export function budgetStatus(
  budget: Readonly<PodDisruptionBudget>,
  counted: { readonly expected: Expected; readonly healthy: number; readonly disrupted: Disrupted['pods'] },
  now: number,
): PodDisruptionBudgetStatus | undefined {
  const { expected, healthy, disrupted } = counted;
  // Without pods nothing is allowed: the first ones that come are safe until they are counted.
  const allowed = expected.expected <= 0 ? 0 : Math.max(0, healthy - expected.desired);
  const generation = budget.metadata.generation ?? 0;
  const former = budget.status;
  const counts = {
    currentHealthy: healthy,
    desiredHealthy: expected.desired,
    disruptionsAllowed: allowed,
    expectedPods: expected.expected,
  };
  const same =
    former !== undefined &&
    former.observedGeneration === generation &&
    Object.entries(counts).every(([name, value]) => former[name as keyof typeof counts] === value) &&
    jsonEqual(former.disruptedPods ?? {}, disrupted) &&
    findCondition(former.conditions, 'DisruptionAllowed')?.status === (allowed > 0 ? 'True' : 'False');
  if (same) return undefined;
  return {
    ...counts,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    observedGeneration: generation,
    conditions: conditionsWith(budget, { allowed: allowed > 0, generation, now }),
  };
}

function conditionsWith(
  budget: Readonly<PodDisruptionBudget>,
  { allowed, generation, now }: { allowed: boolean; generation: number; now: number },
): NonNullable<PodDisruptionBudgetStatus['conditions']> {
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed ? 'True' : 'False',
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: generation,
    lastTransitionTime: timestamp({ now: () => now }),
  };
  return [...withCondition(budget.status?.conditions, condition, condition.lastTransitionTime)];
}

/** What a budget says whose pods could not be counted: nothing may go. */
export function failedStatus(budget: Readonly<PodDisruptionBudget>, message: string, now: number): PodDisruptionBudgetStatus {
  const former = budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    observedGeneration: former.observedGeneration ?? 0,
    lastTransitionTime: timestamp({ now: () => now }),
  };
  return { ...former, disruptionsAllowed: 0, conditions: [...withCondition(former.conditions, condition, condition.lastTransitionTime)] };
}
