import type { KubeObject, ObjectKey } from '../api/object.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import type { EventText } from './events.ts';

/** What an event says of the object that it is about. The object itself is not kept: many events outlive it. */
export interface About {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly fieldPath?: string;
}
/** An event as it should stand in the cluster now. */
export interface Correlated {
  /** No other event of the correlator has it. */
  readonly id: string;
  readonly about: About;
  /** resourceVersion of the object when this was first said of it. */
  readonly version: string | undefined;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  message: string;
  count: number;
  readonly first: string;
  last: string;
  /** Its name in the cluster; undefined until it is stored. */
  stored?: ObjectKey['name'];
}

/** As client-go's event correlator: bucket of 25 per object, one back each 5 minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than 10 different messages of one reason within 10 minutes become one event. */
const maxSimilar = 10;
const similarMs = 600_000;
/** How many objects are remembered; the longest unused goes first. */
const remembered = 4096;

/** What is remembered of one object, or one part of it. */
interface Memory {
  tokens: number;
  at: number;
  readonly about: About;
  /** The newest ones, oldest first. Lists of their exact length, since they are short and there are many of them. */
  events: readonly { readonly of: string; readonly event: Correlated }[];
  /** Messages by type and reason. */
  similar: readonly Similar[];
}
interface Similar {
  readonly of: string;
  messages: readonly string[];
  at: number;
}
/** How many different events of one object are remembered. */
const eventsOfOne = 100;

/** Finds out which events are one and the same, and which are too many. No I/O. */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Memory>();
  #made = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The event that is to be written now; undefined when there are too many about this object. */
  observe(object: KubeObject, type: 'Normal' | 'Warning', what: EventText): Correlated | undefined {
    const memory = this.#memoryOf(object, what.fieldPath);
    if (!this.#take(memory)) return undefined;
    const group = `${type} ${what.reason}`;
    const combined = this.#isOneOfMany(memory, group, what.message);
    const message = combined ? `(combined from similar events): ${what.message}` : what.message;
    const id = combined ? group : `${group} ${what.message}`;
    const now = timestamp(this.#clock);
    const known = memory.events.find(({ of }) => of === id)?.event;
    if (known !== undefined) {
      known.count++;
      known.last = now;
      known.message = message;
      return known;
    }
    const { about } = memory;
    const version = object.metadata.resourceVersion;
    const event = { id: String(this.#made++), about, version, type, reason: what.reason, message, count: 1, first: now, last: now };
    memory.events = [...memory.events.slice(1 - eventsOfOne), { of: id, event }];
    return event;
  }

  #memoryOf(object: KubeObject, fieldPath: string | undefined): Memory {
    const { namespace = '', name, uid = '' } = object.metadata;
    const key = `${object.apiVersion} ${object.kind} ${namespace} ${name} ${uid} ${fieldPath ?? ''}`;
    const memory = this.#objects.get(key) ?? {
      tokens: burst,
      at: this.#clock.now(),
      about: aboutOf(object, fieldPath),
      events: [],
      similar: [],
    };
    this.#objects.delete(key);
    this.#objects.set(key, memory);
    const oldest = this.#objects.keys().next();
    if (this.#objects.size > remembered && oldest.done !== true) this.#objects.delete(oldest.value);
    return memory;
  }

  #isOneOfMany(memory: Memory, group: string, message: string): boolean {
    const now = this.#clock.now();
    let similar = memory.similar.find(({ of }) => of === group);
    if (similar === undefined) memory.similar = [...memory.similar, (similar = { of: group, messages: [], at: now })];
    if (now - similar.at > similarMs) similar.messages = [];
    similar.at = now;
    if (similar.messages.includes(message)) return false;
    if (similar.messages.length >= maxSimilar) return true;
    similar.messages = [...similar.messages, message];
    return false;
  }

  #take(memory: Memory): boolean {
    const now = this.#clock.now();
    memory.tokens = Math.min(burst, memory.tokens + (now - memory.at) / refillMs);
    memory.at = now;
    if (memory.tokens < 1) return false;
    memory.tokens--;
    return true;
  }
}

function aboutOf({ apiVersion, kind, metadata }: KubeObject, fieldPath: string | undefined): About {
  const { name, namespace, uid } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
