import { randomInt, type Random } from '../base/random.ts';
import type { ClusterState } from './state/cluster-state.ts';
import type { NodeState } from './state/node-state.ts';
import type { PodFacts } from './state/pod-facts.ts';
import type { Filter, Scorer, Verdict } from './plugin.ts';
import type { Profile } from './profile.ts';

export interface ScheduleOptions {
  readonly profile: Profile;
  /** Decides between nodes of one score. */
  readonly random: Random;
  /** Where the search begins in `state.nodes`, so that in a large cluster each node has its turn. */
  readonly start?: number;
}
/** Why a pod fits nowhere. */
export interface Refusal {
  readonly node: undefined;
  readonly looked: number;
  /** What no node can change; then no node was asked. */
  readonly refused: Verdict | undefined;
  readonly verdicts: ReadonlyMap<Verdict, number>;
  /** Nodes that were not asked because the pod itself names others. */
  readonly passedOver: number;
  /** Names of the plugins that turned nodes away. */
  readonly rejectedBy: ReadonlySet<string>;
  /** Nodes that could take it if pods were removed. */
  readonly hopeful: readonly NodeState[];
}
export type Decision = { readonly node: NodeState; readonly looked: number } | Refusal;

/**
 * Chooses a node for a pod: first filters, then the best score. In clusters of 100 nodes and more the search ends when enough
 * nodes can take it (`nodesToFind`). The same pod, state, start and chance give the same answer.
 */
export function schedule(pod: PodFacts, state: ClusterState, options: ScheduleOptions): Decision {
  const { profile } = options;
  for (const plugin of profile.plugins) {
    const refused = plugin.refuse?.(pod, state);
    if (refused !== undefined) return refusalOfAll(plugin.name, refused);
  }
  const filters = filtersFor(pod, state, profile);
  const nominated = state.nominations.size === 0 ? undefined : state.nominations.nodeOf(pod.uid);
  const kept = nominated === undefined ? undefined : state.node(nominated);
  if (kept !== undefined && failureOn(kept, { pod, state, filters }) === undefined) return { node: kept, looked: 0 };
  return search(pod, state, { ...options, filters });
}

function refusalOfAll(plugin: string, refused: Verdict): Refusal {
  return { node: undefined, looked: 0, refused, verdicts: new Map(), passedOver: 0, rejectedBy: new Set([plugin]), hopeful: [] };
}

export interface NamedFilter {
  readonly name: string;
  readonly filter: Filter;
}
export function filtersFor(pod: PodFacts, state: ClusterState, profile: Profile): NamedFilter[] {
  const filters: NamedFilter[] = [];
  for (const plugin of profile.plugins) {
    const filter = plugin.filter?.(pod, state);
    if (filter !== undefined) filters.push({ name: plugin.name, filter });
  }
  return filters;
}

function search(pod: PodFacts, state: ClusterState, options: ScheduleOptions & { filters: readonly NamedFilter[] }): Decision {
  const { profile, filters } = options;
  const nodes = candidates(pod, state, profile);
  const verdicts = new Map<Verdict, number>();
  const rejectedBy = new Set<string>();
  const feasible: NodeState[] = [];
  const hopeful: NodeState[] = [];
  const enough = profile.weights.size === 0 ? 1 : nodesToFind(nodes.length, profile.percentageOfNodesToScore);
  const start = nodes.length === 0 ? 0 : (options.start ?? 0) % nodes.length;
  let looked = 0;
  while (looked < nodes.length && feasible.length < enough) {
    const at = start + looked++;
    const node = nodes[at < nodes.length ? at : at - nodes.length] as NodeState;
    const failure = failureOn(node, { pod, state, filters });
    if (failure === undefined) feasible.push(node);
    else {
      rejectedBy.add(failure.name);
      verdicts.set(failure.verdict, (verdicts.get(failure.verdict) ?? 0) + 1);
      if (!failure.verdict.lasting) hopeful.push(node);
    }
  }
  if (feasible.length > 0) return { node: best(pod, { state, feasible, options }), looked };
  const passedOver = state.nodes.length - nodes.length;
  if (passedOver > 0) rejectedBy.add('NodeAffinity');
  return { node: undefined, looked, refused: undefined, verdicts, passedOver, rejectedBy, hopeful };
}

/** How many feasible nodes are enough: all below 100, then 50 % falling to 5 % with size, at least 100 (kube-scheduler v1.35, numFeasibleNodesToFind). */
export function nodesToFind(nodes: number, percentage = 0): number {
  if (nodes < 100) return nodes;
  const percent = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * percent) / 100));
}

function candidates(pod: PodFacts, state: ClusterState, profile: Profile): readonly NodeState[] {
  let names: readonly string[] | undefined;
  for (const plugin of profile.plugins) {
    const more = plugin.candidates?.(pod);
    if (more !== undefined) names = names === undefined ? more : names.filter((name) => more.includes(name));
  }
  if (names === undefined) return state.nodes;
  return [...new Set(names)].flatMap((name) => state.node(name) ?? []);
}

interface Question {
  readonly pod: PodFacts;
  readonly state: ClusterState;
  readonly filters: readonly NamedFilter[];
}

/** Why the node cannot take the pod: with the pods of no less priority there for which room is being made, and without them. */
export function failureOn(node: NodeState, question: Question): { name: string; verdict: Verdict } | undefined {
  const { pod, state, filters } = question;
  const awaited = state.nominations.size === 0 ? undefined : state.nominations.on(node.name);
  if (awaited !== undefined) {
    const others = [...awaited.values()].filter(({ uid, priority }) => uid !== pod.uid && priority >= pod.priority);
    for (const facts of others) state.putBack({ facts, at: node });
    const failure = others.length === 0 ? undefined : firstFailure(node, filters);
    for (const facts of others) state.lift({ facts, at: node });
    if (failure !== undefined) return failure;
  }
  return firstFailure(node, filters);
}

function firstFailure(node: NodeState, filters: readonly NamedFilter[]): { name: string; verdict: Verdict } | undefined {
  for (const { name, filter } of filters) {
    const verdict = filter(node);
    if (verdict !== undefined) return { name, verdict };
  }
  return undefined;
}

function best(pod: PodFacts, field: { state: ClusterState; feasible: readonly NodeState[]; options: ScheduleOptions }): NodeState {
  const { state, feasible, options } = field;
  if (feasible.length === 1) return feasible[0] as NodeState;
  const totals = new Float64Array(feasible.length);
  const { plugins, weights } = options.profile;
  for (const plugin of plugins) {
    const scorer = plugin.score?.(pod, state, feasible);
    if (scorer !== undefined) addScores(totals, feasible, { scorer, weight: weights.get(plugin.name) ?? 1 });
  }
  return feasible[highest(totals, options.random)] as NodeState;
}

/** Of one plugin, for the time of `addScores`. */
const scores: number[] = [];

function addScores(totals: Float64Array, nodes: readonly NodeState[], by: { scorer: Scorer; weight: number }): void {
  const { scorer, weight } = by;
  if (scorer.normalise === undefined) {
    for (let at = 0; at < nodes.length; at++) totals[at] = (totals[at] as number) + weight * scorer.of(nodes[at] as NodeState);
    return;
  }
  scores.length = nodes.length;
  for (let at = 0; at < nodes.length; at++) scores[at] = scorer.of(nodes[at] as NodeState);
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
