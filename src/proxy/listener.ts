import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Balancer } from './balancer.ts';
import type { Dial } from './dial.ts';
import type { FrontEnd } from './front-end.ts';

/** What the listeners of one data plane share. */
export interface ListenerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly dial: Dial | undefined;
  readonly counters: DataPlaneCounters;
  /** Of the whole data plane; a front-end may have half of them. */
  readonly mostConnections: number;
  /** There is something to look after every now and then. */
  wake(): void;
}
/** Counts since the start, but for `open` and `flows`, which are those of now. */
export interface DataPlaneCounters {
  /** Front-ends that were bound, and those that were let go. */
  bound: number;
  unbound: number;
  accepted: number;
  open: number;
  /** Reset at once: no endpoint, too many connections, or a client that is not let in. */
  refused: number;
  /** Endpoints that were passed over because they did not answer. */
  retried: number;
  /** Connections for which no endpoint answered. */
  failed: number;
  /** Datagrams that came from clients, and those that were dropped. */
  datagrams: number;
  dropped: number;
  /** Clients of UDP that are remembered. */
  flows: number;
}

export function newCounters(): DataPlaneCounters {
  return {
    bound: 0,
    unbound: 0,
    accepted: 0,
    open: 0,
    refused: 0,
    retried: 0,
    failed: 0,
    datagrams: 0,
    dropped: 0,
    flows: 0,
  };
}

/** One front-end that is, or is to be, bound. */
export interface Listener {
  /** @throws Error with the system's code: EADDRINUSE, EACCES, EADDRNOTAVAIL */
  bind(): Promise<void>;
  /** Takes other endpoints and settings for what comes from now on. */
  change(frontEnd: FrontEnd, balancer: Balancer): void;
  /** Lets the address go, at once for all who ask afterwards. Connections that are there go on. */
  unbind(): void;
  /** Called every second while there is something to look after: answers whether there still is. */
  round(): boolean;
  /** Lets the address go and breaks off everything. */
  end(): void;
}
