import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import type { LoopbackPorts } from '../../api/loopback-ports.ts';
import { readRecord, writeRecord } from './records.ts';
import { refusalOf } from './taken-ports.ts';

/** The address that pods share where this machine has no other. */
export const sharedAddress = '127.0.0.1';
/** Below what systems give to outgoing connections, and beside node ports and those of Services. */
const range = { first: 20_000, count: 8000 } as const;

/** Ports of 127.0.0.1 for pods. */
export interface PortPool {
  /** A free port for each of the keys (`8080/TCP`). @throws Error when all are taken */
  take(keys: readonly string[]): Promise<LoopbackPorts>;
  /** They are in use, by a pod of an earlier life. */
  hold(ports: LoopbackPorts): void;
  give(ports: LoopbackPorts): void;
}

/** In turn, beginning at `start` parts of 256, so that one is not given again while clients may remember its last owner. The turn is kept in `folder`. */
export function portPool(folder: string, start: number): PortPool {
  const path = join(folder, 'ports.json');
  const kept = (readRecord(path) ?? { next: Math.floor((start * range.count) / 256) }) as { next: number };
  const taken = new Set<number>();
  const free = async (protocol: string | undefined) => {
    for (let tried = 0; tried < range.count; tried++) {
      const port = range.first + (kept.next++ % range.count);
      if (taken.has(port)) continue;
      taken.add(port);
      const refusal = protocol === 'UDP' ? await refusalOfUdp(port) : await refusalOf(sharedAddress, port);
      if (refusal === undefined) return port;
      taken.delete(port);
    }
    throw new Error(`all ports from ${range.first} to ${range.first + range.count - 1} of ${sharedAddress} are taken`);
  };
  return {
    take: async (keys) => {
      const out: Record<string, number> = {};
      for (const key of keys) out[key] = await free(key.split('/')[1]);
      kept.next %= range.count;
      writeRecord(path, kept);
      return out;
    },
    hold: (ports) => Object.values(ports).forEach((port) => taken.add(port)),
    give: (ports) => Object.values(ports).forEach((port) => taken.delete(port)),
  };
}

function refusalOfUdp(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.bind({ port, address: sharedAddress, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
