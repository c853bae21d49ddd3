import { SimulatedClock } from '../base/simulated-clock.ts';
import type { Connection } from '../client/connect.ts';
import { chooseControllers } from '../controlplane/choose-controllers.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';
import { controllers } from '../controllers/index.ts';
import type { Pod } from '../api/kinds.generated.ts';
import type { ApiRequest, ApiResponse } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { valueAt } from '../base/json.ts';
import { referencesOf } from '../gitops/references.ts';
import { roomyNodes } from './nodes.ts';
import { keptOpen } from '../store/kept-open.ts';
import { openMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { objectCodec } from '../apiserver/codec.ts';
import { inTurn, seedAtRest, whereSeen } from './seed.ts';
import { standPods } from './standing.ts';
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
  /** Starts scheduler, nodes and controllers, but for that of Endpoints, since it is slices that are read here. Once. */
  raise(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Begins with an API server alone, to which the state before is written; `raise` starts what moves it. Where nobody named nodes, ordinary
 * Deployments are then at rest already.
 */
export async function startWorld(request: ForecastRequest): Promise<World> {
  const { random, log, kinds, startup = defaultStartup } = request;
  const clock = new SimulatedClock({ start: request.startMs });
  const store = openMemoryStore({ codec: objectCodec, clock });
  const recording = new Recording(store, clock);
  const nodes = request.nodes ?? roomyNodes(manifestsIn(request));
  const missing = (pod: Readonly<Pod>) => missingFor(pod, store);
  const common = { clock, random, log, kinds, openStore: () => Promise.resolve(keptOpen(store)) };
  let plane: ControlPlane = await wound(clock, startControlPlane({ ...common, controllers: [], scheduler: false }));
  let client = plane.cluster();
  return {
    clock,
    recording,
    get plane() {
      return plane;
    },
    get client() {
      return client;
    },
    wound: (work) => wound(clock, work),
    raise: async () => {
      const names = nodes.map(({ name }) => name);
      const placesOf = request.nodes === undefined ? inTurn(names) : whereSeen(request.around?.placed ?? new Map());
      await seedAtRest({ store, client, random, nowMs: clock.now(), placesOf });
      await standPods(request.around?.pods ?? [], { store, random, nowMs: clock.now() });
      await wound(clock, plane.stop());
      const runtime = () => forecastRuntime({ clock, random, log, folder: '' }, { startup, missing });
      plane = await wound(
        clock,
        startControlPlane({
          ...common,
          controllers: chooseControllers(['*', '-endpoints'], controllers),
          between: (handle) => (call) => unheard(call) ?? handle(call),
          nodes: nodes.map((description) => ({ description, runtime: runtime() })),
        }),
      );
      client = plane.cluster();
    },
    stop: async () => {
      await recording.stop();
      await wound(clock, plane.stop());
      await store.close();
    },
  };
}

function manifestsIn({ applications }: ForecastRequest): KubeObject[] {
  return applications.flatMap(({ base, head }) => [...base, ...head].map(({ object }) => object));
}

/** Events are half of all writes, and only those that say that pods were refused are read here: the others are taken and forgotten. */
function unheard({ method, path, object }: ApiRequest): Promise<ApiResponse> | undefined {
  if (method !== 'POST' || !path.endsWith('/events') || valueAt(object, ['reason']) === 'FailedCreate') return undefined;
  return Promise.resolve({ status: 201, headers: { 'content-type': 'application/json' }, body: new Uint8Array(), object });
}

/** What a pod reads and is not there, in the words of a kubelet. */
async function missingFor(pod: Readonly<Pod>, store: Store<KubeObject>): Promise<{ reason: string; message: string } | undefined> {
  for (const { ref, optional, read } of referencesOf(pod)) {
    if (read === undefined || optional || ref.name === 'kube-root-ca.crt') continue;
    const plural = `${ref.kind.toLowerCase()}s`;
    if ((await store.get(`core/${plural}/${ref.namespace}/${ref.name}`)) !== undefined) continue;
    const message = `${ref.kind.toLowerCase()} ${JSON.stringify(ref.name)} not found`;
    if (read === 'env') return { reason: 'CreateContainerConfigError', message };
    return { reason: 'FailedMount', message: `MountVolume.SetUp failed: ${message}` };
  }
  return undefined;
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
