import type { PodDisruptionBudget } from '../../api/kinds.generated.ts';
import { isTrue, findCondition } from '../../api/condition.ts';
import { randomInt, type Random } from '../../base/random.ts';
import { reasonsText } from '../fit-message.ts';
import { lasting, type Verdict } from '../plugin.ts';
import type { Profile } from '../profile.ts';
import { failureOn, filtersFor, type NamedFilter, type Refusal } from '../schedule.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { byBudget } from './budgets.ts';
import { byImportance, cheapest, type Candidate } from './choose-node.ts';

export interface PreemptOptions {
  readonly profile: Profile;
  readonly budgets: readonly Readonly<PodDisruptionBudget>[];
  readonly random: Random;
}
export type Preemption =
  /** Not now: what is said of its node stays. */
  | { readonly kind: 'ineligible'; readonly message: string }
  /** Nothing to gain. */
  | { readonly kind: 'helpless'; readonly message: string }
  | { readonly kind: 'victims'; readonly candidate: Candidate };

const noVictims = lasting('No preemption victims found for incoming pod');

/**
 * Where pods of lower priority can make room, and which: as few and as unimportant as can be, budgets broken only where nothing else
 * is left. Changes nothing: the state is as before when it answers (scheduler v1.35, DefaultPreemption).
 */
export function preempt(pod: PodFacts, state: ClusterState, refusal: Refusal, options: PreemptOptions): Preemption {
  const message = ineligible(pod, state, refusal);
  if (message !== undefined) return { kind: 'ineligible', message };
  const verdicts = new Map<Verdict, number>();
  const candidates = dryRuns(pod, state, { ...options, nodes: refusal.hopeful, verdicts });
  const candidate = cheapest(candidates);
  if (candidate !== undefined) return { kind: 'victims', candidate };
  const told = [...verdicts.values()].reduce((sum, nodes) => sum + nodes, 0);
  const rest = { reason: 'Preemption is not helpful for scheduling', nodes: state.nodes.length - told };
  return { kind: 'helpless', message: `0/${state.nodes.length} nodes are available:${reasonsText(verdicts, rest)}` };
}

function ineligible(pod: PodFacts, state: ClusterState, refusal: Refusal): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = state.nominations.nodeOf(pod.uid) ?? pod.pod.status?.nominatedNodeName ?? '';
  const node = nominated === '' ? undefined : state.node(nominated);
  if (node === undefined || !refusal.hopeful.includes(node)) return undefined;
  for (const other of node.pods.values()) {
    if (other.priority < pod.priority && isLeaving(other)) return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

function isLeaving({ terminating, pod }: PodFacts): boolean {
  const conditions = pod.status?.conditions;
  return (
    terminating &&
    isTrue(conditions, 'DisruptionTarget') &&
    findCondition(conditions, 'DisruptionTarget')?.reason === 'PreemptionByScheduler'
  );
}

interface DryRuns extends PreemptOptions {
  readonly nodes: readonly NodeState[];
  /** Takes what speaks against nodes. */
  readonly verdicts: Map<Verdict, number>;
}

/** From a node by chance on, until enough candidates are found of which one breaks no budget. */
function dryRuns(pod: PodFacts, state: ClusterState, options: DryRuns): Candidate[] {
  const { nodes, random, profile, verdicts } = options;
  if (nodes.length === 0) return [];
  const { minCandidateNodesPercentage, minCandidateNodesAbsolute } = profile.args.DefaultPreemption;
  const share = Math.max(Math.floor((nodes.length * minCandidateNodesPercentage) / 100), minCandidateNodesAbsolute);
  const enough = Math.min(share, nodes.length);
  const offset = nodes.length === 1 ? 0 : randomInt(random, nodes.length);
  const filters = filtersFor(pod, state, profile);
  const free: Candidate[] = [];
  const violating: Candidate[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[(offset + at) % nodes.length] as NodeState;
    const outcome = dryRun(node, pod, { state, filters, budgets: options.budgets });
    if ('reasons' in outcome) verdicts.set(outcome, (verdicts.get(outcome) ?? 0) + 1);
    else (outcome.violations === 0 ? free : violating).push(outcome);
    if (free.length > 0 && free.length + violating.length >= enough) break;
  }
  return [...free, ...violating];
}

interface Trial {
  readonly state: ClusterState;
  readonly filters: readonly NamedFilter[];
  readonly budgets: readonly Readonly<PodDisruptionBudget>[];
}

/** Takes all lesser pods away, and gives back as many as can stay, the important ones and those under budgets first. */
function dryRun(node: NodeState, pod: PodFacts, { state, filters, budgets }: Trial): Candidate | Verdict {
  const lesser = [...node.pods.values()].filter(({ priority }) => priority < pod.priority).sort(byImportance);
  if (lesser.length === 0) return noVictims;
  for (const facts of lesser) state.lift({ facts, at: node });
  const victims: PodFacts[] = [];
  let violations = 0;
  const failure = failureOn(node, { pod, state, filters });
  if (failure === undefined) {
    const { violating, free } = byBudget(lesser, budgets);
    const reprieved = (facts: PodFacts): boolean => {
      state.putBack({ facts, at: node });
      if (failureOn(node, { pod, state, filters }) === undefined) return true;
      state.lift({ facts, at: node });
      victims.push(facts);
      return false;
    };
    for (const facts of violating) if (!reprieved(facts)) violations++;
    for (const facts of free) reprieved(facts);
  }
  for (const facts of failure === undefined ? victims : lesser) state.putBack({ facts, at: node });
  return failure === undefined ? { node, victims: victims.sort(byImportance), violations } : failure.verdict;
}
