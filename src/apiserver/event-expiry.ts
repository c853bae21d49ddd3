import type { KubeObject } from '../api/object.ts';
import { parseTime } from '../base/clock.ts';
import { errorText } from '../base/log.ts';
import { RevisionMismatch } from '../store/store.ts';
import type { ServerContext } from './context.ts';

const prefix = 'core/events/';
/** As kube-apiserver's --event-ttl. */
export const eventMs = 3600_000;
const roundMs = 300_000;

interface EventShape extends KubeObject {
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly series?: { readonly lastObservedTime?: string };
}

/** Deletes events an hour after they were last seen, since nobody else ever would. Ends with the server. */
export async function expireEvents(server: ServerContext): Promise<void> {
  while (!server.signal.aborted) {
    try {
      await server.clock.sleep(roundMs, { signal: server.signal, upkeep: true });
      await round(server);
    } catch (error) {
      if (!server.signal.aborted) server.log.warn('old events could not be deleted', { error: errorText(error) });
    }
  }
}

async function round(server: ServerContext): Promise<void> {
  const { store, clock } = server;
  const before = clock.now() - eventMs;
  for (const entry of (await store.list(prefix)).entries) {
    if (lastSeen(entry.value()) > before) continue;
    try {
      await store.delete(entry.key, entry.revision);
    } catch (error) {
      // It was seen again, or deleted, in between.
      if (!(error instanceof RevisionMismatch)) throw error;
    }
  }
}

function lastSeen(event: EventShape): number {
  const times = [event.metadata.creationTimestamp, event.lastTimestamp, event.eventTime, event.series?.lastObservedTime];
  return Math.max(...times.map((time) => parseTime(time) ?? 0));
}
