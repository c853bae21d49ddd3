import type { Node } from '../api/kinds.generated.ts';
import { jsonEqual } from '../base/json.ts';
import { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';

export interface PlacedPod {
  readonly facts: PodFacts;
  readonly at: NodeState;
}

/** What the scheduler knows: nodes, the pods on them (those it has just placed included), and the labels of namespaces. */
export class ClusterState {
  /** Nodes that exist, without holes, in an order that is the same for the same history. */
  readonly nodes: NodeState[] = [];
  /** Also of nodes that are not known yet or no more, while pods are said to be there. */
  readonly #byName = new Map<string, NodeState>();
  readonly #places = new Map<NodeState, number>();
  readonly #pods = new Map<string, PlacedPod>();
  readonly #byNamespace = new Map<string, Map<string, PlacedPod>>();
  /** Pods with required anti-affinity, which concern every later pod. */
  readonly repelling = new Map<string, PlacedPod>();
  /** Pods with any affinity, which may attract or repel later pods. */
  readonly inclined = new Map<string, PlacedPod>();
  readonly namespaceLabels = new Map<string, Readonly<Record<string, string>>>();
  /** How many nodes are cordoned, have taints that keep pods away, and taints that are only a wish: rules that concern none are skipped. */
  readonly marked = { cordoned: 0, tainted: 0, wished: 0 };

  /** Answers whether anything changed that could let a pod fit. */
  setNode(node: Readonly<Node>): boolean {
    const state = this.#named(node.metadata.name);
    const previous = state.node;
    if (previous === undefined) this.#places.set(state, this.nodes.push(state) - 1);
    else this.#mark(state, -1);
    state.setNode(node);
    this.#mark(state, 1);
    return previous === undefined || !sameForPods(previous, node);
  }

  removeNode(name: string): void {
    const state = this.#byName.get(name);
    const place = state === undefined ? undefined : this.#places.get(state);
    if (state === undefined || place === undefined) return;
    const last = this.nodes.pop() as NodeState;
    if (last !== state) {
      this.nodes[place] = last;
      this.#places.set(last, place);
    }
    this.#places.delete(state);
    this.#mark(state, -1);
    state.node = undefined;
    if (state.pods.size === 0) this.#byName.delete(name);
  }

  /** The node if it exists. */
  node(name: string): NodeState | undefined {
    const state = this.#byName.get(name);
    return state?.node === undefined ? undefined : state;
  }

  placed(uid: string): PlacedPod | undefined {
    return this.#pods.get(uid);
  }

  podsOf(namespace: string): Iterable<PlacedPod> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  get podCount(): number {
    return this.#pods.size;
  }

  /** Also when it is there already: then it is moved or renewed. */
  addPod(facts: PodFacts, nodeName: string): void {
    this.removePod(facts.uid);
    const placed = { facts, at: this.#named(nodeName) };
    placed.at.add(facts);
    this.#pods.set(facts.uid, placed);
    const neighbours = this.#byNamespace.get(facts.namespace);
    if (neighbours === undefined) this.#byNamespace.set(facts.namespace, new Map([[facts.uid, placed]]));
    else neighbours.set(facts.uid, placed);
    const { podAffinity, podAntiAffinity } = facts.pod.spec.affinity ?? {};
    if (podAffinity !== undefined || podAntiAffinity !== undefined) this.inclined.set(facts.uid, placed);
    if ((podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0) this.repelling.set(facts.uid, placed);
  }

  /** Answers what was there. */
  removePod(uid: string): PlacedPod | undefined {
    const placed = this.#pods.get(uid);
    if (placed === undefined) return undefined;
    placed.at.remove(placed.facts);
    if (placed.at.node === undefined && placed.at.pods.size === 0) this.#byName.delete(placed.at.name);
    this.#pods.delete(uid);
    const neighbours = this.#byNamespace.get(placed.facts.namespace);
    neighbours?.delete(uid);
    if (neighbours?.size === 0) this.#byNamespace.delete(placed.facts.namespace);
    this.inclined.delete(uid);
    this.repelling.delete(uid);
    return placed;
  }

  #mark(state: NodeState, sign: 1 | -1): void {
    if (state.unschedulable) this.marked.cordoned += sign;
    if (state.taints.some((taint) => taint.effect !== 'PreferNoSchedule')) this.marked.tainted += sign;
    if (state.taints.some((taint) => taint.effect === 'PreferNoSchedule')) this.marked.wished += sign;
  }

  #named(name: string): NodeState {
    let state = this.#byName.get(name);
    if (state === undefined) this.#byName.set(name, (state = new NodeState(name)));
    return state;
  }
}

/** Heartbeats change conditions only: no pod fits better for them. */
function sameForPods(a: Readonly<Node>, b: Readonly<Node>): boolean {
  return (
    jsonEqual(a.metadata.labels, b.metadata.labels) &&
    jsonEqual(a.spec?.taints, b.spec?.taints) &&
    (a.spec?.unschedulable ?? false) === (b.spec?.unschedulable ?? false) &&
    jsonEqual(a.status?.allocatable, b.status?.allocatable)
  );
}
