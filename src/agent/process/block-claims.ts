import { createServer, type Server } from 'node:net';

/** Beside what systems give to outgoing connections, and no service is registered for it. */
const claimPort = 64_127;

/** What one process keeps for itself of a loopback range, for as long as it lives: it listens on the first address of each block. */
export class BlockClaims {
  readonly #held = new Map<string, Server>();

  /** Answers whether the block, `127.64.7`, is ours; asking again changes nothing. @throws Error when nobody can listen there */
  async claim(block: string): Promise<boolean> {
    if (this.#held.has(block)) return true;
    const server = createServer((socket) => socket.destroy());
    server.unref();
    const code = await new Promise<string | undefined>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      server.listen({ host: `${block}.1`, port: claimPort, exclusive: true }, () => resolve(undefined));
    });
    if (code === 'EADDRINUSE') return false;
    if (code !== undefined) throw new Error(`cannot claim ${block}.0/24 by listening on ${block}.1:${claimPort}: ${code}`);
    this.#held.set(block, server);
    return true;
  }
}
