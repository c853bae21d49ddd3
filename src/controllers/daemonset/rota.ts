import type { Pod } from '../../api/kinds.generated.ts';
import type { Count, Mark, Verdict } from './verdict.ts';

/** Verdicts are looked at again at most so late after their time. */
const slotMs = 1000;

/** The verdicts over all nodes of one set, with their sums: a change of one node costs one node. Nodes come in the order of their marks. */
export class Rota {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #sums = new Map<Count, number>();
  readonly #marked = new Map<Mark, Map<string, readonly Readonly<Pod>[]>>();
  /** Nodes whose verdict time changes, by the second in which it does. */
  readonly #due = new Map<number, Set<string>>();

  /** The verdict over a node; undefined: it is no concern of the set any more. */
  set(node: string, verdict: Verdict | undefined): void {
    const former = this.#verdicts.get(node);
    if (former !== undefined) this.#take(node, former);
    if (verdict === undefined) return void this.#verdicts.delete(node);
    this.#verdicts.set(node, verdict);
    for (const each of verdict.counts) this.#sums.set(each, this.count(each) + 1);
    for (const [mark, pods] of verdict.marks) {
      const here = this.#marked.get(mark);
      if (here === undefined) this.#marked.set(mark, new Map([[node, pods]]));
      else here.set(node, pods);
    }
    if (verdict.againAt === Infinity) return;
    const slot = slotOf(verdict);
    this.#due.set(slot, (this.#due.get(slot) ?? new Set()).add(node));
  }

  #take(node: string, former: Verdict): void {
    for (const each of former.counts) this.#sums.set(each, this.count(each) - 1);
    for (const mark of former.marks.keys()) this.#marked.get(mark)?.delete(node);
    const slot = slotOf(former);
    const due = this.#due.get(slot);
    due?.delete(node);
    if (due?.size === 0) this.#due.delete(slot);
  }

  /** On how many nodes it holds. */
  count(what: Count): number {
    return this.#sums.get(what) ?? 0;
  }
  /** The first `limit` nodes of a mark: costs what it answers. */
  nodes(mark: Mark, limit: number): readonly string[] {
    return [...first(this.#marked.get(mark)?.keys() ?? [], limit)];
  }
  /** The pods of the first `limit` nodes of a mark. */
  pods(mark: Mark, limit: number): readonly Readonly<Pod>[] {
    return [...first(this.#marked.get(mark)?.values() ?? [], limit)].flat();
  }

  /** Nodes whose time has come. */
  due(now: number): readonly string[] {
    return [...this.#due].flatMap(([slot, nodes]) => (slot * slotMs <= now ? [...nodes] : []));
  }
  /** Milliseconds until the next node's time comes; Infinity for never. */
  msUntilDue(now: number): number {
    let next = Infinity;
    for (const slot of this.#due.keys()) next = Math.min(next, slot * slotMs);
    return Math.max(1, next - now);
  }
}

function slotOf({ againAt }: Verdict): number {
  return Math.ceil(againAt / slotMs);
}

function* first<T>(items: Iterable<T>, limit: number): Iterable<T> {
  let left = limit;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}
