import { randomInt, type Random } from '../base/random.ts';
import type { ClusterState } from './cluster-state.ts';
import type { NodeState } from './node-state.ts';
import type { Filter, Plugin, Scorer } from './plugin.ts';
import type { PodFacts } from './pod-facts.ts';

export interface ScheduleOptions {
  readonly plugins: readonly Plugin[];
  /** Decides between nodes of one score. */
  readonly random: Random;
  /** Where the search begins in `state.nodes`, so that in a large cluster each node has its turn. */
  readonly start?: number;
}
export type Decision =
  | { readonly node: NodeState; readonly looked: number }
  | {
      readonly node: undefined;
      readonly looked: number;
      /** Reason to number of nodes. */
      readonly reasons: ReadonlyMap<string, number>;
      /** Names of the plugins that turned nodes away. */
      readonly rejectedBy: ReadonlySet<string>;
    };

/**
 * Chooses a node for a pod: first filters, then the best score. In clusters of 100 nodes and more the search ends when enough
 * nodes can take it (`nodesToFind`). Pure: the same pod, state, start and chance give the same answer.
 */
export function schedule(pod: PodFacts, state: ClusterState, options: ScheduleOptions): Decision {
  const search = candidates(pod, state, options.plugins);
  const filters = options.plugins.flatMap((plugin) => {
    const filter = plugin.filter?.(pod, state);
    return filter === undefined ? [] : [{ name: plugin.name, filter }];
  });
  const reasons = new Map<string, number>();
  const rejectedBy = new Set<string>();
  const feasible: NodeState[] = [];
  const enough = nodesToFind(search.length);
  const start = search.length === 0 ? 0 : (options.start ?? 0) % search.length;
  let looked = 0;
  while (looked < search.length && feasible.length < enough) {
    const at = start + looked++;
    const node = search[at < search.length ? at : at - search.length] as NodeState;
    const failed = firstFailure(node, filters);
    if (failed === undefined) feasible.push(node);
    else {
      rejectedBy.add(failed.name);
      for (const reason of failed.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  if (feasible.length > 0) return { node: best(pod, { state, feasible, options }), looked };
  const left = state.nodes.length - search.length;
  if (left > 0) {
    reasons.set(notChosen, (reasons.get(notChosen) ?? 0) + left);
    rejectedBy.add('NodeAffinity');
  }
  return { node: undefined, looked, reasons, rejectedBy };
}

const notChosen = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/** How many feasible nodes are enough: all below 100, then 50 % falling to 5 % with size, at least 100 (kube-scheduler v1.35, numFeasibleNodesToFind). */
export function nodesToFind(nodes: number): number {
  if (nodes < 100) return nodes;
  const percent = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * percent) / 100));
}

function candidates(pod: PodFacts, state: ClusterState, plugins: readonly Plugin[]): readonly NodeState[] {
  let names: readonly string[] | undefined;
  for (const plugin of plugins) {
    const more = plugin.candidates?.(pod);
    if (more !== undefined) names = names === undefined ? more : names.filter((name) => more.includes(name));
  }
  if (names === undefined) return state.nodes;
  return [...new Set(names)].flatMap((name) => state.node(name) ?? []);
}

function firstFailure(
  node: NodeState,
  filters: readonly { name: string; filter: Filter }[],
): { name: string; reasons: readonly string[] } | undefined {
  for (const { name, filter } of filters) {
    const reasons = filter(node);
    if (reasons !== undefined) return { name, reasons };
  }
  return undefined;
}

function best(pod: PodFacts, field: { state: ClusterState; feasible: readonly NodeState[]; options: ScheduleOptions }): NodeState {
  const { state, feasible, options } = field;
  if (feasible.length === 1) return feasible[0] as NodeState;
  const totals = new Float64Array(feasible.length);
  for (const plugin of options.plugins) {
    const scorer = plugin.score?.(pod, state);
    if (scorer !== undefined) addScores(totals, feasible, { scorer, weight: plugin.weight ?? 1 });
  }
  return feasible[highest(totals, options.random)] as NodeState;
}

function addScores(totals: Float64Array, nodes: readonly NodeState[], by: { scorer: Scorer; weight: number }): void {
  const { scorer, weight } = by;
  if (scorer.normalise === undefined) {
    for (let at = 0; at < nodes.length; at++) totals[at] = (totals[at] as number) + weight * scorer.of(nodes[at] as NodeState);
    return;
  }
  const scores = nodes.map((node) => scorer.of(node));
  scorer.normalise(scores);
  for (let at = 0; at < nodes.length; at++) totals[at] = (totals[at] as number) + weight * (scores[at] as number);
}

/** Of equals each is as likely as the others. */
function highest(totals: Float64Array, random: Random): number {
  let most = -Infinity;
  let equals = 0;
  for (const total of totals) {
    if (total > most) {
      most = total;
      equals = 1;
    } else if (total === most) equals++;
  }
  let skip = equals === 1 ? 0 : randomInt(random, equals);
  let at = totals.indexOf(most);
  for (; skip > 0; skip--) at = totals.indexOf(most, at + 1);
  return at;
}

/** The message of a pod that fits nowhere, as kube-scheduler writes it: `0/3 nodes are available: 1 Insufficient cpu, 2 ...` */
export function unschedulableMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
