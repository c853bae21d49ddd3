import type { ClusterState } from './state/cluster-state.ts';
import type { ClusterEvent, EventKind } from './cluster-event.ts';
import type { NodeState } from './state/node-state.ts';
import type { PodFacts } from './state/pod-facts.ts';

/** Why a node cannot take the pod. Shared objects: do not change them. */
export interface Verdict {
  /** In the words of the FailedScheduling event. */
  readonly reasons: readonly string[];
  /** No removal of pods from the node could change it (upstream: UnschedulableAndUnresolvable). */
  readonly lasting: boolean;
}
export function verdict(...reasons: string[]): Verdict {
  return { reasons, lasting: false };
}
export function lasting(...reasons: string[]): Verdict {
  return { reasons, lasting: true };
}

/** Undefined when the node can take the pod. It looks at the state when it is called, so that it stays true while pods are moved about. */
export type Filter = (node: NodeState) => Verdict | undefined;

export interface Scorer {
  /** More is better; any range when there is `normalise`, else 0 to 100. */
  of(node: NodeState): number;
  /** Brings the scores of all feasible nodes to 0 to 100, in place. */
  normalise?(scores: number[]): void;
}

/** Can what happened make a pod fit that this plugin turned away? */
export type Hint = (pod: PodFacts, event: ClusterEvent, state: ClusterState) => boolean;

/**
 * One rule. All functions are pure: they look at the state and change nothing. `filter` and `score` prepare once per pod and answer
 * undefined where the rule has nothing to say about it.
 */
export interface Plugin {
  readonly name: string;
  /** Why the pod may not even wait for its turn (upstream: PreEnqueue). */
  hold?(pod: PodFacts): string | undefined;
  /** Why no node at all can come into question (upstream: PreFilter). */
  refuse?(pod: PodFacts, state: ClusterState): Verdict | undefined;
  /** Names of the only nodes that can come into question, where the pod says so. */
  candidates?(pod: PodFacts): readonly string[] | undefined;
  filter?(pod: PodFacts, state: ClusterState): Filter | undefined;
  score?(pod: PodFacts, state: ClusterState, feasible: readonly NodeState[]): Scorer | undefined;
  readonly hints?: Readonly<Partial<Record<EventKind, Hint>>>;
}

/** Scales so that the largest becomes 100; with `reverse` the largest becomes 0. All 0: all 0, or all 100 when reversed. */
export function scaleToLargest(scores: number[], reverse: boolean): void {
  let largest = 0;
  for (const score of scores) if (score > largest) largest = score;
  for (let at = 0; at < scores.length; at++) {
    const scaled = largest === 0 ? 0 : Math.floor((100 * (scores[at] as number)) / largest);
    scores[at] = reverse ? 100 - scaled : scaled;
  }
}
