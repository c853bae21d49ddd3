import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServiceEndpoint } from '../api/service-table.ts';

/** A way to endpoints that this process does not reach by their address; undefined for those that it does. */
export type Dial = (address: string, port: number, endpoint: ServiceEndpoint) => Promise<Duplex> | undefined;

/** Bytes that are taken in beyond what the other side has taken: more makes large bodies quicker, and slow clients dearer. */
export const highWaterMark = 131_072;

/** A connection that is being made. `cancel` gives it up; `done` is not called then. */
export interface Dialling {
  cancel(): void;
}
/** Tells once how it went: a stream, or the error. */
export type Dialled = (stream: Duplex | undefined, error?: Error) => void;

/** Opens a connection to an endpoint; callbacks, since one is made for each connection of a Service. */
export function dialEndpoint(endpoint: ServiceEndpoint, dial: Dial | undefined, done: Dialled): Dialling {
  const detour = dial?.(endpoint.address, endpoint.port, endpoint);
  return detour === undefined ? dialDirectly(endpoint, done) : dialByDetour(detour, done);
}

function dialDirectly({ address, port }: ServiceEndpoint, done: Dialled): Dialling {
  const options: TcpNetConnectOpts & { highWaterMark: number } = { host: address, port, allowHalfOpen: true, noDelay: true, highWaterMark };
  const socket = connect(options);
  const fail = (error: Error): void => done(undefined, error);
  socket.once('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    done(socket);
  });
  return { cancel: () => giveUp(socket, fail) };
}

function giveUp(socket: Socket, fail: (error: Error) => void): void {
  socket.off('error', fail);
  // What it says after it was given up concerns nobody.
  socket.on('error', () => undefined);
  socket.destroy();
}

function dialByDetour(detour: Promise<Duplex>, done: Dialled): Dialling {
  let cancelled = false;
  detour.then(
    (stream) => {
      // One end does not make the other.
      stream.allowHalfOpen = true;
      if (!cancelled) return done(stream);
      stream.on('error', () => undefined);
      stream.destroy();
    },
    (error: unknown) => {
      if (!cancelled) done(undefined, error instanceof Error ? error : new Error(String(error)));
    },
  );
  return { cancel: () => (cancelled = true) };
}

/** Ends a connection so that the other side sees that it broke. */
export function reset(stream: Duplex): void {
  // A relay's unix socket knows no reset, and Node throws; it has no address either.
  if (stream instanceof Socket && stream.remoteAddress !== undefined) stream.resetAndDestroy();
  else stream.destroy();
}
