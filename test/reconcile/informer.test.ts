import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigMap, Pod } from '../../src/api/kinds.generated.ts';
import type { Transport } from '../../src/api/http.ts';
import { StatusError } from '../../src/api/status.ts';
import { errorAnswer } from '../../src/apiserver/answer.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Connection } from '../../src/client/connect.ts';
import type { Informer, InformerScope } from '../../src/reconcile/controller.ts';
import { startInformers, type Informers } from '../../src/reconcile/informers.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let api: Connection;
let informers: Informers;
let lines: string[];
/** What stands between the informers and the server. */
let fault: (handle: Transport) => Transport;
const calls: string[] = [];
const reader = { name: 'reader', groups: ['system:masters'] };

beforeEach(async () => {
  fault = (handle) => handle;
  lines = [];
  calls.length = 0;
  cluster = await startCluster({
    controllers: [],
    scheduler: false,
    nodes: 0,
    between: (handle, user) => async (request) => {
      if (user.name !== reader.name) return handle(request);
      calls.push(request.query.includes('watch=true') ? 'watch' : 'list');
      return fault(handle)(request);
    },
  });
  api = cluster.cluster();
  const log = createLog((line) => void lines.push(`${line.level} ${line.message}`), 'debug');
  informers = startInformers({ cluster: cluster.cluster(reader), clock: cluster.clock, random: seededRandom(1), log });
});
afterEach(async () => {
  await informers.stop();
  await cluster.stop();
});

const map = (
  name: string,
  more: { data?: Record<string, string>; labels?: Record<string, string>; namespace?: string } = {},
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: more.namespace ?? 'default', labels: more.labels ?? {} },
  data: more.data ?? {},
});
const named = (name: string) => ({ namespace: 'default', name });
const names = (informer: Informer<ConfigMap>) => informer.list().map((each) => each.metadata.name);
async function follow(scope: InformerScope = { namespace: 'default' }): Promise<Informer<ConfigMap>> {
  const informer = informers.informer(ConfigMap, scope);
  await informer.synced;
  return informer;
}
/** One line per notification: `+name`, `~name value`, `-name`. */
function listen(informer: Informer<ConfigMap>): string[] {
  const seen: string[] = [];
  informer.onChange((object, previous) => {
    const name = (object ?? previous)?.metadata.name;
    seen.push(object === undefined ? `-${name}` : previous === undefined ? `+${name}` : `~${name} ${object.data?.['v']}`);
  });
  return seen;
}
const set = (name: string, v: string) => api.patch(ConfigMap, named(name), { data: { v } });
const outage: (handle: Transport) => Transport = () => () =>
  Promise.resolve(errorAnswer(new StatusError(503, 'ServiceUnavailable', 'not now'), true));

describe('the copy', () => {
  test('holds what was there and follows what comes, frozen', async () => {
    await api.create(ConfigMap, map('a'));
    const informer = await follow();
    const seen = listen(informer);
    await api.create(ConfigMap, map('b'));
    await set('a', '1');
    await api.delete(ConfigMap, named('b'));
    await cluster.settle();
    expect(seen).toEqual(['+a', '+b', '~a 1', '-b']);
    expect(informer.get(named('a'))?.data).toEqual({ v: '1' });
    expect(Object.isFrozen(informer.get(named('a'))?.data)).toBe(true);
    expect(informer.get(named('b'))).toBeUndefined();
  });

  test('is filtered by namespace and by labels', async () => {
    await api.create(ConfigMap, map('a', { labels: { app: 'x' } }));
    await api.create(ConfigMap, map('b', { labels: { app: 'y' } }));
    await api.create(ConfigMap, map('c', { labels: { app: 'x' }, namespace: 'kube-system' }));
    const informer = await follow({});
    const found = (filter: Parameters<typeof informer.list>[0]): string[] => informer.list(filter).map((each) => each.metadata.name);
    expect(found({ labels: { app: 'x' } })).toEqual(['a', 'c']);
    expect(found({ namespace: 'default', labels: { app: 'x' } })).toEqual(['a']);
    expect(found({ namespace: 'nowhere' })).toEqual([]);
  });

  test('finds objects by their controller, also after they changed hands', async () => {
    const owner = (uid: string, controller = true) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid, controller });
    await api.create(ConfigMap, { ...map('a'), metadata: { ...map('a').metadata, ownerReferences: [owner('one'), owner('two', false)] } });
    const informer = await follow();
    const owned = (uid: string): string[] => informer.ownedBy(uid).map((each) => each.metadata.name);
    expect([owned('one'), owned('two')]).toEqual([['a'], []]);
    await api.patch(ConfigMap, named('a'), { metadata: { ownerReferences: [owner('two')] } });
    await cluster.settle();
    expect([owned('one'), owned('two')]).toEqual([[], ['a']]);
    await api.delete(ConfigMap, named('a'));
    await cluster.settle();
    expect(owned('two')).toEqual([]);
  });

  test('is one for all who ask for the same kind and scope', async () => {
    const first = await follow();
    expect(informers.informer(ConfigMap, { namespace: 'default' })).toBe(first);
    expect(informers.informer(ConfigMap)).not.toBe(first);
    expect(informers.informer(Pod, { namespace: 'default' })).not.toBe(first);
  });

  test('a listener that throws does not disturb the others', async () => {
    const informer = await follow();
    informer.onChange(() => {
      throw new Error('broken listener');
    });
    const seen = listen(informer);
    await api.create(ConfigMap, map('a'));
    await cluster.settle();
    expect(seen).toEqual(['+a']);
    expect(lines).toContain('error a listener of an informer failed');
  });

  test('a listener that leaves is told nothing more', async () => {
    const informer = await follow();
    const seen: unknown[] = [];
    const subscription = informer.onChange((object) => seen.push(object?.metadata.name));
    subscription[Symbol.dispose]();
    await api.create(ConfigMap, map('a'));
    await cluster.settle();
    expect(seen).toEqual([]);
  });
});

describe('trouble', () => {
  test('a server that does not answer at first is asked until it does', async () => {
    await api.create(ConfigMap, map('a'));
    fault = outage;
    const informer = informers.informer(ConfigMap, { namespace: 'default' });
    await cluster.clock.advance(10_000);
    expect([informer.hasSynced, calls.length > 2]).toEqual([false, true]);
    fault = (handle) => handle;
    await cluster.clock.advance(60_000);
    expect([informer.hasSynced, names(informer)]).toEqual([true, ['a']]);
  });

  test('reads are answered while the connection is down, and the watch goes on where it broke off', async () => {
    await api.create(ConfigMap, map('a'));
    let watch: AbortController | undefined;
    fault = (handle) => (request) => {
      watch = new AbortController();
      return handle({ ...request, signal: AbortSignal.any([watch.signal, ...(request.signal === undefined ? [] : [request.signal])]) });
    };
    const informer = await follow();
    const seen = listen(informer);
    await loopTurn();
    const listsBefore = calls.filter((call) => call === 'list').length;
    fault = outage;
    watch?.abort();
    await set('a', '1');
    await api.create(ConfigMap, map('b'));
    await cluster.clock.advance(5000);
    expect([seen, names(informer)]).toEqual([['+a'], ['a']]);
    fault = (handle) => handle;
    await cluster.clock.advance(60_000);
    expect(seen).toEqual(['+a', '~a 1', '+b']);
    expect(calls.filter((call) => call === 'list').length).toBe(listsBefore);
  });

  test('when the server has forgotten the revision everything is listed again, and only differences are told', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await api.create(ConfigMap, map(name));
    let broken: AbortController | undefined;
    fault = (handle) => (request) => {
      broken = new AbortController();
      return handle({ ...request, signal: AbortSignal.any([broken.signal, ...(request.signal === undefined ? [] : [request.signal])]) });
    };
    const informer = await follow();
    const seen = listen(informer);
    await loopTurn();
    fault = outage;
    broken?.abort();
    await set('b', '1');
    await api.delete(ConfigMap, named('c'));
    await api.delete(ConfigMap, named('d'));
    await api.create(ConfigMap, map('d', { data: { v: 'new' } }));
    await api.create(ConfigMap, map('e'));
    await cluster.store.compact(cluster.store.revision());
    fault = (handle) => handle;
    await cluster.clock.advance(60_000);
    expect(seen).toEqual(['+a', '+b', '+c', '+d', '~b 1', '-d', '+d', '+e', '-c']);
    expect(names(informer).sort()).toEqual(['a', 'b', 'd', 'e']);
    expect(lines).toContain('debug the watch is too old, listing again');
  });

  test('watches that the server ends in time are opened again without a warning', async () => {
    const informer = await follow();
    const seen = listen(informer);
    await cluster.clock.advance(2 * 3600_000);
    await api.create(ConfigMap, map('a'));
    await cluster.settle();
    expect(seen).toEqual(['+a']);
    expect(calls.filter((call) => call === 'list')).toEqual(['list']);
    expect(calls.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

test('a server that never answers does not hold up the end', async () => {
  fault = () => () => new Promise(() => undefined);
  informers.informer(ConfigMap);
  await loopTurn();
  await informers.stop();
  expect(calls).toEqual(['list']);
});

test('after stop nobody is told anything', async () => {
  const informer = await follow();
  const seen = listen(informer);
  await informers.stop();
  await api.create(ConfigMap, map('a'));
  await cluster.settle();
  expect(seen).toEqual([]);
});
