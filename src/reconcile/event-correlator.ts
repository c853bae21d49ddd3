import { refOf, refText, type KubeObject, type ObjectKey } from '../api/object.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import type { EventText } from './events.ts';

/** An event as it should stand in the cluster now. */
export interface Correlated {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly fieldPath: string | undefined;
  message: string;
  count: number;
  readonly first: string;
  last: string;
  /** Where it was stored; undefined until then. */
  stored?: ObjectKey;
}

/** As client-go's event correlator: bucket of 25 per object, one back each 5 minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than 10 different messages of one reason within 10 minutes become one event. */
const maxSimilar = 10;
const similarMs = 600_000;
/** How many events, groups and objects are remembered; the longest unused goes first. */
const remembered = 4096;

/** Finds out which events are one and the same, and which are too many. No I/O. */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #events = new Recent<Correlated>();
  readonly #similar = new Recent<{ readonly messages: Set<string>; at: number }>();
  readonly #buckets = new Recent<{ tokens: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(id: string): Correlated | undefined {
    return this.#events.get(id);
  }

  /** The id of the event that is to be written now; undefined when there are too many about this object. */
  observe(about: KubeObject, type: 'Normal' | 'Warning', what: EventText): string | undefined {
    const object = JSON.stringify([refText(refOf(about)), about.metadata.uid ?? '', what.fieldPath ?? '']);
    if (!this.#take(object)) return undefined;
    const group = JSON.stringify([object, type, what.reason]);
    const combined = this.#isOneOfMany(group, what.message);
    const message = combined ? `(combined from similar events): ${what.message}` : what.message;
    const id = combined ? group : JSON.stringify([object, type, what.reason, what.message]);
    const now = timestamp(this.#clock);
    const known = this.#events.get(id);
    if (known === undefined) {
      this.#events.set(id, { about, type, reason: what.reason, fieldPath: what.fieldPath, message, count: 1, first: now, last: now });
    } else {
      known.count++;
      known.last = now;
      known.message = message;
    }
    return id;
  }

  #isOneOfMany(group: string, message: string): boolean {
    const now = this.#clock.now();
    let similar = this.#similar.get(group);
    if (similar === undefined || now - similar.at > similarMs) this.#similar.set(group, (similar = { messages: new Set(), at: now }));
    similar.at = now;
    if (similar.messages.size < maxSimilar) similar.messages.add(message);
    return !similar.messages.has(message);
  }

  #take(object: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(object) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    bucket.at = now;
    this.#buckets.set(object, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

class Recent<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > remembered && oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
