import type { Log } from '../base/log.ts';
import { SimulatedClock } from '../base/simulated-clock.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import type { Environment } from './environment.ts';
import { version } from './version.ts';

/**
 * An API server in memory and nothing else: no socket, no controller, no node. It judges defaults, validity and merging as the
 * embedded cluster does. Stop it in the end.
 */
export function startOffline(environment: Environment, log: Log): Promise<ControlPlane> {
  const clock = new SimulatedClock({ start: environment.clock.now() });
  return startControlPlane({ clock, random: environment.random, log, version, controllers: [], scheduler: false });
}
