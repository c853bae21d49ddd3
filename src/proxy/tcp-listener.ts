import { createServer, type Server, type Socket } from 'node:net';
import { errorText } from '../base/log.ts';
import type { Balancer } from './balancer.ts';
import { highWaterMark, reset } from './dial.ts';
import type { FrontEnd } from './front-end.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { withinRanges, type AddressTest } from './special-addresses.ts';
import { TcpConnection } from './tcp-connection.ts';

/** As the kernel's connection tracking under kube-proxy (tcp_timeout_established, tcp_timeout_close_wait). */
const idleMs = 24 * 3_600_000;
const halfClosedMs = 3_600_000;
/** While it is full. */
const crowdedIdleMs = 60_000;
/** Idle connections are looked for every so many rounds; of those that are being made, every round. */
const idleRounds = 10;

/** The TCP side of a front-end. */
export class TcpListener implements Listener {
  readonly #parts: ListenerParts;
  readonly #connections = new Set<TcpConnection>();
  #frontEnd: FrontEnd;
  #balancer: Balancer;
  #allowed: AddressTest | undefined;
  #server: Server | undefined;
  #rounds = 0;

  constructor(parts: ListenerParts, frontEnd: FrontEnd, balancer: Balancer) {
    this.#parts = parts;
    this.#frontEnd = frontEnd;
    this.#balancer = balancer;
    this.change(frontEnd, balancer);
  }

  change(frontEnd: FrontEnd, balancer: Balancer): void {
    this.#frontEnd = frontEnd;
    this.#balancer = balancer;
    this.#allowed = frontEnd.sourceRanges === undefined ? undefined : withinRanges(frontEnd.sourceRanges);
  }

  bind(): Promise<void> {
    const { address, port } = this.#frontEnd;
    const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark }, (client) => this.#accept(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      const letGo = (): void => reject(new Error('it was let go before it was bound'));
      server.once('error', reject);
      server.once('close', letGo);
      server.listen({ host: address, port, backlog: 1024, exclusive: true }, () => {
        server.off('error', reject);
        if (this.#server !== server) return void server.close(letGo);
        server.on('error', (error) => this.#parts.log.warn('a listener failed', { address, port, error: errorText(error) }));
        resolve();
      });
    });
  }

  unbind(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  end(): void {
    this.unbind();
    for (const connection of this.#connections) connection.end();
  }

  round(): boolean {
    this.#rounds++;
    const crowded = this.#isFull();
    const look = crowded || this.#rounds % idleRounds === 0;
    for (const connection of this.#connections) {
      connection.checkDialling();
      if (!look) continue;
      const { ms, halfClosed } = connection.idle();
      if (ms >= (crowded ? crowdedIdleMs : halfClosed ? halfClosedMs : idleMs)) connection.end();
    }
    return this.#connections.size > 0;
  }

  #accept(client: Socket): void {
    const { counters, clock, dial } = this.#parts;
    const { endpoints, affinitySeconds } = this.#frontEnd;
    const address = client.remoteAddress ?? '';
    const first = this.#admits(address) ? this.#balancer.choose(endpoints, address, affinitySeconds) : -1;
    if (first < 0) {
      counters.refused++;
      client.on('error', () => undefined);
      return reset(client);
    }
    counters.accepted++;
    counters.open++;
    const balancer = this.#balancer;
    const connection: TcpConnection = new TcpConnection({
      client,
      endpoints,
      first,
      dial,
      now: () => clock.now(),
      events: {
        joined: (endpoint) => (affinitySeconds === undefined ? undefined : balancer.remember(address, endpoint)),
        retried: () => void counters.retried++,
        failed: () => void counters.failed++,
        closed: () => {
          counters.open--;
          this.#connections.delete(connection);
        },
      },
    });
    this.#connections.add(connection);
    this.#parts.wake();
  }

  /** New connections are reset then, and those that rest give way. */
  #isFull(): boolean {
    const { mostConnections, counters } = this.#parts;
    return this.#connections.size >= mostConnections / 2 || counters.open >= mostConnections;
  }

  /** A client that is gone already has no address. */
  #admits(address: string): boolean {
    return address !== '' && !this.#isFull() && this.#allowed?.(address) !== false;
  }
}
