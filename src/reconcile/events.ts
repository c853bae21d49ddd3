import type { KubeObject } from '../api/object.ts';
import { Event } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound, isPassing } from '../api/status.ts';
import { timestamp, type Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import { randomInt, type Random } from '../base/random.ts';
import type { Writer } from '../client/cluster.ts';
import { EventCorrelator, type Correlated } from './event-correlator.ts';
import { createWorkQueue } from './work-queue.ts';

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
export interface RecorderOptions {
  readonly cluster: Writer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** `source.component`, such as `deployment-controller`. */
  readonly component: string;
  /** `source.host`, of what runs on a node. */
  readonly host?: string;
  /** Shared by recorders of one component that tell of different objects, such as the kubelets of one process. Default: its own. */
  readonly correlator?: EventCorrelator;
}

const concurrency = 8;
const attempts = 12;

/** A recorder that sends until the signal; `done` settles when nothing is under way any more. */
export function startRecorder(options: RecorderOptions): { recorder: Recorder; done: Promise<void> } {
  const { clock, signal, log } = options;
  const { correlator = new EventCorrelator(clock) } = options;
  const queue = createWorkQueue({ clock, signal, backoff: { firstMs: 500, maxMs: 10_000 } });
  const tries = new Map<number, number>();
  const waiting = new Map<number, Correlated>();
  const send = async (id: number): Promise<void> => {
    const item = waiting.get(id);
    if (item === undefined) return;
    try {
      const { count } = item;
      await write(options, item);
      tries.delete(id);
      if (item.count === count) waiting.delete(id);
    } catch (error) {
      const tried = (tries.get(id) ?? 0) + 1;
      if (!signal.aborted && isPassing(error) && tried < attempts) {
        tries.set(id, tried);
        throw error;
      }
      tries.delete(id);
      waiting.delete(id);
      if (!signal.aborted) log.warn('an event could not be sent', { reason: item.reason, message: item.message, error: errorText(error) });
    }
  };
  const done = queue.run((key) => send(Number(key.name)), { concurrency, signal });
  return {
    done,
    recorder: {
      event(about, type, what) {
        if (signal.aborted) return;
        const item = correlator.observe(about, type, what);
        if (item === undefined) return;
        waiting.set(item.id, item);
        queue.add({ namespace: '', name: String(item.id) });
      },
    },
  };
}

/** Creates it the first time, patches count and time later; creates it anew when it has expired meanwhile. */
async function write(options: RecorderOptions, item: Correlated): Promise<void> {
  const { cluster, clock, signal } = options;
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
  const end = stamp(options);
  const name = `${about.name}.${end}`;
  try {
    await cluster.create(Event, eventObject(options, item, { namespace, name, now: timestamp(clock) }), { signal });
  } catch (error) {
    // The answer to an earlier attempt was lost.
    if (!isAlreadyExists(error)) throw error;
  }
  item.stored = end;
}

/** Nanoseconds in hex, as client-go names events; what is finer than the clock comes from chance. */
function stamp(options: RecorderOptions): string {
  return (BigInt(Math.floor(options.clock.now())) * 1_000_000n + BigInt(randomInt(options.random, 1_000_000))).toString(16);
}

function eventObject(options: RecorderOptions, item: Correlated, at: { namespace: string; name: string; now: string }): Event {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: at.name, namespace: at.namespace },
    involvedObject: { ...item.about, ...(item.version === undefined ? {} : { resourceVersion: item.version }) },
    reason: item.reason,
    message: item.message,
    source: { component: options.component, ...(options.host === undefined ? {} : { host: options.host }) },
    firstTimestamp: item.first,
    lastTimestamp: item.last,
    count: item.count,
    type: item.type,
    ...(item.action === undefined ? {} : { action: item.action }),
    ...(item.related === undefined ? {} : { related: { ...item.related } }),
    reportingComponent: options.component,
    reportingInstance: options.host ?? '',
  };
}
