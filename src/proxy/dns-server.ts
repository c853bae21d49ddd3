import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { ServiceTable } from '../api/service-table.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { answerMessage } from './dns/answer.ts';
import { Forwarder, type Upstream } from './dns/forwarder.ts';
import { zoneOf } from './dns/zone.ts';
import { Rounds } from './rounds.ts';

export interface DnsServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Port 53; 0 for any that is free for both protocols. */
  readonly listen: { readonly address: string; readonly port?: number };
  /** `cluster.local` */
  readonly domain?: string;
  /** Who is asked for names that are not the cluster's. None: such questions are refused. */
  readonly upstreams?: readonly Upstream[];
}
/** Answers for the names of Services, by UDP and TCP. */
export interface DnsServer {
  readonly port: number;
  /** Takes over a whole table, from the next question on. */
  update(table: ServiceTable): void;
  close(): Promise<void>;
}

/** So long a connection may take for its next question. */
const patienceMs = 10_000;
const mostConnections = 256;
/** Datagrams that are being answered at once; more are dropped, and asked again by their clients. */
const mostUnderWay = 2048;
const bindAttempts = 8;

/** Starts with no names. @throws Error with the system's code where it cannot listen */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { clock, random, listen, domain = 'cluster.local', upstreams = [] } = options;
  const forwarder = new Forwarder({ clock, random, upstreams });
  let zone = zoneOf({ services: [] }, domain.toLowerCase());
  const answer = (message: Buffer, by: 'UDP' | 'TCP'): Promise<Buffer | undefined> => answerMessage(message, by, { zone, forwarder });
  const streams = new Streams(clock, (message) => answer(message, 'TCP'));
  const { datagrams, server, port } = await clock.outside(bindBoth(listen.address, listen.port ?? 53, (socket) => streams.take(socket)));
  serveDatagrams(datagrams, options.log, (message) => answer(message, 'UDP'));
  server.on('error', (error) => options.log.warn('the DNS server failed', { error: errorText(error) }));
  return {
    port,
    update: (table) => void (zone = zoneOf(table, zone.domain)),
    close: async () => {
      datagrams.removeAllListeners('message').close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await streams.end();
      await forwarder.close();
      await closed;
    },
  };
}

interface Bound {
  readonly datagrams: Datagrams;
  readonly server: Server;
  readonly port: number;
}

/** A free port of one protocol may be taken in the other: then another one is tried. */
async function bindBoth(address: string, port: number, take: (socket: Socket) => void): Promise<Bound> {
  for (let attempt = 1; ; attempt++) {
    const datagrams = await bindDatagrams(address, port);
    try {
      const server = await bindStreams(address, datagrams.address().port, take);
      return { datagrams, server, port: datagrams.address().port };
    } catch (error) {
      datagrams.close();
      if (port !== 0 || attempt >= bindAttempts) throw error;
    }
  }
}

function bindDatagrams(address: string, port: number): Promise<Datagrams> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => resolve(socket.removeAllListeners('error')));
  });
}

function bindStreams(host: string, port: number, take: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, take);
  server.maxConnections = mostConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server.removeAllListeners('error')));
  });
}

function serveDatagrams(socket: Datagrams, log: Log, answer: (message: Buffer) => Promise<Buffer | undefined>): void {
  let underWay = 0;
  socket.on('error', (error) => log.warn('the DNS server failed', { error: errorText(error) }));
  socket.on('message', (message, from) => {
    if (underWay >= mostUnderWay) return;
    underWay++;
    answer(message)
      // A client that is gone by now, or gave a false address, is not looked for.
      .then((reply) => (reply === undefined ? undefined : socket.send(reply, from.port, from.address, () => undefined)))
      .catch((error: unknown) => log.debug('a DNS answer was not sent', { error: errorText(error) }))
      .finally(() => underWay--);
  });
}

/** Questions by TCP: each with its length before it, one answered after the other. */
class Streams {
  readonly #clock: Clock;
  readonly #answer: (message: Buffer) => Promise<Buffer | undefined>;
  readonly #rounds: Rounds;
  /** Since when each is waited for. */
  readonly #sockets = new Map<Socket, number>();

  constructor(clock: Clock, answer: (message: Buffer) => Promise<Buffer | undefined>) {
    this.#clock = clock;
    this.#answer = answer;
    this.#rounds = new Rounds({ clock, everyMs: 1000, work: () => this.#look() });
  }

  take(socket: Socket): void {
    this.#sockets.set(socket, this.#clock.now());
    this.#rounds.wake();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    // Ends with the connection, however that ends.
    this.#serve(socket).catch(() => socket.destroy());
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy();
    await this.#rounds.stop();
  }

  async #serve(socket: Socket): Promise<void> {
    let heard: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      // The socket is an iterable of buffers, since it has no encoding.
      heard = Buffer.concat([heard, chunk as Buffer]);
      while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
        const end = 2 + heard.readUInt16BE(0);
        const reply = await this.#answer(heard.subarray(2, end));
        heard = heard.subarray(end);
        if (reply === undefined || socket.destroyed) return;
        this.#sockets.set(socket, this.#clock.now());
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
        // One that asks and never listens is not written to for ever.
        if (socket.writableLength > 1_048_576) return;
      }
    }
  }

  #look(): boolean {
    const now = this.#clock.now();
    for (const [socket, since] of this.#sockets) if (now - since >= patienceMs) socket.destroy();
    return this.#sockets.size > 0;
  }
}
