import type { NodeState } from './node-state.ts';
import { Tally } from './tally.ts';
import { chooses, type Described, type NamespaceLabels, type PodChoice } from './terms.ts';
import type { Topology } from './topology.ts';

export interface Selected extends Described {
  readonly terminating: boolean;
}
/** What a selection counts: pods that every one of the choices chooses. */
export interface SelectionRule {
  readonly choices: readonly PodChoice[];
  /** Pods on their way out do not count. */
  readonly staying: boolean;
}

/** The pods that a rule is about, counted per node, and by domain for each topology that is asked for. */
export class Selection {
  readonly rule: SelectionRule;
  /** By which it is found. */
  readonly choice: PodChoice;
  /** When it was last asked for, in turns. */
  usedAt = 0;
  readonly #perNode = new Map<number, number>();
  readonly #tallies = new Map<string, Tally>();

  constructor(rule: SelectionRule) {
    this.rule = rule;
    this.choice = rule.choices[0] as PodChoice;
  }

  includes(pod: Selected, namespaceLabels: NamespaceLabels): boolean {
    if (this.rule.staying && pod.terminating) return false;
    for (const choice of this.rule.choices) if (!chooses(choice, pod, namespaceLabels)) return false;
    return true;
  }

  on(node: NodeState): number {
    return this.#perNode.get(node.slot) ?? 0;
  }

  add(slot: number, pods: 1 | -1): void {
    const now = (this.#perNode.get(slot) ?? 0) + pods;
    if (now === 0) this.#perNode.delete(slot);
    else this.#perNode.set(slot, now);
    for (const tally of this.#tallies.values()) tally.add(slot, pods);
  }

  /** Over the nodes for which `eligible` holds; `name` stands for it. */
  tally(topology: Topology, nodes: Iterable<NodeState>, eligible?: { readonly name: string; of(node: NodeState): boolean }): Tally {
    const id = `${topology.key}\n${eligible?.name ?? ''}`;
    let tally = this.#tallies.get(id);
    if (tally === undefined) {
      tally = new Tally(topology, eligible === undefined ? undefined : (node) => eligible.of(node));
      for (const node of nodes) tally.enter(node, this.on(node));
      if (this.#tallies.size >= maxTallies) this.#tallies.delete(this.#tallies.keys().next().value as string);
      this.#tallies.set(id, tally);
    }
    return tally;
  }

  leave(slot: number): void {
    for (const tally of this.#tallies.values()) tally.leave(slot, this.#perNode.get(slot) ?? 0);
  }

  enter(node: NodeState): void {
    for (const tally of this.#tallies.values()) tally.enter(node, this.on(node));
  }
}

/** Rules of one selection differ in topology and in which nodes count: a few, unless every pod has rules of its own. */
const maxTallies = 32;
