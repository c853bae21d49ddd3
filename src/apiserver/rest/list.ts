import type { ApiResponse } from '../../api/http.ts';
import { expired } from '../../api/status.ts';
import type { KubeObject } from '../../api/object.ts';
import { Compacted, type Entry, type Revision } from '../../store/store.ts';
import { ExpiredContinue } from '../answer.ts';
import type { Call } from '../context.ts';
import { prefixOf, storeKey } from '../entry-fields.ts';
import { listAnswer, type Page } from '../forms.ts';
import { readListOptions, requireReached, writeToken, type ListOptions } from '../list-options.ts';
import { inVersion } from '../stored-version.ts';
import { readSelection, type Selection } from '../selection.ts';

/** GET of a collection. */
export async function list(call: Call): Promise<ApiResponse> {
  const { info, server } = call;
  const selection = readSelection(call.kind, info);
  const options = readListOptions(info.query, false);
  requireReached(options.revision, server.store.revision());
  return listAnswer(call, await readPage(call, selection, options));
}

interface Found {
  readonly entries: readonly Entry<KubeObject>[];
  readonly revision: Revision;
  /** The key behind which more lie. */
  readonly next?: string | undefined;
}

/** The entries that a list answers, with the metadata of the list. @throws StatusError Expired */
export async function readPage(call: Call, selection: Selection, options: ListOptions): Promise<Page> {
  const prefix = prefixOf(call.kind, call.info.namespace);
  const read = await readFound(call, { selection, options, prefix });
  const found = { ...read, entries: read.entries.map((entry) => inVersion(call.kind, entry)) };
  const metadata = { resourceVersion: String(found.revision) };
  if (found.next === undefined) return { entries: found.entries, metadata };
  const token = writeToken({ revision: found.revision, start: found.next.slice(prefix.length) });
  if (!selection.everything) return { entries: found.entries, metadata: { ...metadata, continue: token } };
  const remainingItemCount = await call.server.store.count(prefix, found.next);
  return { entries: found.entries, metadata: { ...metadata, continue: token, ...(remainingItemCount > 0 && { remainingItemCount }) } };
}

async function readFound(call: Call, want: { selection: Selection; options: ListOptions; prefix: string }): Promise<Found> {
  const { options, prefix, selection } = want;
  const at = exactRevision(options);
  const after = options.continue === undefined ? undefined : prefix + options.continue.start;
  try {
    const single = selection.name !== undefined && at === undefined && (call.info.namespace !== '' || !call.kind.kind.namespaced);
    if (single) return await findOne(call, selection);
    return await findMany(call, {
      prefix,
      selection,
      limit: options.limit,
      ...(at !== undefined && { at }),
      ...(after !== undefined && { after }),
    });
  } catch (error) {
    throw error instanceof Compacted ? tooOld(options, call.server.store.revision()) : error;
  }
}

/** The revision that the answer must be of; undefined when the newest will do. */
function exactRevision(options: ListOptions): Revision | undefined {
  if (options.continue !== undefined) return options.continue.revision < 0 ? undefined : options.continue.revision;
  const legacy = options.match === undefined && options.limit > 0;
  return (options.match === 'Exact' || legacy) && options.revision !== 0 ? options.revision : undefined;
}

function tooOld(options: ListOptions, newest: Revision): Error {
  if (options.continue === undefined) return expired(`The resourceVersion for the provided list is too old. The newest is ${newest}.`);
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with ' +
    'the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first ' +
    'chunk was returned and now may show up in the list.';
  return new ExpiredContinue(message, writeToken({ revision: -1, start: options.continue.start }));
}

async function findOne(call: Call, selection: Selection): Promise<Found> {
  const key = storeKey(call.kind, { namespace: call.info.namespace, name: selection.name ?? '' });
  const { entries, revision } = await call.server.store.list(key, { limit: 1 });
  return { entries: entries.filter((entry) => entry.key === key && selection.matches(entry)), revision };
}

async function findMany(
  call: Call,
  want: { prefix: string; selection: Selection; limit: number; at?: Revision; after?: string },
): Promise<Found> {
  const { store } = call.server;
  const { prefix, selection, limit } = want;
  const found: Entry<KubeObject>[] = [];
  let at = want.at;
  let after = want.after;
  for (;;) {
    const size = limit === 0 ? 0 : selection.everything ? limit : Math.max(limit, 500);
    const page = await store.list(prefix, {
      ...(size > 0 && { limit: size }),
      ...(at !== undefined && { at }),
      ...(after !== undefined && { after }),
    });
    for (const [index, entry] of page.entries.entries()) {
      if (!selection.matches(entry)) continue;
      found.push(entry);
      if (limit === 0 || found.length < limit) continue;
      const more = index + 1 < page.entries.length || page.next !== undefined;
      return { entries: found, revision: page.revision, ...(more && { next: entry.key }) };
    }
    if (page.next === undefined) return { entries: found, revision: page.revision };
    at = page.revision;
    after = page.next;
  }
}
