import type { Kind, KubeObject, WatchEvent } from '../api/object.ts';
import { isExpired, isForbidden, isNotFound, StatusError } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ListOptions, Reader } from './cluster.ts';

export interface FollowOptions extends ListOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each failure that is tried again. */
  readonly failed?: (error: unknown) => void;
}
/** LISTED: everything there is, in place of all that was told before. Then what changes. */
export type Followed<T> =
  | { readonly type: 'LISTED'; readonly items: readonly Readonly<T>[]; readonly resourceVersion: string }
  | Exclude<WatchEvent<Readonly<T>>, { type: 'BOOKMARK' }>;

const retry = { firstMs: 800, maxMs: 30_000 } as const;

/**
 * Lists a kind and follows it until `signal`, over closed streams, restarts and compaction: it goes on from the last revision or
 * bookmark that it saw, and lists again when the server no longer knows that. Failures are tried again after 0.8 s, doubling to 30 s,
 * and up to as much again by chance; those that no time heals are thrown. @throws StatusError NotFound, Forbidden, Unauthorized, BadRequest
 */
export async function* follow<T extends KubeObject>(reader: Reader, kind: Kind<T>, options: FollowOptions): AsyncGenerator<Followed<T>> {
  const { signal, clock, random, failed, ...selection } = options;
  const backoff = new Backoff(retry);
  let revision: string | undefined;
  while (!signal.aborted) {
    try {
      if (revision === undefined) {
        const { items, resourceVersion } = await reader.list(kind, selection);
        revision = resourceVersion;
        yield { type: 'LISTED', items, resourceVersion };
      }
      for await (const event of reader.watch(kind, revision, { ...selection, signal })) {
        backoff.forget('');
        revision = event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? revision);
        if (event.type !== 'BOOKMARK') yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) revision = undefined;
      else if (isLasting(error)) throw error;
      else failed?.(error);
    }
    await pause(clock, backoff.nextMs('') * (1 + random.next()), signal);
  }
}

function isLasting(error: unknown): boolean {
  return isNotFound(error) || isForbidden(error) || (error instanceof StatusError && (error.code === 400 || error.code === 401));
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
