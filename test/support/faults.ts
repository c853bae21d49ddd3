import type { ApiRequest, ApiResponse, Transport, WatchObjects } from '../../src/api/http.ts';
import { StatusError, type StatusReason } from '../../src/api/status.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import type { User } from '../../src/apiserver/context.ts';
import type { Clock } from '../../src/base/clock.ts';
import { randomInt, type Random } from '../../src/base/random.ts';

export interface FaultOptions {
  readonly random: Random;
  readonly clock: Clock;
  /** The chance of each call to fail before it is made. */
  readonly refuse: number;
  /** The chance of each write that its answer is lost though it was made. */
  readonly lose: number;
  /** The chance of each watch event that its stream breaks before it. */
  readonly cut: number;
  /** Events come up to so late: the cache is stale. */
  readonly lateMs: number;
}
export interface Faults {
  /** For `between` of a control plane; components only, not the administrator. */
  readonly between: (handle: Transport, user: User) => Transport;
  /** No more faults from now on. */
  heal(): void;
  /** Nothing reaches the server any more, as after a crash of the components. */
  sever(): void;
  readonly counts: { refused: number; lost: number; cut: number };
}

const failures: readonly (readonly [number, StatusReason])[] = [
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
  [429, 'TooManyRequests'],
];

/** Faults by chance between components and API server: the same seed gives the same faults. */
export function createFaults(options: FaultOptions): Faults {
  const { random, clock, refuse, lose } = options;
  const counts = { refused: 0, lost: 0, cut: 0 };
  let state: 'faulty' | 'healed' | 'severed' = 'faulty';
  const failure = (): ApiResponse => {
    const [code, reason] = failures[randomInt(random, failures.length)] as (typeof failures)[number];
    return errorAnswer(new StatusError(code, reason, 'a fault of the test'), true);
  };
  const answer = async (handle: Transport, request: ApiRequest): Promise<ApiResponse> => {
    if (state === 'healed') return handle(request);
    if (state === 'severed') return errorAnswer(new StatusError(403, 'Forbidden', 'severed'), true);
    if (random.next() < refuse) {
      counts.refused++;
      return failure();
    }
    const response = await handle(request);
    if (request.method === 'GET') return isWatch(response) ? { ...response, object: late(response.object, request.signal) } : response;
    if (random.next() >= lose) return response;
    counts.lost++;
    return failure();
  };
  async function* late(events: WatchObjects, signal: AbortSignal | undefined): WatchObjects {
    for await (const event of events) {
      if (state === 'severed') return;
      if (state === 'faulty') {
        if (random.next() < options.cut) {
          counts.cut++;
          return;
        }
        if (options.lateMs > 0) await clock.sleep(randomInt(random, options.lateMs), { signal }).catch(() => undefined);
      }
      yield event;
    }
  }
  return {
    counts,
    between: (handle, user) => (user.groups.includes('system:masters') ? handle : (request) => answer(handle, request)),
    heal: () => void (state = 'healed'),
    sever: () => void (state = 'severed'),
  };
}

function isWatch(response: ApiResponse): response is ApiResponse & { object: WatchObjects } {
  return typeof response.object === 'object' && response.object !== null && Symbol.asyncIterator in response.object;
}
