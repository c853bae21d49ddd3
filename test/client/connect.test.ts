import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ApiResponse, Transport } from '../../src/api/http.ts';
import type { Kind, KubeObject, WatchEvent } from '../../src/api/object.ts';
import { conflict, expired, notFound, StatusError, tooManyRequests } from '../../src/api/status.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';
import { connect, type Connection, type ConnectOptions } from '../../src/client/connect.ts';
import { answer, line, refusal, scripted, stream, type Answer } from './scripted.ts';
import type { ApiRequest } from '../../src/api/http.ts';

const Deployment: Kind = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const Node: Kind = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
const web: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'shop', name: 'web', resourceVersion: '7' } };
const key = { namespace: 'shop', name: 'web' };

function joined(transport: Transport, options: Partial<ConnectOptions> = {}): Connection {
  return connect(transport, { clock: new SimulatedClock(), random: seededRandom(1), userAgent: 'steer-test/1', ...options });
}
function over(...answers: Parameters<typeof scripted>): { cluster: Connection; calls: ApiRequest[] } {
  const { transport, calls } = scripted(...answers);
  return { cluster: joined(transport), calls };
}
const body = (call: ApiRequest | undefined): unknown => call?.object;

describe('calls', () => {
  const written: readonly {
    does: string;
    run: (cluster: Connection) => Promise<unknown>;
    line: string;
    type?: string;
    object?: unknown;
  }[] = [
    { does: 'get', run: (c) => c.get(Deployment, key), line: 'GET /apis/apps/v1/namespaces/shop/deployments/web' },
    { does: 'get of a cluster-scoped kind', run: (c) => c.get(Node, { namespace: '', name: 'n1' }), line: 'GET /api/v1/nodes/n1' },
    {
      does: 'create',
      run: (c) => c.create(Deployment, web, { fieldManager: 'me', dryRun: true, fieldValidation: 'Strict' }),
      line: 'POST /apis/apps/v1/namespaces/shop/deployments?fieldManager=me&fieldValidation=Strict&dryRun=All',
      type: 'application/json',
      object: web,
    },
    {
      does: 'update of a subresource',
      run: (c) => c.update(Deployment, web, { subresource: 'status' }),
      line: 'PUT /apis/apps/v1/namespaces/shop/deployments/web/status',
      type: 'application/json',
      object: web,
    },
    {
      does: 'merge patch',
      run: (c) => c.patch(Deployment, key, { spec: { replicas: 3 } }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web',
      type: 'application/merge-patch+json',
      object: { spec: { replicas: 3 } },
    },
    {
      does: 'JSON patch',
      run: (c) => c.patch(Deployment, key, [{ op: 'remove', path: '/spec' }], { subresource: 'scale' }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale',
      type: 'application/json-patch+json',
      object: [{ op: 'remove', path: '/spec' }],
    },
    {
      does: 'apply',
      run: (c) => c.apply(Deployment, web, { fieldManager: 'me', force: true }),
      line: 'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=me&force=true',
      type: 'application/apply-patch+yaml',
      object: web,
    },
    {
      does: 'delete',
      run: (c) => c.delete(Deployment, key, { uid: 'u', resourceVersion: '7', propagation: 'Foreground', graceSeconds: 0, dryRun: true }),
      line: 'DELETE /apis/apps/v1/namespaces/shop/deployments/web',
      type: 'application/json',
      object: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        gracePeriodSeconds: 0,
        propagationPolicy: 'Foreground',
        preconditions: { uid: 'u', resourceVersion: '7' },
        dryRun: ['All'],
      },
    },
  ];
  test.each(written)('$does', async ({ run, line: expected, type, object }) => {
    const { cluster, calls } = over(answer(web));
    await run(cluster);
    expect(calls.map(line)).toEqual([expected]);
    expect(calls[0]?.headers['content-type']).toBe(type);
    expect(body(calls[0])).toEqual(object);
  });

  it('names itself, its authority and its default field manager in every call', async () => {
    const { transport, calls } = scripted(answer(web));
    const cluster = joined(transport, { userAgent: 'steer-x/1', authorization: 'Bearer t', fieldManager: 'steersman' });
    await cluster.patch(Deployment, key, {});
    expect(calls[0]?.headers).toMatchObject({ 'user-agent': 'steer-x/1', authorization: 'Bearer t', accept: 'application/json' });
    expect(calls[0]?.query).toBe('fieldManager=steersman');
  });

  it('refuses to name an object without its name or namespace', async () => {
    const { cluster, calls } = over();
    await expect(cluster.get(Deployment, { namespace: '', name: 'web' })).rejects.toThrow('without its namespace');
    await expect(cluster.get(Deployment, { namespace: 'shop', name: '' })).rejects.toThrow('without its name');
    expect(calls).toEqual([]);
  });
});

describe('answers', () => {
  it('are frozen all through', async () => {
    const { cluster } = over(answer({ ...web, spec: { template: { labels: [1] } } }));
    const got = (await cluster.get(Deployment, key)) as KubeObject & { spec: { template: object } };
    expect([Object.isFrozen(got), Object.isFrozen(got.spec.template)]).toEqual([true, true]);
  });

  it('in process are the server’s own objects', async () => {
    const object = Object.freeze({ ...web });
    const cluster = joined(async () => ({ status: 200, headers: {}, body: new Uint8Array(), object }));
    expect(await cluster.get(Deployment, key)).toBe(object);
  });

  it('keep every field that the server sent, whatever it is', async () => {
    const values = fc.dictionary(fc.string(), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(values, async (extra) => {
        const object = JSON.parse(JSON.stringify({ ...extra, ...web })) as KubeObject;
        const { cluster } = over(
          answer(object),
          answer({ metadata: { resourceVersion: '1' }, items: [object] }),
          stream([{ type: 'ADDED', object }]),
        );
        expect(await cluster.get(Deployment, key)).toEqual(object);
        expect((await cluster.list(Deployment)).items).toEqual([object]);
        for await (const event of cluster.watch(Deployment, '1', { signal: new AbortController().signal })) {
          expect(event).toEqual({ type: 'ADDED', object });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of failure become the StatusError that the server meant', async () => {
    const missing = notFound(Deployment, 'web');
    const { cluster } = over(refusal(missing));
    const failure = (await cluster.get(Deployment, key).catch((error: unknown) => error)) as StatusError;
    expect(failure).toBeInstanceOf(StatusError);
    expect(failure.toStatus()).toEqual(missing.toStatus());
  });

  it('that are no Status, as of a proxy on the way, become an error of their code', async () => {
    const html: ApiResponse = { status: 503, headers: {}, body: Buffer.from('<html>away</html>') };
    const { cluster } = over(html);
    await expect(cluster.get(Deployment, key)).rejects.toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
  });

  it('may warn', async () => {
    const warnings: string[] = [];
    const header = '299 - "spec.old is deprecated", 299 - "unknown field \\"spec.x\\""';
    const { transport } = scripted(answer(web, { headers: { warning: header } }));
    await joined(transport, { warn: (text) => warnings.push(text) }).update(Deployment, web);
    expect(warnings).toEqual(['spec.old is deprecated', 'unknown field "spec.x"']);
  });
});

describe('a call that the server turned away', () => {
  const busy = refusal(tooManyRequests('busy', 3), { 'retry-after': '3' });
  async function timed(
    answers: readonly Answer[],
    run: (cluster: Connection) => Promise<unknown>,
  ): Promise<{ calls: number; seconds: number }> {
    const clock = new SimulatedClock({ start: 0 });
    const { transport, calls } = scripted(...answers);
    const done = run(joined(transport, { clock })).catch((error: unknown) => error);
    let ended = false;
    void done.then(() => (ended = true));
    await clock.until(() => ended, 600_000);
    return { calls: calls.length, seconds: clock.now() / 1000 };
  }

  it('is sent again after the time that it asked for', async () => {
    expect(await timed([busy, busy, answer(web)], (c) => c.update(Deployment, web))).toEqual({ calls: 3, seconds: 6 });
  });
  it('is given up after ten more tries', async () => {
    expect(
      (
        await timed(
          Array.from({ length: 20 }, () => busy),
          (c) => c.get(Deployment, key),
        )
      ).calls,
    ).toBe(11);
  });
  it('is not sent again without a time', async () => {
    expect((await timed([refusal(tooManyRequests('busy', 0))], (c) => c.get(Deployment, key))).calls).toBe(1);
  });
  it('is not sent again when it was an eviction, whose 429 is an answer', async () => {
    expect((await timed([busy], (c) => c.create(Deployment, web, { subresource: 'eviction' }))).calls).toBe(1);
  });
  const away = refusal(new StatusError(503, 'ServiceUnavailable', 'starting'), { 'retry-after': '1' });
  it('by a failure of the server is sent again when it reads', async () => {
    expect((await timed([away, answer(web)], (c) => c.get(Deployment, key))).calls).toBe(2);
  });
  it('by a failure of the server is not sent again when it writes, for it may have been done', async () => {
    expect((await timed([away], (c) => c.update(Deployment, web))).calls).toBe(1);
  });
});

describe('lists', () => {
  const page = (names: string[], next?: string): ApiResponse =>
    answer({
      metadata: { resourceVersion: '9', ...(next !== undefined && { continue: next }) },
      items: names.map((name) => ({ metadata: { name } })),
    });
  const names = (list: { items: readonly KubeObject[] }): string[] => list.items.map((item) => item.metadata.name);

  it('give items apiVersion and kind, which servers leave out', async () => {
    const { cluster } = over(page(['a']));
    expect((await cluster.list(Deployment)).items).toEqual([{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }]);
  });
  it('carry selectors and the token of the next page', async () => {
    const { cluster, calls } = over(page(['a'], 'more'));
    const list = await cluster.list(Deployment, {
      namespace: 'shop',
      labelSelector: 'a in (b,c)',
      fieldSelector: 'metadata.name!=x',
      limit: 1,
    });
    expect([names(list), list.continue, list.resourceVersion]).toEqual([['a'], 'more', '9']);
    expect(calls.map(line)).toEqual([
      'GET /apis/apps/v1/namespaces/shop/deployments?labelSelector=a+in+%28b%2Cc%29&fieldSelector=metadata.name%21%3Dx&limit=1',
    ]);
  });
  it('without a limit are read in pages over a socket and joined', async () => {
    const { transport, calls } = scripted(page(['a', 'b'], 't1'), page(['c'], 't2'), page(['d']));
    const list = await joined(transport, { pageSize: 2 }).list(Deployment);
    expect([names(list), list.continue]).toEqual([['a', 'b', 'c', 'd'], undefined]);
    expect(calls.map((call) => call.query)).toEqual(['limit=2', 'limit=2&continue=t1', 'limit=2&continue=t2']);
  });
  it('whose token expired between pages are read again in one', async () => {
    const { transport, calls } = scripted(page(['a'], 't1'), refusal(expired('too old')), page(['a', 'b']));
    expect(names(await joined(transport, { pageSize: 1 }).list(Deployment))).toEqual(['a', 'b']);
    expect(calls.map((call) => call.query)).toEqual(['limit=1', 'limit=1&continue=t1', '']);
  });
  it('that are null are empty', async () => {
    const { cluster } = over(answer({ metadata: {}, items: null }));
    expect(await cluster.list(Node)).toEqual({ items: [], resourceVersion: '' });
  });
});

describe('watches', () => {
  const read = async (events: AsyncIterable<WatchEvent<KubeObject>>): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const event of events) seen.push(event);
    return seen;
  };
  const { signal } = new AbortController();
  const mark = (annotations?: object) => ({
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: '12', ...(annotations && { annotations }) } },
  });

  test.each([1, 3, 64, 100_000])('read events from pieces of %i bytes', async (cut) => {
    const object = { ...web, note: 'ümlaut ✓' };
    const { cluster, calls } = over(
      stream([{ type: 'ADDED', object }, { type: 'DELETED', object }, mark(), mark({ 'k8s.io/initial-events-end': 'true' })], cut),
    );
    expect(await read(cluster.watch(Deployment, '7', { signal, namespace: 'shop', labelSelector: 'a=b' }))).toEqual([
      { type: 'ADDED', object },
      { type: 'DELETED', object },
      { type: 'BOOKMARK', resourceVersion: '12' },
      { type: 'BOOKMARK', resourceVersion: '12', initialEventsEnd: true },
    ]);
    const query = new URLSearchParams(calls[0]?.query);
    expect(Object.fromEntries(query)).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '7',
      labelSelector: 'a=b',
    });
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
  });
  it('throw the Status of an ERROR event', async () => {
    const { cluster } = over(stream([{ type: 'ERROR', object: expired('too old').toStatus() }]));
    await expect(read(cluster.watch(Deployment, '7', { signal }))).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });
  it('throw the Status of a refusal at the start', async () => {
    const { cluster } = over(refusal(conflict(Deployment, 'web', 'no')));
    await expect(read(cluster.watch(Deployment, '7', { signal }))).rejects.toMatchObject({ code: 409 });
  });
  it('in process hand on the server’s events', async () => {
    async function* events(): AsyncGenerator<WatchEvent<unknown>> {
      yield { type: 'MODIFIED', object: web };
    }
    const cluster = joined(async () => ({ status: 200, headers: {}, body: new Uint8Array(), object: events() }));
    const [event] = (await read(cluster.watch(Deployment, '7', { signal }))) as WatchEvent<KubeObject>[];
    expect(event).toEqual({ type: 'MODIFIED', object: web });
  });
  it('end at an abort without an error', async () => {
    const stop = new AbortController();
    const silent: Transport = async (request) => {
      async function* body(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(`${JSON.stringify({ type: 'ADDED', object: web })}\n`);
        await new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason as Error)));
      }
      return { status: 200, headers: {}, body: body() };
    };
    const seen: unknown[] = [];
    for await (const event of joined(silent).watch(Deployment, '7', { signal: stop.signal })) {
      seen.push(event.type);
      stop.abort();
    }
    expect(seen).toEqual(['ADDED']);
  });
  it('of a server that fell silent end after their time', async () => {
    const clock = new SimulatedClock({ start: 0 });
    const silent: Transport = async (request) => {
      async function* body(): AsyncGenerator<Uint8Array> {
        await new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason as Error)));
        yield new Uint8Array();
      }
      return { status: 200, headers: {}, body: body() };
    };
    let seen: unknown[] | undefined;
    void read(joined(silent, { clock }).watch(Deployment, '7', { signal })).then((events) => (seen = events));
    expect(await clock.until(() => seen !== undefined, 700_000)).toBe(true);
    expect(seen).toEqual([]);
    expect(clock.now()).toBeGreaterThan(300_000);
    expect(clock.pending().all).toBe(0);
  });
});

describe('logs', () => {
  it('are handed on piece by piece', async () => {
    const { cluster, calls } = over({ status: 200, headers: {}, body: Buffer.from('one\ntwo\n') });
    const parts: string[] = [];
    const options = { signal: new AbortController().signal, container: 'app', tailLines: 2, follow: true };
    for await (const part of cluster.logs(key, options)) parts.push(Buffer.from(part).toString());
    expect(parts.join('')).toBe('one\ntwo\n');
    expect(calls.map(line)).toEqual(['GET /api/v1/namespaces/shop/pods/web/log?container=app&follow=true&tailLines=2']);
  });
  it('that are refused throw the Status', async () => {
    const { cluster } = over(refusal(notFound({ group: '', plural: 'pods' }, 'web')));
    await expect(cluster.logs(key, { signal: new AbortController().signal })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 404,
    });
  });
});
