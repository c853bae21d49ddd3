import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ServiceTable } from '../api/service-table.ts';
import { aborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { errorText, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { BlockClaims } from './process/block-claims.ts';
import { sweepCgroups } from './process/cgroups.ts';
import type { Confinement } from './process/confinement.ts';
import { isolatedConfinement } from './process/isolated.ts';
import { plainConfinement } from './process/plain.ts';
import type { ShimSettings } from './process/protocol.ts';
import { readRecord } from './process/records.ts';
import { acceptConnection } from './process/connection.ts';
import { ShimPods } from './process/shim-pods.ts';

export interface ShimOptions {
  /** The folder that the runtime keeps; `shim.json` in it says the rest. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Runs the proxy and the DNS server of the pods' own network; called with each new table, one call at a time. */
  serve(table: ServiceTable, dns: ShimSettings['dns']): Promise<void>;
}

/** How long a shim without containers waits for a client. */
const lingerMs = 2000;

/**
 * The process that holds the containers of the runtime `process`, so that they outlive Steersman: starts their commands, writes their
 * logs and exits to files, and answers on a unix socket. Resolves when it has no container and no client any more.
 */
export async function runShim(options: ShimOptions): Promise<void> {
  const settings = readRecord(join(options.folder, 'shim.json')) as ShimSettings | undefined;
  if (settings === undefined) throw new Error(`there is no shim.json in ${options.folder}`);
  const confinement = await confinementOf(options, settings);
  const pods = new ShimPods({ ...options, confinement });
  const claims = new BlockClaims();
  const over = new AbortController();
  // The one before may have failed: its caller was told.
  let serving: Promise<void> = Promise.resolve();
  let clients = 0;
  let idle: AbortController | undefined;
  const look = () => {
    idle?.abort(new Error('not idle'));
    if (clients > 0 || pods.running > 0) return;
    idle = new AbortController();
    options.clock.sleep(lingerMs, { signal: idle.signal }).then(
      () => over.abort(new Error('no container and no client')),
      // Somebody has come.
      () => undefined,
    );
  };
  pods.onExit(look);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    clients++;
    look();
    socket.once('close', () => {
      clients--;
      look();
    });
    acceptConnection(socket, {
      pods,
      settings,
      claims,
      log: options.log,
      serve: (table) => (serving = serving.catch(() => undefined).then(() => options.serve(table, settings.dns))),
      end: () => over.abort(new Error('told to end')),
    });
  });
  rmSync(settings.socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: settings.socket }, () => resolve());
  });
  look();
  await aborted(over.signal);
  server.close();
  if (existsSync(settings.socket)) rmSync(settings.socket, { force: true });
  await pods.endAll();
  await confinement.close().catch((error: unknown) => options.log.error('cannot tidy up', { error: errorText(error) }));
}

/** @throws what cannot be had, after nothing of it is left */
async function confinementOf(options: ShimOptions, settings: ShimSettings): Promise<Confinement> {
  try {
    return settings.mode === 'isolated' ? await isolatedConfinement({ ...options, settings }) : plainConfinement({ ...options, settings });
  } catch (error) {
    await sweepCgroups(options.folder, options.clock);
    throw error;
  }
}
