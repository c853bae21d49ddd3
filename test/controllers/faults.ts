import type { ApiRequest, ApiResponse, Transport, WatchObjects } from '../../src/api/http.ts';
import { serviceUnavailable, StatusError } from '../../src/api/status.ts';
import type { User } from '../../src/apiserver/context.ts';
import type { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { randomInt, seededRandom, type Random } from '../../src/base/random.ts';
import { Components } from '../../src/controlplane/components.ts';
import { informersUser } from '../../src/controlplane/identities.ts';
import { controllers as real } from '../../src/controllers/index.ts';
import type { Controller } from '../../src/reconcile/controller.ts';
import { EventSender } from '../../src/reconcile/event-sender.ts';
import type { TestCluster } from '../support/cluster.ts';

/** How often what goes wrong, as probabilities of one call; and how late watch events come at most. */
export interface FaultPlan {
  /** The call does not reach the server. */
  readonly refused?: number;
  /** A PUT or PATCH meets a newer version. */
  readonly conflict?: number;
  /** A watch breaks off at one of its events. */
  readonly cut?: number;
  /** Each watch event comes up to so many milliseconds late, in order. */
  readonly lateMs?: number;
}

/** One life of the controllers: their process may die at a call. */
interface Life {
  callsLeft: number;
  dead: boolean;
}

/** Stands between the controllers and the API server; lets all others through. */
export class Faults {
  readonly #random: Random;
  readonly #clock: SimulatedClock;
  #plan: FaultPlan = {};
  #count = 0;
  #life: Life = { callsLeft: Infinity, dead: false };

  constructor(seed: number, clock: SimulatedClock) {
    this.#random = seededRandom(seed);
    this.#clock = clock;
  }

  /** How many calls and watches have failed, and processes died. */
  get count(): number {
    return this.#count;
  }

  set plan(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** The process that connects from now on dies at its `callsLeft`th write; its last call may or may not reach the server. */
  begin(callsLeft = Infinity): Life {
    this.#life = { callsLeft, dead: false };
    return this.#life;
  }

  readonly between = (handle: Transport, user: User): Transport => {
    if (!user.name.startsWith('system:controller:') && user.name !== informersUser.name) return handle;
    const life = this.#life;
    return (request) => this.#call(handle, request, life);
  };

  async #call(handle: Transport, request: ApiRequest, life: Life): Promise<ApiResponse> {
    if (life.dead) throw new Error('the process has died');
    if (request.method !== 'GET' && !request.path.includes('/events') && --life.callsLeft < 0) return this.#die(handle, request, life);
    const { refused = 0, conflict = 0, lateMs = 0, cut = 0 } = this.#plan;
    if (this.#random.next() < refused) return this.#fails(serviceUnavailable('the server is not to be reached'));
    const write = request.method === 'PUT' || request.method === 'PATCH';
    if (write && this.#random.next() < conflict) return this.#fails(new StatusError(409, 'Conflict', 'the object has been modified'));
    const response = await handle(request);
    if (!/(^|&)watch=/.test(request.query) || response.object === undefined) return response;
    return { ...response, object: this.#late(response.object as WatchObjects, { lateMs, cut, life }) };
  }

  #fails(error: StatusError): ApiResponse {
    this.#count++;
    return answer(error);
  }

  async #die(handle: Transport, request: ApiRequest, life: Life): Promise<never> {
    life.dead = true;
    this.#count++;
    if (this.#random.next() < 0.5) await handle(request);
    throw new Error('the process dies');
  }

  async *#late(events: WatchObjects, { lateMs, cut, life }: { lateMs: number; cut: number; life: Life }): WatchObjects {
    let asked = -1;
    for await (const event of events) {
      // What has come while the one before it was held back has been late for as long: lateness does not pile up, however much there is.
      if (lateMs > 0 && this.#clock.now() !== asked) await this.#clock.sleep(randomInt(this.#random, lateMs));
      if (life.dead) return;
      if (this.#random.next() < cut) {
        this.#count++;
        throw new Error('the connection is cut');
      }
      yield event;
      asked = this.#clock.now();
    }
  }
}

function answer(error: StatusError): ApiResponse {
  const status = error.toStatus();
  const headers = { 'content-type': 'application/json' };
  return { status: error.code, headers, body: new TextEncoder().encode(JSON.stringify(status)), object: status };
}

/** All controllers as one process of their own, on a cluster that runs none. */
export function startControllers(cluster: TestCluster, seed: number, controllers: readonly Controller[] = real): Components {
  const surroundings = { clock: cluster.clock, random: seededRandom(seed), log: silentLog };
  const components = new Components({
    ...surroundings,
    events: new EventSender({ ...surroundings, signal: new AbortController().signal }),
    clusterOf: (user, agent) => cluster.cluster(user, `${agent}/test`),
    readAs: informersUser,
  });
  for (const controller of controllers) components.runController(controller);
  return components;
}

/** Winds the clock until the work has settled. */
export async function wind<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const done = work.finally(() => (settled = true));
  done.catch(() => undefined);
  if (!(await clock.until(() => settled, 600_000))) throw new Error('what the test waits for did not settle');
  return done;
}
