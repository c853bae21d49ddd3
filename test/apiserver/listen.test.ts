import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApiRequest, ApiResponse, Transport } from '../../src/api/http.ts';
import { listen, type Listening, type ListenOptions } from '../../src/apiserver/listen.ts';
import { AsyncQueue } from '../../src/base/async-queue.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { openCertificates, type Certificates } from '../../src/controlplane/certificates.ts';

let certificates: Certificates;
let stranger: Certificates;
beforeAll(async () => {
  const options = { hosts: [], clock: realClock(), random: secureRandom(), log: silentLog };
  certificates = await openCertificates(options);
  stranger = await openCertificates(options);
});

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => expect(process.getActiveResourcesInfo().filter((name) => name === 'TLSSocketWrap')).toEqual([]));

async function serve(handle: Transport, more: Partial<ListenOptions> = {}): Promise<Listening> {
  const listening = await listen({
    handle,
    certificates: { ...certificates.server, ca: certificates.authority },
    clock: realClock(),
    log: silentLog,
    ...more,
  });
  open.push(() => listening.close(100));
  return listening;
}
function http2(listening: Listening, client?: { key: string; certificate: string }): ClientHttp2Session {
  const identity = client === undefined ? {} : { key: client.key, cert: client.certificate };
  const session = connectHttp2(listening.url, { ca: certificates.authority, ...identity });
  session.on('error', () => undefined);
  open.push(() => session.destroy());
  return session;
}
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}
async function call(session: ClientHttp2Session, path: string, body?: Uint8Array): Promise<Answer> {
  const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' });
  stream.end(body);
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { status: headers[':status'], headers, text };
}
const echo: Transport = async (request) => {
  const { method, path, query, headers, peer } = request;
  const { address: _address, ...certified } = peer ?? { address: '' };
  const body = Buffer.from(
    JSON.stringify({
      method,
      path,
      query,
      accept: headers['accept'],
      body: request.body && Buffer.from(request.body).toString(),
      ...certified,
    }),
  );
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
};
const stream = (chunks: AsyncIterable<Uint8Array>): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: chunks,
});

describe('requests', () => {
  test('reach the server with method, path, query and body as sent, over HTTP/2', async () => {
    const answer = await call(http2(await serve(echo)), '/api/v1/namespaces/a%2Fb/pods?limit=5&x=%20', Buffer.from('{"a":1}'));
    expect(JSON.parse(answer.text)).toEqual({
      method: 'POST',
      path: '/api/v1/namespaces/a%2Fb/pods',
      query: 'limit=5&x=%20',
      body: '{"a":1}',
    });
    expect(answer.headers['content-length']).toBe(String(answer.text.length));
  });

  test('reach the server over HTTP/1.1, several on one connection', async () => {
    const listening = await serve(echo);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: certificates.authority });
    open.push(() => agent.destroy());
    const ports: (number | undefined)[] = [];
    for (const path of ['/one', '/two']) {
      const request = httpsRequest(`${listening.url}${path}`, { agent, headers: { accept: 'application/json' } });
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      ports.push(response.socket?.localPort ?? request.socket?.localPort);
      expect(JSON.parse(text)).toEqual({ method: 'GET', path, query: '', accept: 'application/json' });
    }
    expect(ports[0]).toBe(ports[1]);
  });

  test('name the client certificate when our authority signed it', async () => {
    const answer = await call(http2(await serve(echo), certificates.admin), '/');
    expect(JSON.parse(answer.text)).toMatchObject({
      certificate: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    });
  });

  test('do not name a certificate of another authority', async () => {
    const answer = await call(http2(await serve(echo), stranger.admin), '/');
    expect(JSON.parse(answer.text)).not.toHaveProperty('certificate');
  });

  test('with a body over the limit get a Status, and the connection goes on', async () => {
    const session = http2(await serve(echo, { maxBodyBytes: 1000 }));
    const answer = await call(session, '/', Buffer.alloc(5000, 'x'));
    expect([answer.status, JSON.parse(answer.text).reason]).toEqual([413, 'RequestEntityTooLarge']);
    expect((await call(session, '/')).status).toBe(200);
  });

  test('with a body over the limit whose length nobody said get the same over HTTP/1.1', async () => {
    const listening = await serve(echo, { maxBodyBytes: 1000 });
    const request = httpsRequest(listening.url, { method: 'POST', ca: certificates.authority, agent: false });
    request.on('error', () => undefined);
    for (let part = 0; part < 5; part++) request.write(Buffer.alloc(1000, 'x'));
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect([response.statusCode, response.headers.connection, JSON.parse(text).reason]).toEqual([413, 'close', 'RequestEntityTooLarge']);
  });

  test('whose body does not come are given up', async () => {
    const session = http2(await serve(echo, { bodyMs: 50 }));
    const slow = session.request({ ':path': '/', ':method': 'POST', 'content-length': '10' });
    slow.write('x');
    const [headers] = (await once(slow, 'response')) as [{ ':status': number }];
    expect(headers[':status']).toBe(504);
    slow.destroy();
  });

  test('that make the server throw get a 500 Status', async () => {
    const answer = await call(http2(await serve(() => Promise.reject(new Error('broken')))), '/');
    expect([answer.status, JSON.parse(answer.text).reason]).toEqual([500, 'InternalError']);
  });

  test('that are no HTTP are refused and do no harm', async () => {
    const listening = await serve(echo);
    const socket = connectTls({ port: listening.port, host: '127.0.0.1', ca: certificates.authority, ALPNProtocols: ['http/1.1'] });
    await once(socket, 'secureConnect');
    socket.write('NONSENSE\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('400 Bad Request');
    expect((await call(http2(listening), '/')).status).toBe(200);
  });
});

describe('streams', () => {
  test('deliver each chunk as it comes', async () => {
    const queue = new AsyncQueue<Uint8Array>();
    const session = http2(await serve(async () => stream(queue)));
    const watch = session.request({ ':path': '/watch' });
    await once(watch, 'response');
    for (const text of ['one', 'two']) {
      queue.push(Buffer.from(text));
      const [chunk] = (await once(watch, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(text);
    }
    queue.end();
    await once(watch, 'end');
  });

  test('come in pieces over HTTP/1.1 too', async () => {
    const queue = new AsyncQueue<Uint8Array>();
    const request = httpsRequest((await serve(async () => stream(queue))).url, { ca: certificates.authority, agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    queue.push(Buffer.from('one'));
    const [chunk] = (await once(response, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('one');
    queue.end();
    await once(response, 'end');
  });

  test('abort the request signal when the client goes', async () => {
    const requests: ApiRequest[] = [];
    const queue = new AsyncQueue<Uint8Array>();
    const session = http2(
      await serve(async (request) => {
        requests.push(request);
        return stream(queue);
      }),
    );
    const watch = session.request({ ':path': '/watch' });
    await once(watch, 'response');
    const signal = requests[0]?.signal as AbortSignal;
    const aborted = once(signal, 'abort');
    watch.close(8);
    await aborted;
    queue.end();
    expect(signal.aborted).toBe(true);
  });

  test('whose client takes nothing are cut off', async () => {
    let aborted: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (aborted = resolve));
    async function* flood(): AsyncIterable<Uint8Array> {
      for (;;) yield Buffer.alloc(64 * 1024);
    }
    const listening = await serve(
      async (request) => {
        request.signal?.addEventListener('abort', () => aborted?.());
        return stream(flood());
      },
      { stallMs: 100 },
    );
    const watch = http2(listening).request({ ':path': '/watch' });
    watch.on('error', () => undefined);
    await once(watch, 'response');
    await gone;
  });
});

describe('closing', () => {
  test('ends watches, answers what is under way and then refuses connections', async () => {
    const queue = new AsyncQueue<Uint8Array>();
    let answer: ((response: ApiResponse) => void) | undefined;
    const listening = await serve(async (request) => {
      if (request.path === '/watch') {
        request.signal?.addEventListener('abort', () => queue.end());
        return stream(queue);
      }
      return new Promise((resolve) => (answer = resolve));
    });
    const session = http2(listening);
    const watch = session.request({ ':path': '/watch' });
    await once(watch, 'response');
    const pending = call(session, '/slow');
    while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    const closed = listening.close(5000);
    watch.resume();
    await once(watch, 'end');
    answer({ status: 200, headers: {}, body: Buffer.from('done') });
    expect((await pending).text).toBe('done');
    await closed;
    const refused = connectTls({ port: listening.port, host: '127.0.0.1' });
    expect(((await once(refused, 'error').catch((error: unknown) => [error])) as [{ code?: string }])[0].code).toBe('ECONNREFUSED');
  });

  test('cuts what does not end in time', async () => {
    const listening = await serve(() => new Promise(() => undefined));
    const session = http2(listening);
    const hanging = session.request({ ':path': '/' });
    hanging.on('error', () => undefined);
    await once(session, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await listening.close(20);
    if (!hanging.closed) await once(hanging, 'close');
  });
});

test('a session that opens streams only to cancel them is ended', async () => {
  let handled = 0;
  const listening = await serve((request) => {
    handled++;
    return new Promise((_resolve, reject) => request.signal?.addEventListener('abort', () => reject(new Error('gone'))));
  });
  const session = http2(listening);
  await once(session, 'connect');
  for (let opened = 0; opened < 1500 && !session.destroyed && !session.closed; opened++) {
    const attack = session.request({ ':path': '/' });
    attack.on('error', () => undefined);
    if (attack.pending) await once(attack, 'ready').catch(() => undefined);
    attack.close(8);
    if (opened % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(handled).toBeGreaterThan(250);
  expect(handled).toBeLessThan(500);
  expect((await call(http2(await serve(echo)), '/')).status).toBe(200);
}, 10_000);
