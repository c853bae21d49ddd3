import type { NodeState } from './node-state.ts';
import type { PodChoice, Term } from './terms.ts';
import type { Topology } from './topology.ts';

/** What the pods that have a term want of others. */
export type TermRole = 'away' | 'near' | 'preferred';

/** All placed pods that have one and the same term, counted by the domain they are in. Sparse: a cluster may have thousands of these. */
export class TermClass {
  readonly role: TermRole;
  readonly choice: PodChoice;
  readonly topology: Topology;
  /** Of a preference; 1 else. */
  readonly weight: number;
  /** Pods that hold it in being: those placed, and those for which a place is kept. */
  references = 0;
  readonly #perNode = new Map<number, number>();
  readonly #perDomain = new Map<number, number>();

  constructor(role: TermRole, term: Term, options: { topology: Topology; weight: number }) {
    this.role = role;
    this.choice = term.choice;
    this.topology = options.topology;
    this.weight = options.weight;
  }

  /** Of the node's domain. */
  at(node: NodeState): number {
    const domain = this.topology.domain(node.slot);
    return domain < 0 || node.node === undefined ? 0 : (this.#perDomain.get(domain) ?? 0);
  }

  get empty(): boolean {
    return this.#perNode.size === 0;
  }

  add(node: NodeState, pods: 1 | -1): void {
    change(this.#perNode, node.slot, pods);
    this.#count(node.slot, pods);
  }

  leave(slot: number): void {
    const pods = this.#perNode.get(slot);
    if (pods !== undefined) this.#count(slot, -pods);
  }

  enter(slot: number): void {
    const pods = this.#perNode.get(slot);
    if (pods !== undefined) this.#count(slot, pods);
  }

  #count(slot: number, pods: number): void {
    const domain = this.topology.domain(slot);
    if (domain >= 0) change(this.#perDomain, domain, pods);
  }
}

function change(counts: Map<number, number>, id: number, by: number): void {
  const now = (counts.get(id) ?? 0) + by;
  if (now === 0) counts.delete(id);
  else counts.set(id, now);
}
