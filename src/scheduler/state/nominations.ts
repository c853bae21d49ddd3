import type { PodFacts } from './pod-facts.ts';

/** Pods for which room is being made, and where: others of lower priority may not take it meanwhile. */
export class Nominations {
  readonly #nodes = new Map<string, string>();
  readonly #byNode = new Map<string, Map<string, PodFacts>>();

  get size(): number {
    return this.#nodes.size;
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodes.get(uid);
  }

  on(node: string): ReadonlyMap<string, PodFacts> | undefined {
    return this.#byNode.get(node);
  }

  set(pod: PodFacts, node: string): void {
    this.delete(pod.uid);
    this.#nodes.set(pod.uid, node);
    const there = this.#byNode.get(node);
    if (there === undefined) this.#byNode.set(node, new Map([[pod.uid, pod]]));
    else there.set(pod.uid, pod);
  }

  /** Answers what was there. */
  delete(uid: string): { pod: PodFacts; node: string } | undefined {
    const node = this.#nodes.get(uid);
    if (node === undefined) return undefined;
    this.#nodes.delete(uid);
    const there = this.#byNode.get(node) as Map<string, PodFacts>;
    const pod = there.get(uid) as PodFacts;
    there.delete(uid);
    if (there.size === 0) this.#byNode.delete(node);
    return { pod, node };
  }
}
