import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServiceEndpoint } from '../api/service-table.ts';
import { dialEndpoint, reset, type Dial, type Dialling } from './dial.ts';

/** So long an endpoint may take to answer before the next one is tried. */
export const connectMs = 5000;
/** So many endpoints are tried for one connection. */
const mostAttempts = 8;

/** What a connection tells of itself; `closed` comes last, once. */
export interface ConnectionEvents {
  readonly joined: (endpoint: ServiceEndpoint) => void;
  readonly retried: () => void;
  readonly failed: (error: Error) => void;
  readonly closed: () => void;
}
export interface ConnectionOptions {
  readonly client: Socket;
  readonly endpoints: readonly ServiceEndpoint[];
  /** The one to begin with. */
  readonly first: number;
  readonly dial: Dial | undefined;
  readonly now: () => number;
  readonly events: ConnectionEvents;
}

/**
 * One client on its way to an endpoint. It stays with that endpoint until one of them ends it, whatever becomes of the Service. Until
 * the endpoint has answered nothing is read from the client, so that one that refuses can be passed over for the next.
 */
export class TcpConnection {
  readonly #options: ConnectionOptions;
  #attempts = 0;
  #dialling: { readonly dialling: Dialling; readonly since: number } | undefined;
  #target: Duplex | undefined;
  #closed = false;
  #bytes = 0;
  #idleSince: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#idleSince = options.now();
    const { client } = options;
    client.on('error', () => this.end());
    client.on('close', () => this.#sideClosed(client));
    this.#next();
  }

  /** Breaks it off on both sides. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dialling?.dialling.cancel();
    this.#dialling = undefined;
    if (!this.#options.client.destroyed) reset(this.#options.client);
    if (this.#target !== undefined && !this.#target.destroyed) reset(this.#target);
    this.#options.events.closed();
  }

  /** An endpoint that has not answered for too long is given up. */
  checkDialling(): void {
    if (this.#dialling === undefined || this.#options.now() - this.#dialling.since < connectMs) return;
    this.#dialling.dialling.cancel();
    this.#refused(new Error(`no answer within ${connectMs / 1000} s`));
  }

  /** How long nothing has come or gone, in the steps in which it is asked; and whether one side has ended. */
  idle(): { readonly ms: number; readonly halfClosed: boolean } {
    const { client, now } = this.#options;
    const bytes = client.bytesRead + client.bytesWritten;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#idleSince = now();
    }
    return { ms: now() - this.#idleSince, halfClosed: client.readableEnded || this.#target?.readableEnded === true };
  }

  #next(): void {
    const { endpoints, first, dial, now } = this.#options;
    const endpoint = endpoints[(first + this.#attempts++) % endpoints.length];
    if (endpoint === undefined) return this.end();
    let settled = false;
    const dialling = dialEndpoint(endpoint, dial, (stream, error) => {
      settled = true;
      this.#dialling = undefined;
      if (stream === undefined) this.#refused(error ?? new Error('refused'));
      else this.#join(stream, endpoint);
    });
    if (!settled) this.#dialling = { dialling, since: now() };
  }

  #refused(error: Error): void {
    this.#dialling = undefined;
    if (this.#closed) return;
    if (this.#attempts < Math.min(this.#options.endpoints.length, mostAttempts)) {
      this.#options.events.retried();
      this.#next();
    } else {
      this.#options.events.failed(error);
      this.end();
    }
  }

  #join(target: Duplex, endpoint: ServiceEndpoint): void {
    const { client, events } = this.#options;
    this.#target = target;
    target.on('error', () => this.end());
    target.on('close', () => this.#sideClosed(target));
    if (this.#closed) return reset(target);
    events.joined(endpoint);
    carry(client, target);
    carry(target, client);
  }

  /** A side that closes in order has ended and been ended; any other way the other side must not wait for it. */
  #sideClosed(side: Duplex): void {
    if (this.#closed) return;
    const other = side === this.#options.client ? this.#target : this.#options.client;
    if (other === undefined || !side.readableEnded || !side.writableFinished) return this.end();
    if (!other.destroyed) return;
    this.#closed = true;
    this.#options.events.closed();
  }
}

/** One direction, as fast as the slower side; the end is handed on, and the other direction goes on. */
function carry(from: Duplex, to: Duplex): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // Whoever opened it may have paused it until now.
  from.resume();
}
