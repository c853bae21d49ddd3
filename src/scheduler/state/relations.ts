import { ChoiceIndex } from './choice-index.ts';
import type { NodeState } from './node-state.ts';
import type { PodFacts } from './pod-facts.ts';
import { Selection, type SelectionRule } from './selection.ts';
import { TermClass, type TermRole } from './term-class.ts';
import type { NamespaceLabels, PodChoice, Term } from './terms.ts';
import { Topology } from './topology.ts';

export interface PlacedPod {
  readonly facts: PodFacts;
  readonly at: NodeState;
}
/** What the counts are made from when they are asked for the first time. */
export interface RelationSources {
  readonly nodes: readonly NodeState[];
  readonly namespaceLabels: NamespaceLabels;
  podsOf(namespace: string): Iterable<PlacedPod>;
  allPods(): Iterable<PlacedPod>;
}

/** So many rules about other pods are kept counted; those not asked for longest are made anew when they are asked for again. */
const maxSelections = 512;

/** What pods are to each other: counts of those that rules choose, and of those that have rules, all kept incrementally. */
export class Relations {
  readonly #sources: RelationSources;
  readonly #topologies = new Map<string, Topology>();
  readonly #selections = new Map<string, Selection>();
  readonly #selectionIndex = new ChoiceIndex<Selection>();
  readonly #classes = new Map<string, TermClass>();
  readonly #classIndex = new ChoiceIndex<TermClass>();
  #turn = 0;

  constructor(sources: RelationSources) {
    this.#sources = sources;
  }

  topology(key: string): Topology {
    let topology = this.#topologies.get(key);
    if (topology === undefined) {
      topology = new Topology(key);
      for (const node of this.#sources.nodes) topology.place(node.slot, node.labels[key]);
      this.#topologies.set(key, topology);
    }
    return topology;
  }

  selection(choices: readonly PodChoice[], options: { staying: boolean }): Selection {
    const id = `${options.staying ? 's' : 'a'}${choices.map(({ signature }) => signature).join('\n')}`;
    let selection = this.#selections.get(id);
    if (selection === undefined) {
      this.#makeRoom();
      selection = this.#count({ choices, ...options });
      this.#selections.set(id, selection);
      this.#selectionIndex.add(selection);
    }
    selection.usedAt = ++this.#turn;
    return selection;
  }

  /** Calls with each term that placed pods have and that may choose this pod; ask `chooses` to be sure. */
  forEachClass(pod: PodFacts, call: (termClass: TermClass) => void): void {
    if (this.#classes.size > 0) this.#classIndex.forEach(pod.labels, call);
  }

  /** Its terms are known from now on, and from its placing on counted. */
  enrol(pod: PodFacts): void {
    forEachTerm(pod, (role, term, weight) => this.#class(role, term, weight).references++);
  }

  dismiss(pod: PodFacts): void {
    forEachTerm(pod, (role, term, weight) => {
      const id = classId(role, term, weight);
      const known = this.#classes.get(id);
      if (known === undefined || --known.references > 0) return;
      this.#classes.delete(id);
      this.#classIndex.delete(known);
    });
  }

  /** One more pod on the node, or one less. It is enrolled. */
  add(pod: PodFacts, node: NodeState, pods: 1 | -1): void {
    if (this.#selections.size > 0) {
      this.#selectionIndex.forEach(pod.labels, (selection) => {
        if (selection.includes(pod, this.#sources.namespaceLabels)) selection.add(node.slot, pods);
      });
    }
    forEachTerm(pod, (role, term, weight) => this.#classes.get(classId(role, term, weight))?.add(node, pods));
  }

  /** Around every change of a node: its labels, its taints, its coming and going. */
  nodeLeaves(slot: number): void {
    for (const selection of this.#selections.values()) selection.leave(slot);
    for (const termClass of this.#classes.values()) termClass.leave(slot);
  }

  nodeEnters(node: NodeState): void {
    const labels = node.node === undefined ? undefined : node.labels;
    for (const topology of this.#topologies.values()) topology.place(node.slot, labels?.[topology.key]);
    for (const selection of this.#selections.values()) selection.enter(node);
    if (node.node !== undefined) for (const termClass of this.#classes.values()) termClass.enter(node.slot);
  }

  /** Rules that choose by labels of namespaces are counted anew. */
  namespacesChanged(): void {
    for (const [id, selection] of this.#selections) {
      if (selection.rule.choices.some(({ namespaceRequirements }) => namespaceRequirements !== undefined)) this.#drop(id, selection);
    }
  }

  #class(role: TermRole, term: Term, weight: number): TermClass {
    const id = classId(role, term, weight);
    let known = this.#classes.get(id);
    if (known === undefined) {
      known = new TermClass(role, term, { topology: this.topology(term.key), weight });
      this.#classes.set(id, known);
      this.#classIndex.add(known);
    }
    return known;
  }

  #count(rule: SelectionRule): Selection {
    const selection = new Selection(rule);
    const { namespaceLabels } = this.#sources;
    for (const { facts, at } of this.#candidates(rule)) if (selection.includes(facts, namespaceLabels)) selection.add(at.slot, 1);
    return selection;
  }

  #candidates({ choices }: SelectionRule): Iterable<PlacedPod> {
    const narrow = choices.find(({ namespaceRequirements }) => namespaceRequirements === undefined);
    if (narrow === undefined) return this.#sources.allPods();
    return [...new Set(narrow.namespaces)].flatMap((namespace) => [...this.#sources.podsOf(namespace)]);
  }

  #makeRoom(): void {
    if (this.#selections.size < maxSelections) return;
    const oldest = [...this.#selections].sort(([, a], [, b]) => a.usedAt - b.usedAt).slice(0, maxSelections / 4);
    for (const [id, selection] of oldest) this.#drop(id, selection);
  }

  #drop(id: string, selection: Selection): void {
    this.#selections.delete(id);
    this.#selectionIndex.delete(selection);
  }
}

function forEachTerm(pod: PodFacts, call: (role: TermRole, term: Term, weight: number) => void): void {
  const { near, away, preferred } = pod.terms;
  for (const term of near) call('near', term, 1);
  for (const term of away) call('away', term, 1);
  for (const { term, weight } of preferred) call('preferred', term, weight);
}

function classId(role: TermRole, term: Term, weight: number): string {
  return `${role}${weight}\n${term.key}\n${term.choice.signature}`;
}
