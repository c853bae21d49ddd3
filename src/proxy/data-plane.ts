import type { ServiceTable } from '../api/service-table.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { Balancer } from './balancer.ts';
import type { Dial } from './dial.ts';
import { frontEndsOf, servicePortOf, type FrontEnd, type FrontEndChoice } from './front-end.ts';
import { dialGateway } from './gateway.ts';
import { newCounters, type DataPlaneCounters, type Listener, type ListenerParts } from './listener.ts';
import { problemOf, takenProblem, type FrontEndProblem } from './problem.ts';
import { Rounds } from './rounds.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';

export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly listen: FrontEndChoice;
  readonly dial?: Dial;
  /** Told once of each front-end that cannot be had, and again when the reason changes. */
  readonly report?: (problem: FrontEndProblem) => void;
  /** Connections at once, each of which takes two of the files that this process may open: 8192. Half of them for one front-end. */
  readonly mostConnections?: number;
}
/** Listens where Services are reached and carries what comes to their endpoints. */
export interface DataPlane {
  /** Takes over a whole table; what has not changed is not touched. Resolves when every new front-end was tried once. */
  update(table: ServiceTable): Promise<void>;
  /** Breaks off everything. Afterwards no socket and no timer of it is open. */
  close(): Promise<void>;
  readonly counters: Readonly<DataPlaneCounters>;
}

const roundMs = 1000;
/** Between two attempts to bind what could not be bound. */
const retry = { firstMs: 1000, maxMs: 30_000 } as const;

interface Place {
  frontEnd: FrontEnd;
  readonly listener: Listener;
  state: 'binding' | 'bound' | 'waiting' | 'gone';
  retryAt: number;
}

/** Starts with no Service. Knows no cluster: tables in, listeners out, so that it runs in any process. */
export function startDataPlane(options: DataPlaneOptions): DataPlane {
  return new Listeners(options);
}

class Listeners implements DataPlane {
  readonly counters = newCounters();
  readonly #options: DataPlaneOptions;
  readonly #parts: ListenerParts;
  readonly #rounds: Rounds;
  readonly #places = new Map<string, Place>();
  /** Let go, with connections that go on. */
  readonly #draining = new Set<Listener>();
  readonly #balancers = new Map<string, Balancer>();
  readonly #backoff = new Backoff(retry);
  /** What was reported, by front-end and Service port. */
  readonly #reported = new Map<string, string>();
  #gateway: Dial | undefined;
  #closed = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#rounds = new Rounds({ clock: options.clock, everyMs: roundMs, work: () => this.#round() });
    this.#parts = {
      clock: options.clock,
      log: options.log,
      dial: (address, port, endpoint) => this.#options.dial?.(address, port, endpoint) ?? this.#gateway?.(address, port, endpoint),
      counters: this.counters,
      mostConnections: options.mostConnections ?? 8192,
      wake: () => this.#rounds.wake(),
    };
  }

  async update(table: ServiceTable): Promise<void> {
    if (this.#closed) return;
    this.#gateway = table.gateway === undefined ? undefined : dialGateway(table.gateway);
    const { frontEnds, taken } = frontEndsOf(table, this.#options.listen, (id, servicePort) => this.#holds(id, servicePort));
    const problems = new Set<string>();
    for (const frontEnd of taken) {
      problems.add(problemKey(frontEnd));
      const holder = frontEnds.get(frontEnd.id);
      if (holder !== undefined) this.#report(frontEnd, takenProblem(frontEnd, holder));
    }
    for (const [id, place] of this.#places) if (!frontEnds.has(id)) this.#letGo(id, place);
    const binding: Promise<void>[] = [];
    const ports = new Set<string>();
    for (const [id, frontEnd] of frontEnds) {
      ports.add(servicePortOf(frontEnd));
      problems.add(problemKey(frontEnd));
      const place = this.#places.get(id);
      if (place === undefined) binding.push(this.#add(frontEnd));
      else this.#change(place, frontEnd);
    }
    for (const port of this.#balancers.keys()) if (!ports.has(port)) this.#balancers.delete(port);
    for (const key of this.#reported.keys()) if (!problems.has(key)) this.#reported.delete(key);
    await Promise.all(binding);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const place of this.#places.values()) {
      place.state = 'gone';
      place.listener.end();
    }
    for (const listener of this.#draining) listener.end();
    this.#places.clear();
    this.#draining.clear();
    await this.#rounds.stop();
  }

  #holds(id: string, servicePort: string): boolean {
    const place = this.#places.get(id);
    return place !== undefined && servicePortOf(place.frontEnd) === servicePort;
  }

  #balancer(frontEnd: FrontEnd): Balancer {
    const port = servicePortOf(frontEnd);
    let balancer = this.#balancers.get(port);
    if (balancer === undefined) this.#balancers.set(port, (balancer = new Balancer(this.#options)));
    return balancer;
  }

  #add(frontEnd: FrontEnd): Promise<void> {
    const balancer = this.#balancer(frontEnd);
    const listener =
      frontEnd.protocol === 'TCP' ? new TcpListener(this.#parts, frontEnd, balancer) : new UdpListener(this.#parts, frontEnd, balancer);
    const place: Place = { frontEnd, listener, state: 'binding', retryAt: 0 };
    this.#places.set(frontEnd.id, place);
    return this.#bind(place);
  }

  #change(place: Place, frontEnd: FrontEnd): void {
    if (place.frontEnd === frontEnd) return;
    place.frontEnd = frontEnd;
    place.listener.change(frontEnd, this.#balancer(frontEnd));
  }

  #letGo(id: string, place: Place): void {
    this.#places.delete(id);
    this.#backoff.forget(id);
    if (place.state === 'bound') this.counters.unbound++;
    place.state = 'gone';
    place.listener.unbind();
    this.#draining.add(place.listener);
    this.#rounds.wake();
  }

  async #bind(place: Place): Promise<void> {
    const { id } = place.frontEnd;
    place.state = 'binding';
    try {
      await this.#options.clock.outside(place.listener.bind());
    } catch (error) {
      place.listener.unbind();
      if (isGone(place)) return;
      place.state = 'waiting';
      place.retryAt = this.#options.clock.now() + this.#backoff.nextMs(id);
      this.#report(place.frontEnd, problemOf(place.frontEnd, error));
      this.#rounds.wake();
      return;
    }
    // It went while it was being bound.
    if (isGone(place)) return place.listener.unbind();
    place.state = 'bound';
    this.counters.bound++;
    this.#backoff.forget(id);
    if (this.#reported.delete(problemKey(place.frontEnd))) this.#options.log.info('a front-end could be bound after all', { frontEnd: id });
  }

  #report(frontEnd: FrontEnd, problem: FrontEndProblem): void {
    const key = problemKey(frontEnd);
    if (this.#reported.get(key) === problem.message) return;
    this.#reported.set(key, problem.message);
    this.#options.report?.(problem);
  }

  /** Answers whether there is anything left to watch. */
  #round(): boolean {
    const now = this.#options.clock.now();
    let busy = false;
    for (const place of this.#places.values()) {
      if (place.listener.round()) busy = true;
      if (place.state !== 'waiting') continue;
      busy = true;
      // It never rejects: what goes wrong is reported.
      if (place.retryAt <= now) void this.#bind(place);
    }
    for (const listener of this.#draining) if (!listener.round()) this.#draining.delete(listener);
    return busy || this.#draining.size > 0;
  }
}

const isGone = (place: Place): boolean => place.state === 'gone';

function problemKey(frontEnd: FrontEnd): string {
  return `${frontEnd.id} ${servicePortOf(frontEnd)}`;
}
