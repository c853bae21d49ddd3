import { lasting, verdict, type Filter, type Plugin, type Scorer } from '../plugin.ts';
import type { PluginArgs } from '../plugin-args.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import type { Selection } from '../state/selection.ts';
import type { Tally } from '../state/tally.ts';
import { spreadConstraints, type Constraint, type Constraints } from './spread-constraints.ts';
import { spreadHints } from './spread-hints.ts';

const uneven = verdict("node(s) didn't match pod topology spread constraints");
const unlabelled = lasting("node(s) didn't match pod topology spread constraints (missing required label)");
const hostname = 'kubernetes.io/hostname';

/** Keeps the pods that a constraint selects evenly over zones, nodes or whatever its topologyKey names. */
export function podTopologySpread(args: PluginArgs['PodTopologySpread']): Plugin {
  return {
    name: 'PodTopologySpread',
    filter(pod, state) {
      const found = spreadConstraints(pod, state, { when: 'DoNotSchedule', args });
      return found === undefined ? undefined : hardSpread(pod, state, found.list);
    },
    score(pod, state, feasible) {
      const found = spreadConstraints(pod, state, { when: 'ScheduleAnyway', args });
      return found === undefined ? undefined : softSpread(state, found, feasible);
    },
    hints: spreadHints(args),
  };
}

interface Counted {
  readonly constraint: Constraint;
  readonly selection: Selection;
  readonly tally: Tally;
}

function count(state: ClusterState, constraint: Constraint): Counted {
  const { relations, nodes } = state;
  const selection = relations.selection([constraint.choice], { staying: true });
  return { constraint, selection, tally: selection.tally(relations.topology(constraint.key), nodes, constraint.eligible) };
}

function hardSpread(pod: PodFacts, state: ClusterState, constraints: readonly Constraint[]): Filter {
  const counted = constraints.map((constraint) => ({ ...count(state, constraint), self: constraint.selects(pod) ? 1 : 0 }));
  return (node) => {
    for (const { constraint, tally, self } of counted) {
      if (node.labels[constraint.key] === undefined) return unlabelled;
      const fewest = tally.domains < constraint.minDomains ? 0 : tally.fewest();
      if (tally.at(node) + self - fewest > constraint.maxSkew) return uneven;
    }
    return undefined;
  };
}

/** Fewer pods in a node's domain score better; the more domains, the more a pod weighs, by the logarithm of their number. */
function softSpread(state: ClusterState, { list, allKeys }: Constraints, feasible: readonly NodeState[]): Scorer {
  const counted = list.map((constraint) => count(state, constraint));
  const ignores = (node: NodeState): boolean => allKeys && list.some(({ key }) => node.labels[key] === undefined);
  const known = feasible.some(ignores) ? feasible.filter((node) => !ignores(node)) : feasible;
  const weights = counted.map(({ constraint, tally }) =>
    Math.log((constraint.key === hostname ? known.length : domainsOf(tally, known)) + 2),
  );
  return {
    of(node) {
      if (ignores(node)) return -1;
      let sum = 0;
      for (let at = 0; at < counted.length; at++) {
        const { constraint, selection, tally } = counted[at] as Counted;
        if (node.labels[constraint.key] === undefined) continue;
        const pods = constraint.key === hostname ? selection.on(node) : tally.at(node);
        sum += pods * (weights[at] as number) + (constraint.maxSkew - 1);
      }
      return Math.round(sum);
    },
    normalise: reverseBetweenExtremes,
  };
}

function domainsOf({ topology }: Tally, nodes: readonly NodeState[]): number {
  const found = new Set<number>();
  for (const { slot } of nodes) {
    const domain = topology.domain(slot);
    if (domain >= 0) found.add(domain);
  }
  return found.size;
}

/** The least becomes best; -1 stands for nodes without a label, which come last. */
function reverseBetweenExtremes(scores: number[]): void {
  let least = Infinity;
  let most = 0;
  for (const score of scores) {
    if (score < 0) continue;
    if (score < least) least = score;
    if (score > most) most = score;
  }
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at] as number;
    if (score < 0) scores[at] = 0;
    else scores[at] = most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most);
  }
}
