import { createServer } from 'node:net';
import type { PodRecord } from './protocol.ts';

/** Sentences about the ports of a container that it will not be able to listen on at its pod's address. */
export async function takenPorts(pod: PodRecord, container: string): Promise<string[]> {
  const out: string[] = [];
  for (const { container: owner, port } of pod.ports) {
    if (owner !== container) continue;
    const code = await refusalOf(pod.address, port);
    if (code === 'EADDRINUSE') {
      out.push(
        `container ${container}: port ${port} at ${pod.address} is taken by a program that listens on all addresses of this machine`,
      );
    } else if (code === 'EACCES') out.push(`container ${container}: only root may listen on port ${port} of this machine`);
  }
  return out;
}

function refusalOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
