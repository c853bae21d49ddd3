import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServiceEndpoint, ServiceTable } from '../api/service-table.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Dial } from './dial.ts';
import { TcpConnection } from './tcp-connection.ts';

/**
 * The way out of a network that has none, for those endpoints of Services that are not pods of this node: the API server itself, a
 * database beside the cluster. A unix socket, since those reach across networks; whoever connects says `CONNECT address port` and
 * hears `OK`, and then it is the endpoint's connection; or it is broken off.
 */
export interface Gateway {
  /** Leads to the endpoints of this table, and to nothing else. */
  update(table: ServiceTable): void;
  close(): Promise<void>;
}

const longestLine = 128;
const mostConnections = 4096;
/** Whoever has connected says so long where he wants to go. */
const patienceMs = 5000;

/** @throws Error with the system's code where it cannot listen at `path`, which nobody but this user should reach */
export async function startGateway(options: { readonly path: string; readonly clock: Clock; readonly log: Log }): Promise<Gateway> {
  const { path, clock, log } = options;
  let allowed = new Map<string, ServiceEndpoint>();
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const late = new AbortController();
    // Rejects when the line was there in time.
    clock.sleep(patienceMs, { signal: late.signal }).then(
      () => socket.destroy(),
      () => undefined,
    );
    readLine(socket, (line) => {
      late.abort(new Error('it has said where it wants to go'));
      const endpoint = line === undefined ? undefined : allowed.get(line);
      if (endpoint === undefined) socket.destroy();
      else lead(socket, endpoint, clock);
    });
  });
  server.maxConnections = mostConnections;
  await clock.outside(
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path }, () => resolve(void server.off('error', reject)));
    }),
  );
  server.on('error', (error) => log.warn('the gateway of the pods failed', { error: errorText(error) }));
  return {
    update: (table) => void (allowed = waysOut(table)),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function waysOut(table: ServiceTable): Map<string, ServiceEndpoint> {
  const endpoints = table.services.flatMap((service) =>
    service.ports.filter(({ protocol }) => protocol === 'TCP').flatMap((port) => port.endpoints),
  );
  return new Map(endpoints.filter(({ here }) => here !== true).map((endpoint) => [lineFor(endpoint), endpoint]));
}
function lineFor({ address, port }: ServiceEndpoint): string {
  return `CONNECT ${address} ${port}`;
}

/** Calls back once, with the first line or, where it ends or is too long before that, with nothing. What comes behind it stays in the stream. */
function readLine(socket: Socket, done: (line: string | undefined) => void): void {
  let heard = Buffer.alloc(0);
  const finish = (line: string | undefined): void => {
    socket.off('data', take);
    socket.off('close', ended);
    socket.off('end', ended);
    socket.pause();
    done(line);
  };
  const take = (chunk: Buffer): void => {
    heard = Buffer.concat([heard, chunk]);
    const at = heard.indexOf(10);
    if (at < 0 && heard.length <= longestLine) return;
    if (at >= 0 && at + 1 < heard.length) socket.unshift(heard.subarray(at + 1));
    finish(at < 0 || at > longestLine ? undefined : heard.toString('latin1', 0, at));
  };
  const ended = (): void => finish(undefined);
  socket.on('data', take);
  socket.on('close', ended);
  socket.on('end', ended);
}

function lead(client: Socket, endpoint: ServiceEndpoint, clock: Clock): void {
  const nothing = (): void => undefined;
  // An endpoint that refuses breaks it off before the word that it was reached; a silent one is given up by who waits for the word.
  new TcpConnection({
    client,
    endpoints: [endpoint],
    first: 0,
    dial: undefined,
    now: () => clock.now(),
    events: { joined: () => void client.write('OK\n'), retried: nothing, failed: nothing, closed: nothing },
  });
}

/** The way to endpoints that are not pods of this node, by the gateway at `path`. */
export function dialGateway(path: string): Dial {
  return (_address, _port, endpoint) => (endpoint.here === true ? undefined : ask(path, endpoint));
}

function ask(path: string, endpoint: ServiceEndpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.on('error', fail);
    socket.write(`${lineFor(endpoint)}\n`);
    readLine(socket, (line) => {
      if (line !== 'OK') return fail(new Error(`the gateway does not lead to ${endpoint.address}:${endpoint.port}`));
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
