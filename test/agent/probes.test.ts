import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlain, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createGrpc, type Http2Server } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import { connect, createServer as createSocket, type AddressInfo, type Server as SocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, test } from 'vitest';
import { realProber, type Prober } from '../../src/agent/probes/prober.ts';
import { runProbe } from '../../src/agent/probes/run-probe.ts';
import type { ProbeTarget } from '../../src/agent/probes/target.ts';
import type { RunningContainer, Sandbox } from '../../src/agent/runtime.ts';
import type { Probe } from '../../src/api/kinds.generated.ts';
import { realClock } from '../../src/base/clock.ts';
import { SimulatedClock } from '../../src/base/simulated-clock.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
async function listening(server: Server | SocketServer | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
const opened = (port: number): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
    closing.push(() => socket.destroy());
  });
const target = (more: Partial<RunningContainer> = {}, ports: { name: string; containerPort: number }[] = []): ProbeTarget => ({
  container: { name: 'main', ports },
  running: { id: 'r', startedAt: '', ...more } as RunningContainer,
  sandbox: { addresses: ['127.0.0.1'], connect: opened } as unknown as Sandbox,
  clock: realClock(),
});
const ask = (probe: Probe, about = target()) => realProber('readiness', probe, about);
const good = { success: true, message: '' };
const bad = (message: string) => ({ success: false, message });
/** The attempt itself could not be made. */
const unknown = (message: string) => ({ ...bad(message), errored: true });
/** A port that nothing listens on. */
async function closed(): Promise<number> {
  const server = createSocket();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('a probe asks for what stands for a port of its pod, and for the port itself of another host', async () => {
  const port = await listening(createPlain((_, response) => response.end()));
  const base = target({}, [{ name: 'http', containerPort: 80 }]);
  const shared = { ...base, sandbox: { ...base.sandbox, ports: { '80/TCP': port } } };
  for (const probe of [{ httpGet: { port: 'http' } }, { tcpSocket: { port: 80 } }]) expect(await ask(probe, shared)).toEqual(good);
  const elsewhere = await ask(
    { tcpSocket: { host: '127.0.0.1', port: 1 } },
    { ...base, sandbox: { ...base.sandbox, ports: { '1/TCP': port } } },
  );
  expect(elsewhere).toEqual(bad('dial tcp 127.0.0.1:1: connect: connection refused'));
});

describe('an http probe', () => {
  const serve = (handler: RequestListener) => listening(createPlain(handler));
  test.each([
    [200, good],
    [204, good],
    [399, good],
    [304, good],
    [400, bad('HTTP probe failed with statuscode: 400')],
    [503, bad('HTTP probe failed with statuscode: 503')],
  ])('that is answered with %i', async (status, expected) => {
    const port = await serve((_request, answer) => answer.writeHead(status).end());
    expect(await ask({ httpGet: { port } })).toEqual(expected);
  });
  it('says who asks, on a port by its name, with its own headers', async () => {
    let seen: IncomingMessage | undefined;
    const port = await serve((request, answer) => {
      seen = request;
      answer.end();
    });
    const httpHeaders = [
      { name: 'Host', value: 'shop.example' },
      { name: 'X-A', value: 'b' },
    ];
    expect(
      await ask({ httpGet: { port: 'web', path: '/live?deep=1', httpHeaders } }, target({}, [{ name: 'web', containerPort: port }])),
    ).toEqual(good);
    expect([seen?.url, seen?.headers]).toEqual([
      '/live?deep=1',
      { host: 'shop.example', 'x-a': 'b', 'user-agent': 'kube-probe/1.35', accept: '*/*', connection: 'close' },
    ]);
  });
  it('follows redirects on the same host only', async () => {
    const port = await serve((request, answer) => {
      if (request.url === '/here') return void answer.writeHead(302, { location: '/bad' }).end();
      if (request.url === '/away') return void answer.writeHead(302, { location: 'http://other.example/bad' }).end();
      if (request.url === '/round') return void answer.writeHead(302, { location: '/round' }).end();
      answer.writeHead(500).end();
    });
    expect(await ask({ httpGet: { port, path: '/here' } })).toEqual(bad('HTTP probe failed with statuscode: 500'));
    expect(await ask({ httpGet: { port, path: '/away' } })).toEqual(good);
    expect(await ask({ httpGet: { port, path: '/round' } })).toEqual(
      bad(`Get "http://127.0.0.1:${port}/round": stopped after 10 redirects`),
    );
  });
  it('reads no more than a part of a body that does not end', async () => {
    const port = await serve((_request, answer) => {
      answer.write('x'.repeat(100_000));
    });
    expect(await ask({ httpGet: { port } })).toEqual(good);
  });
  it('fails in the words of Go', async () => {
    const silent = await serve(() => undefined);
    const none = await closed();
    const broken = await listening(createSocket((socket) => socket.end('no http\r\n\r\n')));
    const dropped = await listening(createSocket((socket) => socket.end()));
    const url = (port: number) => `Get "http://127.0.0.1:${port}/": `;
    expect(await ask({ httpGet: { port: silent } })).toEqual(
      bad(`${url(silent)}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
    );
    expect(await ask({ httpGet: { port: none } })).toEqual(bad(`${url(none)}dial tcp 127.0.0.1:${none}: connect: connection refused`));
    expect((await ask({ httpGet: { port: broken } })).message).toContain('malformed HTTP response');
    expect(await ask({ httpGet: { port: dropped } })).toEqual(bad(`${url(dropped)}EOF`));
    expect(await ask({ httpGet: { port: 'none' } })).toEqual(unknown('strconv.Atoi: parsing "none": invalid syntax'));
  });
  it('by https asks for no proof of the certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'steer-tls-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=x'],
      { stdio: 'ignore' },
    );
    const port = await listening(createSecure({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, answer) => answer.end()));
    expect(await ask({ httpGet: { port, scheme: 'HTTPS' } })).toEqual(good);
    const plain = await serve((_request, answer) => answer.end());
    expect((await ask({ httpGet: { port: plain, scheme: 'HTTPS' } })).success).toBe(false);
  });
});

describe('a tcp probe', () => {
  it('is a connection', async () => {
    const port = await listening(createSocket());
    expect(await ask({ tcpSocket: { port } })).toEqual(good);
    const none = await closed();
    expect(await ask({ tcpSocket: { port: none } })).toEqual(bad(`dial tcp 127.0.0.1:${none}: connect: connection refused`));
    expect(await ask({ tcpSocket: { port, host: '127.0.0.1' } })).toEqual(good);
  });
  it('that is not answered in time fails', async () => {
    const about = target();
    const never = { ...about, sandbox: { ...about.sandbox, connect: () => new Promise<Duplex>(() => undefined) } };
    expect(await ask({ tcpSocket: { port: 1 } }, never)).toEqual(bad('dial tcp 127.0.0.1:1: i/o timeout'));
  });
});

describe('an exec probe', () => {
  const running = (code: number, text: string): Partial<RunningContainer> => ({
    exec: async (_command, streams) => {
      const writer = streams.stdout.getWriter();
      await writer.write(Buffer.from(text));
      return code;
    },
  });
  it('is as good as its exit code, and its output tells why not', async () => {
    expect(await ask({ exec: { command: ['x'] } }, target(running(0, 'fine')))).toEqual(good);
    expect(await ask({ exec: { command: ['x'] } }, target(running(1, 'sick')))).toEqual(bad('sick'));
    expect((await ask({ exec: { command: ['x'] } }, target(running(1, 'x'.repeat(50_000))))).message.length).toBe(10 * 1024);
  });
  it('that cannot be run says nothing of the container', async () => {
    const exec: RunningContainer['exec'] = () => Promise.reject(new Error('exec: "x": executable file not found in $PATH'));
    expect(await ask({ exec: { command: ['x'] } }, target({ exec }))).toEqual(unknown('exec: "x": executable file not found in $PATH'));
    expect(await ask({ exec: { command: ['x'] } })).toEqual(unknown('this runtime cannot run commands in containers'));
    expect(await ask({})).toEqual(unknown('missing probe handler for main'));
  });
  it('that takes too long has timed out', async () => {
    const exec: RunningContainer['exec'] = (_command, _streams, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    expect(await ask({ exec: { command: ['sleep', '5'] } }, target({ exec }))).toEqual(
      bad('command timed out: "sleep 5" timed out after 1s'),
    );
  });
});

describe('a grpc probe', () => {
  const serve = (answer: { body?: number[]; status?: string; message?: string }, services: string[] = []) => {
    const server = createGrpc();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        services.push(`${String(headers[':path'])} ${Buffer.concat(chunks).subarray(7).toString()}`);
        const trailers = {
          'grpc-status': answer.status ?? '0',
          ...(answer.message === undefined ? {} : { 'grpc-message': answer.message }),
        };
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
        const body = answer.body ?? [];
        stream.end(body.length === 0 ? undefined : Buffer.from([0, 0, 0, 0, body.length, ...body]));
      });
    });
    return listening(server);
  };
  it('asks for the health of a service', async () => {
    const services: string[] = [];
    const port = await serve({ body: [8, 1] }, services);
    expect(await ask({ grpc: { port, service: 'shop' } })).toEqual(good);
    expect(services).toEqual(['/grpc.health.v1.Health/Check shop']);
  });
  test.each([
    [{ body: [8, 2] }, 'service unhealthy (responded with "NOT_SERVING")'],
    [
      { status: '12', message: 'unknown service' },
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service',
    ],
    [{ status: '5', message: 'unknown%20service' }, 'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service'],
  ])('fails for the answer %j', async (answer, message) => {
    expect(await ask({ grpc: { port: await serve(answer) } })).toEqual(bad(message));
  });
  it('fails where nothing listens, or nothing answers', async () => {
    const none = await closed();
    expect((await ask({ grpc: { port: none } })).message).toMatch(
      `timeout: failed to connect service "127.0.0.1:${none}" within 1s: context deadline exceeded`,
    );
    const silent = await listening(createSocket((socket) => closing.push(() => socket.destroy())));
    expect(await ask({ grpc: { port: silent } })).toEqual(bad('timeout: health rpc did not complete within 1s'));
  });
});

describe('the attempts of a probe', () => {
  /** When the container answers well, in ms since its start; and what is found out when. */
  async function story(
    kind: 'readiness' | 'liveness' | 'startup',
    probe: Probe,
    goodFromMs: number,
    forMs: number,
  ): Promise<{ changes: string[]; failures: number[] }> {
    const clock = new SimulatedClock();
    const start = clock.now();
    const changes: string[] = [];
    const failures: number[] = [];
    const stop = new AbortController();
    const prober: Prober = () => Promise.resolve(clock.now() - start >= goodFromMs ? good : bad('no'));
    const running = runProbe(
      kind,
      { probe, target: { ...target({ startedAt: '2026-01-01T00:00:00Z' }), clock }, prober, signal: stop.signal },
      {
        changed: (success) => changes.push(`${clock.now() - start} ${success ? 'good' : 'bad'}`),
        failed: () => failures.push(clock.now() - start),
      },
    ).catch(() => undefined);
    await clock.advance(forMs);
    stop.abort(new Error('enough'));
    await running;
    return { changes, failures };
  }
  it('find a fresh container ready long before its period is over, and say nothing of the extra ones that fail', async () => {
    expect(await story('readiness', { periodSeconds: 10, httpGet: { port: 1 } }, 300, 9000)).toEqual({
      changes: ['375 good'],
      failures: [],
    });
  });
  it('count as a kubelet counts, from a second after the start, each period', async () => {
    const { changes, failures } = await story(
      'startup',
      { periodSeconds: 10, failureThreshold: 3, tcpSocket: { port: 1 } },
      Infinity,
      25_000,
    );
    expect([changes, failures]).toEqual([['21000 bad'], [1000, 11_000, 21_000]]);
  });
  it('are not made before the initial delay, and not hurried for liveness', async () => {
    const { failures } = await story(
      'liveness',
      { periodSeconds: 5, initialDelaySeconds: 3, failureThreshold: 9, tcpSocket: { port: 1 } },
      Infinity,
      14_000,
    );
    expect(failures).toEqual([3000, 8000, 13_000]);
    expect((await story('liveness', { periodSeconds: 5, tcpSocket: { port: 1 } }, Infinity, 7000)).failures).toEqual([1000, 6000]);
  });
  it('that cannot be made are told, and change nothing', async () => {
    const clock = new SimulatedClock();
    const found: string[] = [];
    const stop = new AbortController();
    const results = [bad('no'), unknown('lost'), unknown('lost'), bad('no'), good];
    const prober: Prober = () => Promise.resolve(results.shift() as ReturnType<typeof bad>);
    const about = { ...target({ startedAt: '2026-01-01T00:00:00Z' }), clock };
    const probe = { periodSeconds: 1, failureThreshold: 2, tcpSocket: { port: 1 } };
    const running = runProbe(
      'liveness',
      { probe, target: about, prober, signal: stop.signal },
      {
        changed: (success) => found.push(`changed ${success}`),
        failed: ({ message }) => found.push(message),
      },
    ).catch(() => undefined);
    await clock.advance(5500);
    stop.abort(new Error('enough'));
    await running;
    expect(found).toEqual(['no', 'lost', 'lost', 'no', 'changed false', 'changed true']);
  });
  it('keep to the period where more than one success is asked for', async () => {
    expect(await story('readiness', { periodSeconds: 2, successThreshold: 2, tcpSocket: { port: 1 } }, 0, 5000)).toEqual({
      changes: ['2000 good'],
      failures: [],
    });
  });
});
