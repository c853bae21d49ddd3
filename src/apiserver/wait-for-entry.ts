import type { KubeObject } from '../api/object.ts';
import type { Entry } from '../store/store.ts';
import type { ServerContext } from './context.ts';

/** The entry of a key as soon as it is there; undefined when it does not come in time, or the server stops. */
export async function waitForEntry(server: ServerContext, key: string, withinMs: number): Promise<Entry<KubeObject> | undefined> {
  const { hub, store, clock } = server;
  const ended = new AbortController();
  const resource = key.slice(0, key.indexOf('/', key.indexOf('/') + 1) + 1);
  let found: Entry<KubeObject> | undefined;
  const seat = hub.subscribe(
    {
      take: (change) => {
        if (change.type !== 'put' || change.entry.key !== key) return;
        found = change.entry;
        ended.abort();
      },
      fail: () => ended.abort(),
    },
    { resource, prefix: key, from: store.revision() },
  );
  try {
    found ??= await store.get(key);
    if (found === undefined) await clock.sleep(withinMs, { signal: AbortSignal.any([ended.signal, server.signal]) });
  } catch {
    // The sleep is broken off when the entry comes.
  } finally {
    seat[Symbol.dispose]();
  }
  return found;
}
