import { Heap } from '../base/heap.ts';
import type { ClusterEvent, EventKind } from './cluster-event.ts';
import type { Hint } from './plugin.ts';
import type { Profile } from './profile.ts';
import type { ClusterState } from './state/cluster-state.ts';
import type { PodFacts } from './state/pod-facts.ts';

export interface QueueOptions {
  /** Of the pods that come; by schedulerName. */
  readonly profiles: readonly Profile[];
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

type Place = 'active' | 'backoff' | 'resting' | 'held';
/** One pod without a node. It is in one place at a time; entries of heaps that do not fit it any more are stale. */
interface Waiting {
  facts: PodFacts;
  place: Place;
  order: number;
  /** Tries that came to nothing, in a row. */
  attempts: number;
  /** When its back-off is over. */
  readyAt: number;
  restingSince: number;
  /** An error put it there, which waiting may mend and asking again at once does not. */
  failed: boolean;
  /** What wakes it is remembered and done later: what it waits for is being done. */
  blocked: boolean;
  missed: boolean;
  rejectedBy: ReadonlySet<string>;
}
/** Stands for no plugin at all: there was no node. Whatever happens may help. */
const nobody: ReadonlySet<string> = new Set(['']);

interface Entry {
  readonly waiting: Waiting;
  readonly order: number;
  readonly priority: number;
  readonly readyAt: number;
}

/**
 * Pods without a node. Those that can be tried come by priority and then in the order in which they came. Those that fitted nowhere
 * rest until something happens that the plugins which turned them away say may help, and then wait for the end of their back-off,
 * unless nobody else is to be tried. Pods that are held back (gates) cost nothing. No I/O, no timers: who owns it asks.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #active = new Heap<Entry>((a, b) => b.priority - a.priority || a.order - b.order);
  readonly #backoff = new Heap<Entry>((a, b) => a.readyAt - b.readyAt || b.priority - a.priority || a.order - b.order);
  readonly #failed = new Heap<Entry>((a, b) => a.readyAt - b.readyAt || a.order - b.order);
  readonly #all = new Map<string, Waiting>();
  /** Plugin to the resting pods that it turned away: what happens is told to those alone. */
  readonly #restingBy = new Map<string, Map<string, Waiting>>();
  /** For each kind of event, plugins that may be helped by it, by profile. */
  readonly #hints: ReadonlyMap<EventKind, readonly string[]>;
  readonly #hintOf = new Map<string, Hint>();
  /** Popped, and not known yet what became of it. */
  readonly #tried = new Map<string, Waiting>();
  #order = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const kinds = new Map<EventKind, Set<string>>();
    for (const { schedulerName, plugins } of options.profiles) {
      for (const { name, hints = {} } of plugins) {
        for (const kind of Object.keys(hints) as EventKind[]) {
          kinds.set(kind, (kinds.get(kind) ?? new Set()).add(name));
          this.#hintOf.set(`${schedulerName}/${name}/${kind}`, hints[kind] as Hint);
        }
      }
    }
    this.#hints = new Map([...kinds].map(([kind, names]) => [kind, [...names]]));
  }

  /** A new pod, or one that changed: what it asks for may be less now, so it is tried at once. */
  add(facts: PodFacts): void {
    const known = this.#all.get(facts.uid);
    const waiting = known ?? fresh(facts);
    const inPlace = known?.place === 'active' && known.facts.priority === facts.priority;
    this.#unrest(waiting);
    waiting.facts = facts;
    waiting.blocked = false;
    this.#all.set(facts.uid, waiting);
    if (this.#isHeld(facts)) waiting.place = 'held';
    else if (!inPlace) this.#activate(waiting);
  }

  /** Keeps a pod's new state where it rests: nothing changed that could make it fit. */
  refresh(facts: PodFacts): void {
    const known = this.#all.get(facts.uid);
    if (known !== undefined) known.facts = facts;
  }

  has(uid: string): boolean {
    return this.#all.has(uid);
  }

  /** It has a node or is gone. */
  remove(uid: string): void {
    const known = this.#all.get(uid);
    if (known === undefined) return;
    this.#unrest(known);
    this.#all.delete(uid);
  }

  /** The next pod to try; one whose back-off is not over when there is no other. It is out of the queue then, but its tries are remembered with it. */
  pop(): PodFacts | undefined {
    const waiting = this.#next(this.#active, 'active') ?? this.#next(this.#backoff, 'backoff');
    if (waiting === undefined) return undefined;
    this.#all.delete(waiting.facts.uid);
    this.#tried.set(waiting.facts.uid, waiting);
    return waiting.facts;
  }

  /** What was popped has found its node, or is not to be tried again: its tries are forgotten. */
  done(uid: string): void {
    this.#tried.delete(uid);
  }

  /** It fitted nowhere: it rests until something helps. */
  rest(facts: PodFacts, rejectedBy: ReadonlySet<string>, now: number): void {
    const waiting = this.#back(facts, now);
    waiting.place = 'resting';
    waiting.failed = false;
    waiting.restingSince = now;
    waiting.rejectedBy = rejectedBy.size === 0 ? nobody : rejectedBy;
    for (const name of waiting.rejectedBy) {
      const resting = this.#restingBy.get(name);
      if (resting === undefined) this.#restingBy.set(name, new Map([[facts.uid, waiting]]));
      else resting.set(facts.uid, waiting);
    }
  }

  /** Something went wrong that has nothing to do with the cluster: it comes back after its back-off. */
  retryLater(facts: PodFacts, now: number): void {
    const waiting = this.#back(facts, now);
    waiting.failed = true;
    this.#backOff(waiting);
  }

  /** Something happened: wakes those who were turned away by a plugin that says it may help them. Answers how many. */
  happened(event: ClusterEvent, state: ClusterState, now: number): number {
    let woken = 0;
    const forAnything = this.#restingBy.get('');
    if (forAnything !== undefined) for (const waiting of [...forAnything.values()]) this.#release(waiting, now);
    for (const name of this.#hints.get(event.kind) ?? []) {
      for (const waiting of [...(this.#restingBy.get(name)?.values() ?? [])]) {
        const { facts } = waiting;
        const hint = this.#hintOf.get(`${facts.pod.spec.schedulerName ?? 'default-scheduler'}/${name}/${event.kind}`);
        if (hint?.(facts, event, state) !== true) continue;
        this.#release(waiting, now);
        woken++;
      }
    }
    return woken;
  }

  /** A resting pod stays where it is, whatever happens, until it is unblocked. */
  block(uid: string): void {
    const known = this.#all.get(uid);
    if (known?.place === 'resting') known.blocked = true;
  }

  /** It is woken if something happened meanwhile that would have woken it, or, after its back-off, with `wake`: what it waited for failed. */
  unblock(uid: string, now: number, wake: boolean): void {
    const known = this.#all.get(uid);
    if (known?.blocked !== true) return;
    known.blocked = false;
    const due = wake || known.missed;
    known.missed = false;
    // Asking again at once would meet the same.
    if (wake) known.failed = true;
    if (due && known.place === 'resting') this.#release(known, now);
  }

  /** Those who rested for `ageMs` come back even if nothing helped: a help may have been missed. */
  moveOld(now: number, ageMs: number): void {
    for (const waiting of this.#all.values()) {
      if (waiting.place === 'resting' && now - waiting.restingSince >= ageMs) this.#release(waiting, now);
    }
  }

  /** Ends the back-offs that are over. Answers when the next one is that nothing ends sooner. */
  wake(now: number): number | undefined {
    for (const heap of [this.#backoff, this.#failed]) {
      for (let next = this.#peek(heap); next !== undefined && next.readyAt <= now; next = this.#peek(heap)) {
        heap.pop();
        this.#activate(next.waiting);
      }
    }
    return this.#peek(this.#failed)?.readyAt;
  }

  counts(): { readonly active: number; readonly backoff: number; readonly unschedulable: number; readonly held: number } {
    const count = { active: 0, backoff: 0, resting: 0, held: 0 };
    for (const { place } of this.#all.values()) count[place]++;
    return { active: count.active, backoff: count.backoff, unschedulable: count.resting, held: count.held };
  }

  #isHeld(facts: PodFacts): boolean {
    const name = facts.pod.spec.schedulerName ?? 'default-scheduler';
    const profile = this.#options.profiles.find(({ schedulerName }) => schedulerName === name);
    return profile?.plugins.some((plugin) => plugin.hold?.(facts) !== undefined) ?? false;
  }

  #back(facts: PodFacts, now: number): Waiting {
    const waiting = this.#tried.get(facts.uid) ?? fresh(facts);
    this.#tried.delete(facts.uid);
    const known = this.#all.get(facts.uid);
    if (known !== undefined && known !== waiting) this.remove(facts.uid);
    waiting.facts = facts;
    waiting.attempts++;
    const { initialBackoffMs, maxBackoffMs } = this.#options;
    waiting.readyAt = now + Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.min(waiting.attempts - 1, 40));
    this.#all.set(facts.uid, waiting);
    return waiting;
  }

  #release(waiting: Waiting, now: number): void {
    if (waiting.blocked) {
      waiting.missed = true;
      return;
    }
    this.#unrest(waiting);
    if (waiting.readyAt <= now) this.#activate(waiting);
    else this.#backOff(waiting);
  }

  #backOff(waiting: Waiting): void {
    waiting.place = 'backoff';
    waiting.order = this.#order++;
    (waiting.failed ? this.#failed : this.#backoff).push(entryOf(waiting));
  }

  #activate(waiting: Waiting): void {
    waiting.place = 'active';
    waiting.order = this.#order++;
    this.#active.push(entryOf(waiting));
  }

  #unrest(waiting: Waiting): void {
    if (waiting.place !== 'resting') return;
    for (const name of waiting.rejectedBy) this.#restingBy.get(name)?.delete(waiting.facts.uid);
  }

  #next(heap: Heap<Entry>, place: Place): Waiting | undefined {
    const next = this.#peek(heap, place);
    if (next !== undefined) heap.pop();
    return next?.waiting;
  }

  /** Past what is stale. */
  #peek(heap: Heap<Entry>, place: Place = 'backoff'): Entry | undefined {
    for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
      const { waiting } = next;
      if (waiting.place === place && waiting.order === next.order && this.#all.get(waiting.facts.uid) === waiting) return next;
      heap.pop();
    }
    return undefined;
  }
}

function fresh(facts: PodFacts): Waiting {
  return {
    facts,
    place: 'active',
    order: -1,
    attempts: 0,
    readyAt: 0,
    restingSince: 0,
    failed: false,
    blocked: false,
    missed: false,
    rejectedBy: new Set(),
  };
}
function entryOf(waiting: Waiting): Entry {
  const { order, facts, readyAt } = waiting;
  return { waiting, order, priority: facts.priority, readyAt };
}
