import type { ClusterState } from './cluster-state.ts';
import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

/** Why a node cannot take the pod, in the words of the FailedScheduling event; undefined when it can. The arrays are shared: do not change them. */
export type Filter = (node: NodeState) => readonly string[] | undefined;

export interface Scorer {
  /** More is better; any range when there is `normalise`, else 0 to 100. */
  of(node: NodeState): number;
  /** Brings the scores of all feasible nodes to 0 to 100, in place. */
  normalise?(scores: number[]): void;
}

/** What may make a pod fit that this plugin turned away. Nodes that appear or change always may. */
export type Hint = 'podRemoved' | 'podPlaced';

/**
 * One rule. All functions are pure: they look at the state and change nothing. `filter` and `score` prepare once per pod and answer
 * undefined where the rule has nothing to say about it.
 */
export interface Plugin {
  readonly name: string;
  /** Names of the only nodes that can come into question, where the pod says so. */
  candidates?(pod: PodFacts): readonly string[] | undefined;
  filter?(pod: PodFacts, state: ClusterState): Filter | undefined;
  score?(pod: PodFacts, state: ClusterState): Scorer | undefined;
  /** Of its score. 1 by default. */
  readonly weight?: number;
  readonly hints?: readonly Hint[];
}

/** Scales so that the largest becomes 100; with `reverse` the largest becomes 0. All 0: all 0, or all 100 when reversed. */
export function scaleToLargest(scores: number[], reverse: boolean): void {
  const largest = Math.max(0, ...scores);
  for (let at = 0; at < scores.length; at++) {
    const scaled = largest === 0 ? 0 : Math.floor((100 * (scores[at] as number)) / largest);
    scores[at] = reverse ? 100 - scaled : scaled;
  }
}
