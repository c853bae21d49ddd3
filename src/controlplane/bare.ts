import type { Connection } from '../client/connect.ts';
import { unreachable } from './unreachable.ts';
import { embed } from './embed.ts';
import { Ending } from './ending.ts';
import { adminUser, Identities } from './identities.ts';
import { startServer, type ServeOptions } from './serve.ts';

/** An API server in this process, to be stopped in the end. */
export interface BareServer {
  /** A client of the administrator. */
  cluster(): Connection;
  stop(): Promise<void>;
}

/**
 * An API server in memory and nothing beside it: no socket, controller, scheduler or node. It judges as one of `startControlPlane` does,
 * and whoever needs no more does not load the rest.
 */
export async function startBareServer(options: ServeOptions): Promise<BareServer> {
  const { clock, random, version = '0.0.0' } = options;
  const identities = new Identities(random);
  const ending = new Ending();
  try {
    const parts = { identities, ending, paths: undefined, reachNode: unreachable, running: [] };
    const { server } = await startServer(options, parts);
    const around = { handle: server.handle, identities, clock, random };
    return { cluster: () => embed(around, adminUser, `steersman/${version}`), stop: () => ending.run() };
  } catch (error) {
    await ending.run();
    throw error;
  }
}
