import type { KubeObject } from '../api/object.ts';
import { Event } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import { randomInt, type Random } from '../base/random.ts';
import type { Writer } from '../client/cluster.ts';
import type { Correlated } from './event-correlator.ts';

/** Tells people what happened to an object, as core/v1 Events. */
export interface Recorder {
  /**
   * Never throws and never waits: events are sent in the background, and dropped with a log line when they cannot be.
   * Repeated ones raise `count`; more than 25 on one object in quick succession are dropped, as in client-go.
   */
  event(about: KubeObject, type: 'Normal' | 'Warning', what: EventText): void;
}
export interface EventText {
  /** CamelCase, one word. */
  readonly reason: string;
  readonly message: string;
  /** Which part: `spec.containers{web}`. */
  readonly fieldPath?: string;
  /** What was being done, one word: `Binding`. */
  readonly action?: string;
  /** Another object that has to do with it. */
  readonly related?: KubeObject;
}
/** Who tells. */
export interface EventSource {
  readonly cluster: Writer;
  readonly signal: AbortSignal;
  /** `source.component`, such as `deployment-controller`. */
  readonly component: string;
  /** `source.host`, of what runs on a node. */
  readonly host?: string;
}
/** What the name of an event is made of. */
interface NamedBy {
  readonly clock: Clock;
  readonly random: Random;
}

/** Creates it the first time, patches count and time later; creates it anew when it has expired meanwhile. */
export async function writeEvent(source: EventSource, by: NamedBy, item: Correlated): Promise<void> {
  const { cluster, signal } = source;
  const { count, about } = item;
  const namespace = about.namespace ?? 'default';
  if (item.stored !== undefined) {
    try {
      const key = { namespace, name: `${about.name}.${item.stored}` };
      await cluster.patch(Event, key, { count, lastTimestamp: item.last, message: item.message }, { signal });
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const end = stamp(by);
  const name = `${about.name}.${end}`;
  try {
    await cluster.create(Event, eventObject(source, item, { namespace, name }), { signal });
  } catch (error) {
    // The answer to an earlier attempt was lost.
    if (!isAlreadyExists(error)) throw error;
  }
  item.stored = end;
}

/** Nanoseconds in hex, as client-go names events; what is finer than the clock comes from chance. */
function stamp({ clock, random }: NamedBy): string {
  return (BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(randomInt(random, 1_000_000))).toString(16);
}

function eventObject({ component, host }: EventSource, item: Correlated, at: { namespace: string; name: string }): Event {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: at.name, namespace: at.namespace },
    involvedObject: { ...item.about, ...(item.version === undefined ? {} : { resourceVersion: item.version }) },
    reason: item.reason,
    message: item.message,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: item.first,
    lastTimestamp: item.last,
    count: item.count,
    type: item.type,
    ...(item.action === undefined ? {} : { action: item.action }),
    ...(item.related === undefined ? {} : { related: { ...item.related } }),
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}
