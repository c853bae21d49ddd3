import { createServer } from 'node:net';
import { portKey } from '../../api/loopback-ports.ts';
import type { PodRecord } from './protocol.ts';

/** Sentences about the ports of a container that it will not be able to listen on at its pod's address. */
export async function takenPorts(pod: PodRecord, container: string): Promise<string[]> {
  const out: string[] = [];
  for (const { container: owner, port: named } of pod.ports) {
    if (owner !== container) continue;
    const port = pod.loopbackPorts?.[portKey(named)] ?? named;
    const code = await refusalOf(pod.address, port);
    if (code === 'EADDRINUSE') {
      const by = pod.loopbackPorts === undefined ? 'a program that listens on all addresses of this machine' : 'another program';
      out.push(`container ${container}: port ${port} at ${pod.address} is taken by ${by}`);
    } else if (code === 'EACCES') out.push(`container ${container}: only root may listen on port ${port} of this machine`);
  }
  return out;
}

/** Sentences about ports of the machine that a pod wants for its own: nothing leads from them to it. */
export function hostPortWords({ ports, address, hostNetwork, loopbackPorts }: PodRecord): string[] {
  if (hostNetwork) return [];
  return ports.flatMap(({ container, port, hostPort }) =>
    hostPort === undefined
      ? []
      : [
          `container ${container}: port ${hostPort} of the machine (hostPort) does not lead to it: it is at ${address}:${loopbackPorts?.[portKey(port)] ?? port}, or behind a Service`,
        ],
  );
}

/** Why nobody can listen there: a code of the system; undefined where one can. Port 0 stands for any. */
export function refusalOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
