import type { Plugin } from '../plugin.ts';
import type { PluginArgs } from '../plugin-args.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { PodFacts } from '../state/pod-facts.ts';
import { spreadConstraints, type Constraint } from './spread-constraints.ts';

type Labels = Readonly<Record<string, string>>;

/** What evens out the spread: pods that a constraint selects coming and going, and nodes that make or end a domain. */
export function spreadHints(args: PluginArgs['PodTopologySpread']): NonNullable<Plugin['hints']> {
  const hard = (pod: PodFacts, state: ClusterState): readonly Constraint[] =>
    spreadConstraints(pod, state, { when: 'DoNotSchedule', args })?.list ?? [];
  const counts = (pod: PodFacts, state: ClusterState, other: PodFacts): boolean =>
    other.namespace === pod.namespace && hard(pod, state).some((constraint) => constraint.selects(other));
  const complete = (pod: PodFacts, state: ClusterState, labels: Labels): boolean =>
    hard(pod, state).every(({ key }) => labels[key] !== undefined);
  const keysDiffer = (pod: PodFacts, state: ClusterState, both: readonly [Labels, Labels]): boolean =>
    hard(pod, state).some(({ key }) => both[0][key] !== both[1][key]);
  return {
    podPlaced: (pod, event, state) => event.kind === 'podPlaced' && counts(pod, state, event.pod.facts),
    podRemoved: (pod, event, state) => event.kind === 'podRemoved' && counts(pod, state, event.pod.facts),
    podChanged: (pod, event, state) =>
      event.kind === 'podChanged' && (counts(pod, state, event.pod.facts) || counts(pod, state, event.before)),
    nodeAdded: (pod, event, state) => event.kind === 'nodeAdded' && complete(pod, state, event.node.labels),
    nodeRemoved: (pod, event, state) => event.kind === 'nodeRemoved' && complete(pod, state, event.labels),
    nodeLabels: (pod, event, state) => event.kind === 'nodeLabels' && keysDiffer(pod, state, [event.before, event.node.labels]),
    nodeTaints: (pod, event, state) => event.kind === 'nodeTaints' && hard(pod, state).some(({ byTaints }) => byTaints),
  };
}
