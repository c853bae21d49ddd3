import type { Behavior, Rules } from './behavior.ts';

interface Change {
  readonly pods: number;
  readonly atMs: number;
}

/** What was wished for one target and what was done, as far back as its windows reach. Lost with the process, as upstream. */
export class History {
  #wishes: { readonly replicas: number; readonly atMs: number }[] = [];
  #added: Change[] = [];
  #removed: Change[] = [];

  /** The first wish is what was found, so that nothing is scaled down right after a start. */
  begin(replicas: number, now: number): void {
    if (this.#wishes.length === 0) this.#wishes.push({ replicas, atMs: now });
  }

  /**
   * What is left of a wish where the least of the last window counts on the way up, and the most on the way down; and notes it. As
   * upstream's stabilizeRecommendationWithBehaviors (kubernetes v1.35); without rules the most counts always.
   */
  stabilised(wished: number, current: number, { behavior, now }: { behavior: Behavior; now: number }): number {
    const { up, down } = behavior;
    const within = (windowMs: number) => this.#wishes.filter(({ atMs }) => atMs > now - windowMs).map(({ replicas }) => replicas);
    const least = Math.min(wished, ...within(up.windowMs));
    const most = Math.max(wished, ...within(down.windowMs));
    this.#wishes = this.#wishes.filter(({ atMs }) => atMs >= now - Math.max(up.windowMs, down.windowMs));
    this.#wishes.push({ replicas: wished, atMs: now });
    return behavior.plain ? most : Math.min(Math.max(current, least), most);
  }

  /** Notes that the target was scaled. */
  scaled(from: number, to: number, { behavior, now }: { behavior: Behavior; now: number }): void {
    if (to > from) this.#added = [...recent(this.#added, longest(behavior.up), now), { pods: to - from, atMs: now }];
    else this.#removed = [...recent(this.#removed, longest(behavior.down), now), { pods: from - to, atMs: now }];
  }

  /** How many pods there were when a period began. */
  before(current: number, periodMs: number, now: number): number {
    const sum = (changes: readonly Change[]) =>
      changes.filter(({ atMs }) => atMs > now - periodMs).reduce((total, { pods }) => total + pods, 0);
    return current - sum(this.#added) + sum(this.#removed);
  }
}

function longest({ policies }: Rules): number {
  return Math.max(0, ...policies.map(({ periodMs }) => periodMs));
}
function recent(changes: readonly Change[], periodMs: number, now: number): Change[] {
  return changes.filter(({ atMs }) => atMs >= now - periodMs);
}
