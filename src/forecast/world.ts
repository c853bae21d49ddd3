import { SimulatedClock } from '../base/simulated-clock.ts';
import type { Connection } from '../client/connect.ts';
import { simulatedNode } from '../controlplane/nodes.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import type { NodeDescription } from '../agent/node.ts';
import { Recording } from './recording.ts';
import { defaultStartup, type ForecastRequest } from './request.ts';
import { forecastRuntime } from './runtime.ts';

/** A whole control plane in memory whose time goes as it is told. */
export interface World {
  readonly clock: SimulatedClock;
  readonly plane: ControlPlane;
  /** Calls as the administrator. */
  readonly client: Connection;
  readonly recording: Recording;
  /** Waits for something that may need simulated time to pass. */
  wound<T>(work: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Three nodes with room for everything: nothing is said about room then. */
function roomyNodes(): NodeDescription[] {
  return ['node-1', 'node-2', 'node-3'].map((name) => simulatedNode(name));
}

export async function startWorld(request: ForecastRequest): Promise<World> {
  const { random, log, kinds, startup = defaultStartup, nodes = roomyNodes() } = request;
  const clock = new SimulatedClock({ start: request.startMs });
  const plane = await wound(
    clock,
    startControlPlane({
      clock,
      random,
      log,
      kinds,
      nodes: nodes.map((description) => ({ description, runtime: forecastRuntime({ clock, random, log, folder: '' }, startup) })),
    }),
  );
  const recording = new Recording(plane.store, clock);
  return {
    clock,
    plane,
    client: plane.cluster(),
    recording,
    wound: (work) => wound(clock, work),
    stop: async () => {
      await recording.stop();
      await wound(clock, plane.stop());
    },
  };
}

const patienceMs = 10 * 60_000;

async function wound<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const done = work.finally(() => (settled = true));
  // Who waits for `done` below is told of the failure.
  done.catch(() => undefined);
  if (!(await clock.until(() => settled, patienceMs))) throw new Error('the simulated cluster does not answer');
  return done;
}
