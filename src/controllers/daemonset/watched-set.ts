import { keyOf, keyText } from '../../api/object.ts';
import { Node, Pod, type DaemonSet } from '../../api/kinds.generated.ts';
import type { Context } from '../../reconcile/controller.ts';
import { eligibilityOf, targetNode } from './daemon-pod.ts';
import { Rota } from './rota.ts';
import { judgeNode, type Ruler } from './verdict.ts';

/** Failed pods of a node are deleted 1 s after each other, doubling to 15 min, as upstream. */
const firstBackoffMs = 1000;
const longestBackoffMs = 15 * 60_000;

/** Which of its nodes have changed since they were last judged, and where its pods are. */
export class WatchedSet {
  readonly rota = new Rota();
  readonly #context: Context;
  /** Pods by node, and nodes by pod. */
  readonly #pods = new Map<string, Map<string, Readonly<Pod>>>();
  readonly #places = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, { readonly at: number; readonly delayMs: number }>();
  #judgedBy = '';

  constructor(context: Context, uid: string) {
    this.#context = context;
    for (const pod of context.informer(Pod).ownedBy(uid)) this.place(pod);
  }

  /** A pod of the set has changed. */
  place(pod: Readonly<Pod>): void {
    const name = keyText(keyOf(pod));
    const node = targetNode(pod);
    if (this.#places.get(name) !== node) this.drop(pod);
    if (node === undefined) return;
    this.#places.set(name, node);
    const here = this.#pods.get(node);
    if (here === undefined) this.#pods.set(node, new Map([[name, pod]]));
    else here.set(name, pod);
    this.#dirty.add(node);
  }

  /** A pod of the set is gone, or is not of the set any more. */
  drop(pod: Readonly<Pod>): void {
    const name = keyText(keyOf(pod));
    const node = this.#places.get(name);
    if (node === undefined) return;
    this.#places.delete(name);
    const here = this.#pods.get(node);
    here?.delete(name);
    if (here?.size === 0) this.#pods.delete(node);
    this.#dirty.add(node);
  }

  nodeChanged(name: string): void {
    this.#dirty.add(name);
  }

  /** The pods of the nodes that have changed. */
  changedPods(): readonly Readonly<Pod>[] {
    return [...this.#dirty].flatMap((node) => [...(this.#pods.get(node)?.values() ?? [])]);
  }
  allPods(): readonly Readonly<Pod>[] {
    return [...this.#pods.values()].flatMap((here) => [...here.values()]);
  }

  /** Judges the nodes that have changed and those whose time has come; all of them where the set has changed. */
  judge(set: Readonly<DaemonSet>, ruler: Ruler): void {
    const judgedBy = `${set.metadata.generation ?? 0} ${ruler.hash}`;
    if (judgedBy !== this.#judgedBy) {
      this.#judgedBy = judgedBy;
      this.#failures.clear();
      for (const node of this.#context.informer(Node).list()) this.#dirty.add(node.metadata.name);
      for (const node of this.#pods.keys()) this.#dirty.add(node);
    }
    for (const node of this.rota.due(ruler.now)) this.#dirty.add(node);
    for (const name of this.#dirty) {
      const node = this.#context.informer(Node).get({ namespace: '', name });
      const pods = [...(this.#pods.get(name)?.values() ?? [])];
      const facts = { known: node !== undefined, eligible: eligibilityOf(set, node), pods, backoffUntil: this.#backoffUntil(name) };
      this.rota.set(name, node === undefined && pods.length === 0 ? undefined : judgeNode(facts, ruler));
    }
    this.#dirty.clear();
  }

  #backoffUntil(node: string): number {
    const failure = this.#failures.get(node);
    return failure === undefined ? 0 : failure.at + failure.delayMs;
  }

  /** A failed pod of the node is deleted now: the next one waits longer. One that has held for long begins anew. */
  noteFailure(node: string, now: number): void {
    const former = this.#failures.get(node);
    const lasts = former === undefined || now - former.at > 2 * longestBackoffMs;
    this.#failures.set(node, { at: now, delayMs: lasts ? firstBackoffMs : Math.min(longestBackoffMs, 2 * former.delayMs) });
  }
}
