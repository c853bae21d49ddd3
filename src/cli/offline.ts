import type { Log } from '../base/log.ts';
import { SimulatedClock } from '../base/simulated-clock.ts';
import type { Cluster } from '../client/cluster.ts';
import { startControlPlane } from '../controlplane/start.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import type { Environment } from './environment.ts';
import { version } from './version.ts';

/** Its time stands still but for `wait`. */
export interface Offline {
  readonly cluster: Cluster;
  wait(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * An API server in memory and nothing else: no socket, no controller, no node. It judges defaults, validity and merging as the
 * embedded cluster does. `kinds` as `loadKinds` answers them. Stop it in the end.
 */
export async function startOffline(environment: Environment, log: Log, kinds: readonly ResourceKind[]): Promise<Offline> {
  const clock = new SimulatedClock({ start: environment.clock.now() });
  const plane = await startControlPlane({ clock, random: environment.random, log, version, kinds, controllers: [], scheduler: false });
  return { cluster: plane.cluster(), wait: (ms) => clock.advance(ms), stop: () => plane.stop() };
}
