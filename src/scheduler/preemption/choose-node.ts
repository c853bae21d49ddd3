import { parseTime } from '../../base/clock.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';

/** What preempting on a node would cost. */
export interface Candidate {
  readonly node: NodeState;
  /** The most important first. */
  readonly victims: readonly PodFacts[];
  /** How many of them break a budget. */
  readonly violations: number;
}

/** Keeps each sum of priorities positive, as upstream. */
const priorityOffset = 2 ** 31;

/**
 * The cheapest: fewest broken budgets, then the lowest of the highest priorities, the lowest sum of priorities, the fewest victims, the
 * latest start of the most important ones; of equals the first (scheduler, pickOneNodeForPreemption).
 */
export function cheapest(candidates: readonly Candidate[]): Candidate | undefined {
  const costs: readonly ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0]?.priority ?? -priorityOffset,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + priorityOffset, 0),
    ({ victims }) => victims.length,
    (candidate) => -earliestStart(candidate.victims),
  ];
  let left = candidates;
  for (const cost of costs) {
    if (left.length <= 1) break;
    const all = left.map(cost);
    const least = all.reduce((a, b) => Math.min(a, b), Infinity);
    left = left.filter((_, at) => all[at] === least);
  }
  return left[0];
}

/** Of the victims of the highest priority. */
function earliestStart(victims: readonly PodFacts[]): number {
  const highest = victims.reduce((most, { priority }) => Math.max(most, priority), -Infinity);
  return victims.reduce((first, pod) => (pod.priority === highest ? Math.min(first, startedAt(pod)) : first), Infinity);
}

/** When the pod began, in milliseconds; one that has not begun is the youngest. */
export function startedAt({ pod }: PodFacts): number {
  return parseTime(pod.status?.startTime) ?? Number.MAX_SAFE_INTEGER;
}

/** The more important first: by priority, then by age. */
export function byImportance(a: PodFacts, b: PodFacts): number {
  return b.priority - a.priority || startedAt(a) - startedAt(b);
}
