import { Backoff } from '../base/backoff.ts';
import { Heap } from '../base/heap.ts';
import type { Hint, Plugin } from './plugin.ts';
import type { PodFacts } from './pod-facts.ts';

interface Waiting {
  facts: PodFacts;
  readonly priority: number;
  readonly order: number;
}
interface Unschedulable {
  readonly facts: PodFacts;
  readonly since: number;
  /** Not before. */
  readonly at: number;
}

/** To 10 s as kube-scheduler's podMaxBackoffSeconds, but from 0.1 s and not from 1 s: a node comes in several steps, and a pod should be on it within a second. */
const backoff = { firstMs: 100, maxMs: 10_000 } as const;
/** A pod that was not tried for so long begins with short delays again. */
const calmMs = 30_000;

/**
 * Pods without a node. Those that can be tried come by priority and then in the order in which they came; those that fitted nowhere
 * rest until something happens that may help them, and then wait for the end of their back-off. No I/O, no timers: who owns it asks.
 */
export class SchedulingQueue {
  readonly #heap = new Heap<Waiting>((a, b) => b.priority - a.priority || a.order - b.order);
  /** The entry of a pod that counts; entries in the heap that differ are stale. */
  readonly #active = new Map<string, Waiting>();
  readonly #unschedulable = new Map<string, Unschedulable>();
  /** Of those the ones that a hint may help, so that a hint costs what it moves. */
  readonly #helpedBy: Readonly<Record<Hint, Set<string>>> = { podRemoved: new Set(), podPlaced: new Set() };
  /** Moved, but their back-off is not over: uid to the time when it is. */
  readonly #backingOff = new Map<string, { readonly facts: PodFacts; readonly at: number }>();
  /** The earliest of those times, or earlier. */
  #wakeAt = Infinity;
  readonly #backoff = new Backoff(backoff);
  readonly #lastTried = new Map<string, number>();
  readonly #hints: ReadonlyMap<string, readonly Hint[]>;
  #order = 0;

  constructor(plugins: readonly Plugin[]) {
    this.#hints = new Map(plugins.map((plugin) => [plugin.name, plugin.hints ?? []]));
  }

  /** A new pod, or one that changed: what it asks for may be less now, so it is tried at once. */
  add(facts: PodFacts): void {
    this.#rouse(facts.uid);
    this.#backingOff.delete(facts.uid);
    const known = this.#active.get(facts.uid);
    if (known !== undefined && known.priority === priorityOf(facts)) known.facts = facts;
    else this.#activate(facts);
  }

  /** Keeps a pod's new state where it rests: nothing changed that could make it fit. */
  refresh(facts: PodFacts): void {
    const resting = this.#unschedulable.get(facts.uid);
    const backing = this.#backingOff.get(facts.uid);
    const active = this.#active.get(facts.uid);
    if (active !== undefined) active.facts = facts;
    else if (resting !== undefined) this.#unschedulable.set(facts.uid, { ...resting, facts });
    else if (backing !== undefined) this.#backingOff.set(facts.uid, { ...backing, facts });
  }

  has(uid: string): boolean {
    return this.#active.has(uid) || this.#unschedulable.has(uid) || this.#backingOff.has(uid);
  }

  /** It has a node or is gone. */
  remove(uid: string): void {
    this.#active.delete(uid);
    this.#rouse(uid);
    this.#backingOff.delete(uid);
    this.#backoff.forget(uid);
    this.#lastTried.delete(uid);
  }

  /** The next pod to try. It is out of the queue then. */
  pop(): PodFacts | undefined {
    for (let next = this.#heap.pop(); next !== undefined; next = this.#heap.pop()) {
      if (this.#active.get(next.facts.uid) !== next) continue;
      this.#active.delete(next.facts.uid);
      return next.facts;
    }
    return undefined;
  }

  /** It fitted nowhere: it rests until something helps. */
  rest(facts: PodFacts, rejectedBy: ReadonlySet<string>, now: number): void {
    this.#unschedulable.set(facts.uid, { facts, since: now, at: now + this.#nextDelay(facts.uid, now) });
    for (const name of rejectedBy) for (const hint of this.#hints.get(name) ?? []) this.#helpedBy[hint].add(facts.uid);
  }

  /** Something went wrong that has nothing to do with the cluster: it comes back after its back-off. */
  retryLater(facts: PodFacts, now: number): void {
    this.#backOff(facts, now + this.#nextDelay(facts.uid, now));
  }

  /** Something happened that may help those whom `hint`'s plugins turned away; without a hint, everybody. */
  move(now: number, hint?: Hint): void {
    for (const uid of hint === undefined ? [...this.#unschedulable.keys()] : [...this.#helpedBy[hint]]) this.#release(uid, now);
  }

  /** Those who rested for `ageMs` come back even if nothing helped: a help may have been missed. */
  moveOld(now: number, ageMs: number): void {
    for (const [uid, resting] of this.#unschedulable) if (now - resting.since >= ageMs) this.#release(uid, now);
  }

  /** Ends the back-offs that are over. Answers when the next one is. */
  wake(now: number): number | undefined {
    if (now >= this.#wakeAt) {
      this.#wakeAt = Infinity;
      for (const [uid, { facts, at }] of this.#backingOff) {
        if (at <= now) {
          this.#backingOff.delete(uid);
          this.#activate(facts);
        } else this.#wakeAt = Math.min(this.#wakeAt, at);
      }
    }
    return this.#wakeAt === Infinity ? undefined : this.#wakeAt;
  }

  counts(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backingOff.size, unschedulable: this.#unschedulable.size };
  }

  #release(uid: string, now: number): void {
    const resting = this.#rouse(uid);
    if (resting === undefined) return;
    if (resting.at <= now) this.#activate(resting.facts);
    else this.#backOff(resting.facts, resting.at);
  }

  #backOff(facts: PodFacts, at: number): void {
    this.#backingOff.set(facts.uid, { facts, at });
    this.#wakeAt = Math.min(this.#wakeAt, at);
  }

  #rouse(uid: string): Unschedulable | undefined {
    const resting = this.#unschedulable.get(uid);
    if (resting === undefined) return undefined;
    this.#unschedulable.delete(uid);
    for (const waiting of Object.values(this.#helpedBy)) waiting.delete(uid);
    return resting;
  }

  #nextDelay(uid: string, now: number): number {
    if (now - (this.#lastTried.get(uid) ?? now) >= calmMs) this.#backoff.forget(uid);
    this.#lastTried.set(uid, now);
    return this.#backoff.nextMs(uid);
  }

  #activate(facts: PodFacts): void {
    const waiting = { facts, priority: priorityOf(facts), order: this.#order++ };
    this.#active.set(facts.uid, waiting);
    this.#heap.push(waiting);
  }
}

function priorityOf(facts: PodFacts): number {
  return facts.pod.spec.priority ?? 0;
}
