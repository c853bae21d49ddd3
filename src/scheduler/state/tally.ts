import type { NodeState } from './node-state.ts';
import { grown, type Topology } from './topology.ts';

/**
 * How many of some pods each domain of a topology has, and how many nodes that count. Kept by adding and subtracting: a pod costs one
 * addition here, whatever the cluster's size.
 */
export class Tally {
  readonly topology: Topology;
  /** Nodes for which it is false do not count, and neither do their pods. */
  readonly #eligible: ((node: NodeState) => boolean) | undefined;
  /** By node slot: the domain it counts for, or -1. */
  #places = new Int32Array(64).fill(-1);
  #pods = new Int32Array(16);
  #nodes = new Int32Array(16);
  #total = 0;
  #domains = 0;
  #fewest: number | undefined;

  constructor(topology: Topology, eligible?: (node: NodeState) => boolean) {
    this.topology = topology;
    this.#eligible = eligible;
  }

  /** Of all domains. */
  get total(): number {
    return this.#total;
  }

  /** How many domains have a node that counts. */
  get domains(): number {
    return this.#domains;
  }

  /** The pods of a domain; 0 for -1. */
  in(domain: number): number {
    return domain >= 0 && domain < this.#pods.length ? (this.#pods[domain] as number) : 0;
  }

  /** The pods in the domain of a node, whether or not that node counts. */
  at(node: NodeState): number {
    return this.in(this.topology.domain(node.slot));
  }

  /** Of the domains that have a node that counts; Infinity when there is none. */
  fewest(): number {
    return (this.#fewest ??= this.#leastOf());
  }

  #leastOf(): number {
    let least = Infinity;
    for (let domain = 0; domain < this.#nodes.length; domain++) {
      if ((this.#nodes[domain] as number) > 0 && (this.#pods[domain] as number) < least) least = this.#pods[domain] as number;
    }
    return least;
  }

  add(slot: number, pods: number): void {
    const domain = slot < this.#places.length ? (this.#places[slot] as number) : -1;
    if (domain < 0) return;
    this.#pods[domain] = (this.#pods[domain] as number) + pods;
    this.#total += pods;
    this.#fewest = undefined;
  }

  /** The topology knows the node's place by now. `pods`: how many of them it has. */
  enter(node: NodeState, pods: number): void {
    const domain = node.node === undefined || this.#eligible?.(node) === false ? -1 : this.topology.domain(node.slot);
    if (node.slot >= this.#places.length) this.#places = grown(this.#places, node.slot, -1);
    this.#places[node.slot] = domain;
    if (domain < 0) return;
    if (domain >= this.#pods.length) {
      this.#pods = grown(this.#pods, domain, 0);
      this.#nodes = grown(this.#nodes, domain, 0);
    }
    this.#fewest = undefined;
    if (this.#nodes[domain] === 0) this.#domains++;
    this.#nodes[domain] = (this.#nodes[domain] as number) + 1;
    this.add(node.slot, pods);
  }

  leave(slot: number, pods: number): void {
    const domain = slot < this.#places.length ? (this.#places[slot] as number) : -1;
    if (domain < 0) return;
    this.add(slot, -pods);
    this.#nodes[domain] = (this.#nodes[domain] as number) - 1;
    this.#fewest = undefined;
    if (this.#nodes[domain] === 0) this.#domains--;
    this.#places[slot] = -1;
  }
}
