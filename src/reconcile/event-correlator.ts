import type { KubeObject } from '../api/object.ts';
import { parseTime, timestamp, type Clock } from '../base/clock.ts';
import { OldestFirst } from '../base/oldest-first.ts';
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
/** An event as it should stand in the cluster now. There are some of each pod, so it holds no text twice. */
export interface Correlated {
  readonly about: About;
  /** resourceVersion of the object when this was first said of it. */
  readonly version: string | undefined;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string | undefined;
  readonly related: About | undefined;
  message: string;
  count: number;
  readonly first: string;
  last: string;
  /** It stands for messages of one reason that were too many. */
  readonly combined: boolean;
  /** Its message counts among the different ones of these ten minutes. */
  fresh: boolean;
  /** The end of its name in the cluster; undefined until it is stored. */
  stored: string | undefined;
}

/** As client-go's event correlator: bucket of 25 per object, one back each 5 minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than 10 different messages of one reason within 10 minutes become one event. */
const maxSimilar = 10;
const similarMs = 600_000;
/** How many objects are remembered; the longest unused goes first. */
const remembered = 4096;
/** How many different events of one object are remembered. */
const eventsOfOne = 100;

/** What is remembered of one object, or one part of it. */
interface Memory {
  tokens: number;
  at: number;
  readonly about: About;
  /** The newest ones, oldest first. A list of its exact length, since it is short and there are many of them. */
  events: readonly Correlated[];
}

/** Finds out which events are one and the same, and which are too many. No I/O. */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Memory>();
  readonly #oldest = new OldestFirst(this.#objects);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The event that is to be written now; undefined when there are too many about this object. */
  observe(object: KubeObject, type: 'Normal' | 'Warning', what: EventText): Correlated | undefined {
    const memory = this.#memoryOf(object, what.fieldPath);
    if (!this.#take(memory)) return undefined;
    const { reason, message } = what;
    const similar = memory.events.filter((one) => one.type === type && one.reason === reason);
    this.#forgetOld(similar);
    const same = similar.find((one) => !one.combined && one.message === message);
    const combined = same?.fresh !== true && similar.filter(({ fresh }) => fresh).length >= maxSimilar;
    const now = timestamp(this.#clock);
    const known = combined ? similar.find((one) => one.combined) : same;
    const text = combined ? `(combined from similar events): ${message}` : message;
    if (known !== undefined) return Object.assign(known, { count: known.count + 1, last: now, message: text, fresh: !combined });
    const event: Correlated = {
      about: memory.about,
      version: object.metadata.resourceVersion,
      type,
      reason,
      action: what.action,
      related: what.related === undefined ? undefined : aboutOf(what.related, undefined),
      message: text,
      count: 1,
      first: now,
      last: now,
      combined,
      fresh: !combined,
      stored: undefined,
    };
    memory.events = memory.events.slice(1 - eventsOfOne).concat(event);
    return event;
  }

  #memoryOf(object: KubeObject, fieldPath: string | undefined): Memory {
    const { namespace = '', name, uid = '' } = object.metadata;
    const key = `${uid === '' ? `${object.apiVersion} ${object.kind} ${namespace} ${name}` : uid} ${fieldPath ?? ''}`;
    const memory = this.#objects.get(key) ?? { tokens: burst, at: this.#clock.now(), about: aboutOf(object, fieldPath), events: [] };
    this.#objects.delete(key);
    this.#objects.set(key, memory);
    if (this.#objects.size > remembered) this.#objects.delete(this.#oldest.next() ?? '');
    return memory;
  }

  /** Ten minutes after the last event of a reason its messages stand for themselves again. */
  #forgetOld(similar: readonly Correlated[]): void {
    const last = Math.max(...similar.map((one) => parseTime(one.last) ?? 0));
    if (this.#clock.now() - last > similarMs) for (const one of similar) one.fresh = false;
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
