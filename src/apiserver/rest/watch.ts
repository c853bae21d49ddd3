import type { ApiResponse, WatchObjects } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { expired } from '../../api/status.ts';
import { randomInt } from '../../base/random.ts';
import { Compacted, type Entry, type Revision } from '../../store/store.ts';
import type { Call } from '../context.ts';
import { prefixOf } from '../entry-fields.ts';
import { formOf } from '../forms.ts';
import { readListOptions, requireReached, type ListOptions } from '../list-options.ts';
import { readSelection, type Selection } from '../selection.ts';
import { lineWriter, objectWriter } from '../watch-events.ts';
import { openStream, type StreamOptions } from '../watch-stream.ts';

/** GET with watch=true: changes of a collection as they happen. */
export async function watch(call: Call): Promise<ApiResponse> {
  const { info, kind, request, server } = call;
  const selection = readSelection(kind, info);
  const options = readListOptions(info.query, true);
  requireReached(options.revision, server.store.revision());
  const form = formOf(call);
  const prefix = prefixOf(kind, info.namespace);
  const start = await startOf(call, selection, options);
  const stream: Omit<StreamOptions<never>, 'writer'> = {
    call,
    selection,
    where: { resource: prefixOf(kind), prefix, from: start.from, index: selection.index },
    initial: start.initial,
    initialBookmark: options.sendInitialEvents === true && options.bookmarks,
    bookmarks: options.bookmarks,
    timeoutMs: 1000 * (options.timeoutSeconds || 1800 + randomInt(server.random, 1800)),
  };
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
  if (request.wantsObject) {
    const object: WatchObjects = openStream({ ...stream, writer: objectWriter(call, form) });
    return { status: 200, headers, body: new Uint8Array(0), object };
  }
  return { status: 200, headers, body: openStream({ ...stream, writer: lineWriter(call, form) }) };
}

interface Start {
  readonly from: Revision;
  readonly initial: readonly Entry<KubeObject>[];
}

/** Without a revision a watch begins with all that is there; with one, behind it. @throws StatusError Expired */
async function startOf(call: Call, selection: Selection, options: ListOptions): Promise<Start> {
  const { store } = call.server;
  const prefix = prefixOf(call.kind, call.info.namespace);
  const synthetic = options.sendInitialEvents ?? (options.revision === undefined || options.revision === 0);
  if (synthetic) {
    const page = await store.list(prefix);
    return { from: page.revision, initial: selection.everything ? page.entries : page.entries.filter((entry) => selection.matches(entry)) };
  }
  if (options.revision === undefined || options.revision === 0) return { from: store.revision(), initial: [] };
  await requireKept(call, options.revision);
  return { from: options.revision, initial: [] };
}

async function requireKept(call: Call, revision: Revision): Promise<void> {
  try {
    // A list of nothing: it fails when the store no longer knows the revision.
    await call.server.store.list(`${prefixOf(call.kind)}\u0000`, { limit: 1, at: revision });
  } catch (error) {
    throw error instanceof Compacted ? expired(`too old resource version: ${error.requested} (${error.oldest})`) : error;
  }
}
