import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { SimulatedClock } from '../base/simulated-clock.ts';
import type { Connection } from '../client/connect.ts';
import { startBareServer } from '../controlplane/bare.ts';
import type { ResourceKind } from '../kinds/kind.ts';

export interface OfflineOptions {
  /** Its time is where the simulated one begins. */
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly log: Log;
  /** Of Steersman. */
  readonly version: string;
  /** As `loadKinds` answers them. */
  readonly kinds: readonly ResourceKind[];
}
/** Its time stands still but for `wait`. */
export interface Offline {
  readonly cluster: Connection;
  readonly clock: Clock;
  wait(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * An API server in memory and nothing else: no socket, no controller, no node. It judges defaults, validity and merging as the
 * embedded cluster does. Stop it in the end.
 */
export async function startOffline({ clock, random, log, version, kinds }: OfflineOptions): Promise<Offline> {
  const simulated = new SimulatedClock({ start: clock.now() });
  const server = await startBareServer({ clock: simulated, random, log, version, kinds });
  return { cluster: server.cluster(), clock: simulated, wait: (ms) => simulated.advance(ms), stop: () => server.stop() };
}
