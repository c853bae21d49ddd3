import type { Node } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { VolumeState } from '../volumes/volume-state.ts';
import { ImageSpread } from './image-spread.ts';
import { NodeNumbers } from './node-numbers.ts';
import { NodeState } from './node-state.ts';
import { Nominations } from './nominations.ts';
import type { PodFacts } from './pod-facts.ts';
import { Relations, type PlacedPod } from './relations.ts';
import { Workloads } from './workloads.ts';

export type { PlacedPod } from './relations.ts';

/** What of a node changed, as far as pods care. */
export interface NodeChange {
  readonly node: NodeState;
  readonly added: boolean;
  readonly room: boolean;
  readonly taints: boolean;
  /** Of before, when they changed. */
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** What the scheduler knows: nodes, the pods on them (those it has just placed included), and what its rules ask of other objects. */
export class ClusterState {
  /** Nodes that exist, without holes, in an order that is the same for the same history. */
  readonly nodes: NodeState[] = [];
  /** Also of nodes that are not known yet or no more, while pods are said to be there. */
  readonly #byName = new Map<string, NodeState>();
  readonly #places = new Map<NodeState, number>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  readonly #numbers = new NodeNumbers();
  readonly #pods = new Map<string, PlacedPod>();
  readonly #byNamespace = new Map<string, Map<string, PlacedPod>>();
  readonly namespaceLabels = new Map<string, Readonly<Record<string, string>>>();
  readonly relations = new Relations({
    nodes: this.nodes,
    namespaceLabels: this.namespaceLabels,
    podsOf: (namespace) => this.podsOf(namespace),
    allPods: () => this.#pods.values(),
  });
  readonly nominations = new Nominations();
  readonly volumes = new VolumeState();
  readonly workloads = new Workloads();
  readonly images = new ImageSpread();
  /** How many nodes are cordoned, have taints that keep pods away, and taints that are only a wish: rules that concern none are skipped. */
  readonly marked = { cordoned: 0, tainted: 0, wished: 0 };

  /** Answers what changed; undefined for a heartbeat. */
  setNode(node: Readonly<Node>): NodeChange | undefined {
    const state = this.#named(node.metadata.name);
    const previous = state.node;
    const change = previous === undefined ? newNode(state) : changeOf(state, previous, node);
    if (previous !== undefined) this.#mark(state, -1);
    else this.#places.set(state, this.nodes.push(state) - 1);
    const moved = previous === undefined || change?.taints === true || change?.labels !== undefined;
    if (moved) this.relations.nodeLeaves(state.slot);
    this.images.remove(state.images);
    state.setNode(node);
    this.images.add(state.images);
    if (moved) this.relations.nodeEnters(state);
    this.#mark(state, 1);
    return change;
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
    this.images.remove(state.images);
    this.relations.nodeLeaves(state.slot);
    state.node = undefined;
    this.relations.nodeEnters(state);
    if (state.pods.size === 0) this.#forget(state);
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

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): boolean {
    if (jsonEqual(this.namespaceLabels.get(name), labels)) return false;
    if (labels === undefined) this.namespaceLabels.delete(name);
    else this.namespaceLabels.set(name, labels);
    this.relations.namespacesChanged();
    return true;
  }

  /** Also when it is there already: then it is moved or renewed. */
  addPod(facts: PodFacts, nodeName: string): PlacedPod {
    this.removePod(facts.uid);
    const placed = { facts, at: this.#named(nodeName) };
    this.relations.enrol(facts);
    this.putBack(placed);
    this.#pods.set(facts.uid, placed);
    const neighbours = this.#byNamespace.get(facts.namespace);
    if (neighbours === undefined) this.#byNamespace.set(facts.namespace, new Map([[facts.uid, placed]]));
    else neighbours.set(facts.uid, placed);
    return placed;
  }

  /** Answers what was there. */
  removePod(uid: string): PlacedPod | undefined {
    const placed = this.#pods.get(uid);
    if (placed === undefined) return undefined;
    this.lift(placed);
    this.relations.dismiss(placed.facts);
    if (placed.at.node === undefined && placed.at.pods.size === 0) this.#forget(placed.at);
    this.#pods.delete(uid);
    const neighbours = this.#byNamespace.get(placed.facts.namespace);
    neighbours?.delete(uid);
    if (neighbours?.size === 0) this.#byNamespace.delete(placed.facts.namespace);
    return placed;
  }

  /** As if the pod were not there, until it is put back: for asking what would be. Every count follows. */
  lift({ facts, at }: PlacedPod): void {
    at.remove(facts);
    for (const claim of facts.claims) this.volumes.use(claim, -1);
    this.relations.add(facts, at, -1);
  }

  /** Also for a pod that is not there, with a `lift` of it after; its terms must be enrolled. */
  putBack({ facts, at }: PlacedPod): void {
    at.add(facts);
    for (const claim of facts.claims) this.volumes.use(claim, 1);
    this.relations.add(facts, at, 1);
  }

  #mark(state: NodeState, sign: 1 | -1): void {
    if (state.unschedulable) this.marked.cordoned += sign;
    if (state.taints.some((taint) => taint.effect !== 'PreferNoSchedule')) this.marked.tainted += sign;
    if (state.taints.some((taint) => taint.effect === 'PreferNoSchedule')) this.marked.wished += sign;
  }

  #named(name: string): NodeState {
    let state = this.#byName.get(name);
    if (state === undefined) this.#byName.set(name, (state = new NodeState(name, this.#freeSlots.pop() ?? this.#slots++, this.#numbers)));
    return state;
  }

  #forget(state: NodeState): void {
    this.#byName.delete(state.name);
    this.#freeSlots.push(state.slot);
  }
}

function newNode(node: NodeState): NodeChange {
  return { node, added: true, room: true, taints: true, labels: {} };
}

/** Heartbeats change conditions only: no pod fits better for them. */
function changeOf(node: NodeState, a: Readonly<Node>, b: Readonly<Node>): NodeChange | undefined {
  const labels = !jsonEqual(a.metadata.labels, b.metadata.labels);
  const taints = !jsonEqual(a.spec?.taints, b.spec?.taints) || (a.spec?.unschedulable ?? false) !== (b.spec?.unschedulable ?? false);
  const room = !jsonEqual(a.status?.allocatable, b.status?.allocatable);
  if (!labels && !taints && !room) return undefined;
  return { node, added: false, room, taints, labels: labels ? (a.metadata.labels ?? {}) : undefined };
}
