import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ServiceEndpoint } from '../api/service-table.ts';
import { errorText } from '../base/log.ts';
import { endpointKey, type Balancer } from './balancer.ts';
import type { FrontEnd } from './front-end.ts';
import type { Listener, ListenerParts } from './listener.ts';
import { withinRanges, type AddressTest } from './special-addresses.ts';

/** As the kernel's connection tracking: a client that was never answered, and one that was. */
const unansweredMs = 30_000;
const answeredMs = 120_000;
/** Clients at once for one front-end; the one that came first gives way. */
const mostFlows = 1024;
/** Datagrams that wait while a flow's socket opens. */
const mostWaiting = 64;

/** The UDP side of a front-end: each client (address and port) has a socket of its own towards its endpoint. */
export class UdpListener implements Listener {
  readonly #parts: ListenerParts;
  readonly #flows = new Map<string, Flow>();
  #frontEnd: FrontEnd;
  #balancer: Balancer;
  #allowed: AddressTest | undefined;
  #socket: Socket | undefined;

  constructor(parts: ListenerParts, frontEnd: FrontEnd, balancer: Balancer) {
    this.#parts = parts;
    this.#frontEnd = frontEnd;
    this.#balancer = balancer;
    this.change(frontEnd, balancer);
  }

  /** Clients of endpoints that are gone are given others, as kube-proxy flushes what the kernel remembers of UDP. */
  change(frontEnd: FrontEnd, balancer: Balancer): void {
    this.#frontEnd = frontEnd;
    this.#balancer = balancer;
    this.#allowed = frontEnd.sourceRanges === undefined ? undefined : withinRanges(frontEnd.sourceRanges);
    const left = new Set(frontEnd.endpoints.map(endpointKey));
    for (const [client, flow] of this.#flows) if (!left.has(endpointKey(flow.endpoint))) this.#forget(client);
  }

  bind(): Promise<void> {
    const { address, port } = this.#frontEnd;
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('it was let go before it was bound')));
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', reject);
        socket.on('error', (error) => this.#parts.log.warn('a listener failed', { address, port, error: errorText(error) }));
        socket.on('message', (data, from) => this.#take(data, from));
        resolve();
      });
    });
  }

  unbind(): void {
    for (const client of [...this.#flows.keys()]) this.#forget(client);
    this.#socket?.removeAllListeners('message');
    this.#socket?.close();
    this.#socket = undefined;
  }

  end(): void {
    this.unbind();
  }

  round(): boolean {
    const now = this.#parts.clock.now();
    for (const [client, flow] of this.#flows) {
      if (now - flow.lastAt >= (flow.answered ? answeredMs : unansweredMs)) this.#forget(client);
    }
    return this.#flows.size > 0;
  }

  #take(data: Buffer, from: RemoteInfo): void {
    const { counters } = this.#parts;
    counters.datagrams++;
    const client = `${from.address} ${from.port}`;
    const flow = this.#flows.get(client) ?? this.#open(client, from);
    if (flow?.send(data) !== true) counters.dropped++;
  }

  #open(client: string, from: RemoteInfo): Flow | undefined {
    if (this.#allowed?.(from.address) === false) return undefined;
    const { endpoints, affinitySeconds } = this.#frontEnd;
    const endpoint = endpoints[this.#balancer.choose(endpoints, from.address, affinitySeconds)];
    if (endpoint === undefined) return undefined;
    if (affinitySeconds !== undefined) this.#balancer.remember(from.address, endpoint);
    if (this.#flows.size >= mostFlows) this.#forget([...this.#flows.keys()][0] as string);
    const flow: Flow = new Flow({
      endpoint,
      now: () => this.#parts.clock.now(),
      answer: (data) => this.#socket?.send(data, from.port, from.address, () => undefined),
      // Nobody listens there, or the machine has no more sockets: the next datagram may go elsewhere.
      failed: () => {
        if (this.#flows.get(client) === flow) this.#forget(client);
      },
    });
    this.#flows.set(client, flow);
    this.#parts.counters.flows++;
    this.#parts.wake();
    return flow;
  }

  #forget(client: string): void {
    const flow = this.#flows.get(client);
    if (flow === undefined) return;
    this.#flows.delete(client);
    this.#parts.counters.flows--;
    flow.close();
  }
}

interface FlowOptions {
  readonly endpoint: ServiceEndpoint;
  now(): number;
  answer(data: Buffer): void;
  failed(error: Error): void;
}

/** One client's way to its endpoint and back. */
class Flow {
  readonly endpoint: ServiceEndpoint;
  lastAt: number;
  answered = false;
  readonly #socket: Socket;
  readonly #options: FlowOptions;
  #waiting: Buffer[] | undefined = [];
  #closed = false;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    this.lastAt = options.now();
    this.#socket = createSocket({ type: isIPv6(options.endpoint.address) ? 'udp6' : 'udp4' });
    this.#socket.on('error', (error) => options.failed(error));
    this.#socket.on('message', (data) => {
      this.answered = true;
      this.lastAt = options.now();
      options.answer(data);
    });
    this.#socket.connect(options.endpoint.port, options.endpoint.address, () => this.#connected());
  }

  /** False when it was dropped. */
  send(data: Buffer): boolean {
    this.lastAt = this.#options.now();
    if (this.#waiting !== undefined) return this.#waiting.length < mostWaiting && this.#waiting.push(data) > 0;
    this.#socket.send(data, (error) => {
      if (error !== null && error !== undefined) this.#options.failed(error);
    });
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #connected(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (this.#closed) return;
    for (const data of waiting) this.send(data);
  }
}
