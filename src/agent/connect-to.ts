import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A TCP connection. One that is given up while it is being made goes at once: the kernel would try an address that is gone for two minutes. */
export function connectTo(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const giveUp = () => socket.destroy();
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', giveUp));
    socket.once('connect', () => {
      signal?.removeEventListener('abort', giveUp);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
