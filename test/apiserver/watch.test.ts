import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchObjects } from '../../src/api/http.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { startApiServer, type TestRequest, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(() => api.stop());

interface Meta {
  readonly metadata: { readonly name?: string; readonly resourceVersion: string; readonly labels?: object; readonly annotations?: object };
}
const maps = '/api/v1/namespaces/default/configmaps';
const merge = { 'content-type': 'application/merge-patch+json' };
const make = (name: string, labels: object = {}) =>
  api.request('POST', maps, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } } });
const label = (name: string, labels: object) => api.request('PATCH', `${maps}/${name}`, { headers: merge, body: { metadata: { labels } } });
const newest = () => String(api.store.revision());

/** The events that have come so far, as `ADDED a`. */
async function follow(
  request: TestRequest = {},
  path = maps,
): Promise<{ readonly seen: string[]; readonly raw: { type: string; object: unknown }[]; ended: boolean }> {
  const state = { seen: [] as string[], raw: [] as { type: string; object: unknown }[], ended: false };
  const events = await api.watch(path, request);
  void (async () => {
    for await (const event of events) {
      state.raw.push(event);
      state.seen.push(`${event.type} ${(event.object as Meta).metadata?.name ?? ''}`.trim());
    }
    state.ended = true;
  })();
  return state;
}

describe('a watch', () => {
  it('without a version begins with what is there', async () => {
    await make('a');
    const events = await follow();
    await make('b');
    await loopTurn();
    expect(events.seen).toEqual(['ADDED a', 'ADDED b']);
  });

  it('from a version tells what came after it', async () => {
    await make('a');
    const from = newest();
    await make('b');
    await label('a', { x: 'y' });
    const events = await follow({ query: { resourceVersion: from } });
    await api.request('DELETE', `${maps}/b`);
    await loopTurn();
    expect(events.seen).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    const gone = events.raw[2]?.object as Meta;
    expect(gone.metadata.resourceVersion).toBe(newest());
  });

  it('of a selection adds what enters it and deletes what leaves it', async () => {
    await make('a', { tier: 'x' });
    const events = await follow({ query: { resourceVersion: newest(), labelSelector: 'tier=x' } });
    await label('a', { tier: 'y' });
    const left = newest();
    await label('a', { tier: 'z' });
    await label('a', { tier: 'x' });
    await label('a', { other: '1' });
    await loopTurn();
    expect(events.seen).toEqual(['DELETED a', 'ADDED a', 'MODIFIED a']);
    expect(events.raw[0]?.object).toMatchObject({ metadata: { labels: { tier: 'x' }, resourceVersion: left } });
  });

  it('of one name hears of it alone', async () => {
    const events = await follow({ query: { resourceVersion: newest(), fieldSelector: 'metadata.name=a' } });
    await make('b');
    await make('a');
    await loopTurn();
    expect(events.seen).toEqual(['ADDED a']);
  });

  it('whose path names an object hears of it alone', async () => {
    const events = await follow({ query: { resourceVersion: newest() } }, `${maps}/a`);
    await make('b');
    await make('a');
    await loopTurn();
    expect(events.seen).toEqual(['ADDED a']);
  });

  it('of one namespace hears of it alone', async () => {
    const events = await follow({ query: { resourceVersion: newest() } }, '/api/v1/namespaces/kube-system/configmaps');
    await make('b');
    await loopTurn();
    expect(events.seen).toEqual([]);
  });

  it('ends after its time, with a bookmark where that is allowed', async () => {
    const plain = await follow({ query: { resourceVersion: newest(), timeoutSeconds: 90 } });
    const marked = await follow({ query: { resourceVersion: newest(), timeoutSeconds: 90, allowWatchBookmarks: true } });
    await api.clock.advance(60_000);
    await make('a');
    await api.clock.advance(30_000);
    expect([plain.seen, plain.ended]).toEqual([['ADDED a'], true]);
    expect([marked.seen, marked.ended]).toEqual([['BOOKMARK', 'ADDED a', 'BOOKMARK'], true]);
    expect(marked.raw[2]).toEqual({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: newest(), creationTimestamp: null } },
    });
  });

  it('without a time ends between half an hour and an hour', async () => {
    const events = await follow({ query: { resourceVersion: newest() } });
    await api.clock.advance(30 * 60_000 - 1);
    expect(events.ended).toBe(false);
    await api.clock.advance(30 * 60_000);
    expect(events.ended).toBe(true);
  });

  it('may begin with all and a bookmark that says so', async () => {
    await make('a');
    const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true };
    const events = await follow({ query });
    await make('b');
    await loopTurn();
    expect(events.seen).toEqual(['ADDED a', 'BOOKMARK', 'ADDED b']);
    expect(events.raw[1]?.object).toMatchObject({ metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
  });

  it('from a version that is forgotten is Expired at once', async () => {
    const from = newest();
    await make('a');
    await make('b');
    await api.store.compact(api.store.revision());
    const answer = await api.request('GET', maps, { query: { watch: true, resourceVersion: from } });
    expect(answer.object).toMatchObject({ code: 410, reason: 'Expired', message: expect.stringContaining('too old resource version') });
  });

  it('from a version to come is refused', async () => {
    const answer = await api.request('GET', maps, { query: { watch: true, resourceVersion: 999_999 } });
    expect(answer.object).toMatchObject({ code: 504, reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });
  });

  it('of tables has a row in each event', async () => {
    const events = await follow({
      query: { resourceVersion: newest() },
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    });
    await make('a');
    await loopTurn();
    expect(events.raw).toMatchObject([{ type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['a', expect.anything(), '0s'] }] } }]);
  });

  it('that is left behind is Expired', async () => {
    const answer = await api.server.handle({
      method: 'GET',
      path: maps,
      query: `watch=true&resourceVersion=${newest()}`,
      headers: { authorization: 'Bearer admin' },
    });
    const reader = (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await make('a');
    for (let round = 0; round < 10_001; round++) await label('a', { round: String(round) });
    await loopTurn();
    const types: string[] = [];
    let last: unknown;
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      const event = JSON.parse(Buffer.from(next.value).toString()) as { type: string; object: unknown };
      types.push(event.type);
      last = event.object;
    }
    expect([types.length, types[0], types.at(-2), types.at(-1)]).toEqual([10_001, 'ADDED', 'MODIFIED', 'ERROR']);
    expect(last).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
  });

  it('ends when its client goes and when the server stops', async () => {
    const life = new AbortController();
    const left = await follow({ query: { resourceVersion: newest() }, signal: life.signal });
    const stopped = await follow({ query: { resourceVersion: newest() } });
    life.abort();
    await loopTurn();
    expect([left.ended, stopped.ended]).toEqual([true, false]);
    api.server.stop();
    await loopTurn();
    expect(stopped.ended).toBe(true);
    expect(api.clock.pending().working).toBe(0);
  });

  it('gives all watchers the same bytes', async () => {
    const open = () =>
      api.server.handle({
        method: 'GET',
        path: maps,
        query: `watch=true&resourceVersion=${newest()}`,
        headers: { authorization: 'Bearer admin' },
      });
    const readers = await Promise.all([open(), open()]);
    await make('a');
    const lines = await Promise.all(
      readers.map(async ({ body }) => (await (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next()).value as Uint8Array),
    );
    expect(lines[0]).toBe(lines[1]);
  });

  it('in process gives objects, the very ones of the store', async () => {
    const answer = await api.transport()({ method: 'GET', path: maps, query: `watch=true&resourceVersion=${newest()}`, headers: {} });
    const events = (answer.object as WatchObjects)[Symbol.asyncIterator]();
    await make('a');
    const { value } = await events.next();
    expect(value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    expect((value as { object: object }).object).toBe((await api.store.get('core/configmaps/default/a'))?.value());
  });
});
