import { createSocket, type Socket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { belongs, writeQuery } from './message.ts';

/** Another DNS server. */
export interface Upstream {
  readonly address: string;
  /** 53 */
  readonly port?: number;
}
/** So long each server has for its answer; all are asked twice. */
const patienceMs = 2000;
const rounds = 2;
/** Questions under way at once. */
const mostUnderWay = 512;

/** Asks other servers, one after the other, what the cluster does not know. */
export class Forwarder {
  readonly #options: { readonly clock: Clock; readonly random: Random; readonly upstreams: readonly Upstream[] };
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: { readonly clock: Clock; readonly random: Random; readonly upstreams: readonly Upstream[] }) {
    this.#options = options;
  }

  get any(): boolean {
    return this.#options.upstreams.length > 0;
  }

  /** The answer to a message, under the message's own number; undefined when nobody has answered. */
  async forward(message: Buffer, by: 'UDP' | 'TCP'): Promise<Buffer | undefined> {
    if (this.#running.size >= mostUnderWay) return undefined;
    const asking = this.#ask(message, by);
    this.#running.add(asking);
    try {
      return await asking;
    } finally {
      this.#running.delete(asking);
    }
  }

  /** The same for a question of our own. */
  query(name: string, type: string): Promise<Buffer | undefined> {
    return this.forward(writeQuery(0, name, type), 'UDP');
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the DNS server stops'));
    await Promise.all(this.#running);
  }

  async #ask(message: Buffer, by: 'UDP' | 'TCP'): Promise<Buffer | undefined> {
    const own = Buffer.from(message);
    for (let round = 0; round < rounds; round++) {
      for (const upstream of this.#options.upstreams) {
        if (this.#closing.signal.aborted) return undefined;
        // A new number each time: a late answer, or one that somebody made up, does not fit.
        Buffer.from(this.#options.random.bytes(2)).copy(own);
        const answer = await this.#once(own, upstream, by);
        if (answer === undefined) continue;
        message.copy(answer, 0, 0, 2);
        return answer;
      }
    }
    return undefined;
  }

  async #once(message: Buffer, upstream: Upstream, by: 'UDP' | 'TCP'): Promise<Buffer | undefined> {
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#closing.signal]);
    // Rejects by the signal, when the answer was quicker.
    const late = this.#options.clock.sleep(patienceMs, { signal }).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([by === 'UDP' ? byDatagram(message, upstream, signal) : byStream(message, upstream, signal), late]);
    } finally {
      ending.abort(new Error('answered, or too late'));
    }
  }
}

/** Undefined when the server refuses, or at the signal. */
function byDatagram(message: Buffer, { address, port = 53 }: Upstream, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket: Socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    let open = true;
    const end = (answer?: Buffer): void => {
      if (open) socket.close();
      open = false;
      resolve(answer);
    };
    signal.addEventListener('abort', () => end(), { once: true });
    socket.on('error', () => end());
    socket.on('message', (answer) => {
      if (belongs(answer, message)) end(Buffer.from(answer));
    });
    // Connected, it takes answers from that server alone.
    socket.connect(port, address, () => {
      if (open) socket.send(message, (error) => (error === null || error === undefined ? undefined : end()));
    });
  });
}

function byStream(message: Buffer, { address, port = 53 }: Upstream, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let heard = Buffer.alloc(0);
    const end = (answer?: Buffer): void => {
      socket.destroy();
      resolve(answer);
    };
    signal.addEventListener('abort', () => end(), { once: true });
    socket.on('error', () => end());
    socket.on('close', () => end());
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) return;
      const answer = heard.subarray(2, 2 + heard.readUInt16BE(0));
      end(belongs(answer, message) ? answer : undefined);
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  });
}
