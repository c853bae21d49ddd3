import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as dial, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../src/api/http.ts';
import { loopTurn, realClock, type Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { bytesOf } from '../../src/client/body.ts';
import type { KubeContext, UserEntry } from '../../src/client/kubeconfig.ts';
import { connectTransport, type SocketTransport } from '../../src/client/transport.ts';
import { openCertificates, type Certificates } from '../../src/controlplane/certificates.ts';

const root = mkdtempSync(join(tmpdir(), 'steer-transport-'));
const clock = realClock();
let certificates: Certificates;
const ends: (() => Promise<unknown> | void)[] = [];
beforeAll(async () => {
  certificates = await openCertificates({ hosts: [], clock, random: secureRandom(), log: silentLog });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => void;
interface Server {
  readonly url: string;
  readonly sockets: Set<Socket>;
  readonly seen: IncomingMessage[];
}

/** A server of the test, over TLS or plain; it ends with the test. */
async function serve(handle: Handle, tls = true): Promise<Server> {
  const sockets = new Set<Socket>();
  const seen: IncomingMessage[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(request);
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => handle(request, response, body));
  };
  const { key, certificate } = certificates.server;
  const options = { key, cert: certificate, ca: certificates.authority, requestCert: true, rejectUnauthorized: false };
  const server = tls ? createTlsServer(options, listener) : createServer(listener);
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // the test cuts connections
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, seen };
}

interface Way {
  readonly user?: UserEntry;
  readonly cluster?: Partial<KubeContext['cluster']>;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
}
async function to(server: Server | string, way: Way = {}): Promise<SocketTransport> {
  const url = typeof server === 'string' ? server : server.url;
  const cluster = { server: url, insecure: false, authority: { text: certificates.authority }, ...way.cluster };
  const context: KubeContext = { name: 'test', namespace: 'default', cluster, user: way.user ?? {} };
  const environment = { PATH: process.env['PATH'] };
  const transport = await connectTransport(context, {
    clock: way.clock ?? clock,
    environment,
    ...(way.timeoutMs !== undefined && { timeoutMs: way.timeoutMs }),
  });
  ends.push(() => transport.close());
  return transport;
}
const get = (path: string, more: Partial<ApiRequest> = {}): ApiRequest => ({ method: 'GET', path, query: '', headers: {}, ...more });
const text = async (response: ApiResponse): Promise<string> => Buffer.from(await bytesOf(response.body)).toString();
const echo: Handle = (request, response, body) => {
  const socket = request.socket as TLSSocket;
  const peer = 'getPeerCertificate' in socket ? socket.getPeerCertificate() : undefined;
  const { method, url, headers } = request;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method, url, headers, body, peer: peer?.subject?.CN, sni: socket.servername }));
};
const echoed = async (response: ApiResponse): Promise<Record<string, unknown> & { headers: Record<string, string> }> =>
  JSON.parse(await text(response)) as never;

describe('a request', () => {
  it('travels with path, query, headers and its object as JSON', async () => {
    const server = await serve(echo);
    const send = await to({ ...server, url: `${server.url}/k8s/clusters/c1/` });
    const request = {
      method: 'POST',
      path: '/api/v1/pods',
      query: 'dryRun=All',
      headers: { 'content-type': 'application/json' },
      object: { a: 'ü' },
    };
    expect(await echoed(await send(request))).toMatchObject({
      method: 'POST',
      url: '/k8s/clusters/c1/api/v1/pods?dryRun=All',
      headers: { 'content-type': 'application/json' },
      body: '{"a":"ü"}',
    });
  });
  it('that fails answers with its status, headers and body', async () => {
    const server = await serve((_, response) =>
      response.writeHead(409, { 'x-a': 'b', 'content-type': 'application/json' }).end('{"kind":"Status"}'),
    );
    const response = await (await to(server))(get('/'));
    expect([response.status, response.headers['x-a'], await text(response)]).toEqual([409, 'b', '{"kind":"Status"}']);
  });
  it('takes compressed answers', async () => {
    const server = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip').end(gzipSync('[1,2,3]'));
    });
    const response = await (await to(server))(get('/'));
    expect([await text(response), response.headers['content-encoding']]).toEqual(['[1,2,3]', undefined]);
  });
  it('after another finds a connection that was kept', async () => {
    const server = await serve(echo);
    const send = await to(server);
    for (let index = 0; index < 20; index++) await text(await send(get('/')));
    expect(server.seen.length).toBe(20);
    expect(server.sockets.size).toBeLessThanOrEqual(2);
  });
  it('that reads is sent again when a kept connection had been closed; one that writes is not', async () => {
    const server = await serve((request, response) => {
      if (server.seen.length % 2 === 0) request.socket.destroy();
      else response.end('ok');
    });
    const send = await to(server);
    expect(await text(await send(get('/')))).toBe('ok');
    expect(await text(await send(get('/')))).toBe('ok');
    await expect(send({ ...get('/'), method: 'PUT' })).rejects.toMatchObject({ name: 'ConnectionFailed' });
    expect(server.seen.map((request) => request.method)).toEqual(['GET', 'GET', 'GET', 'PUT']);
  });
  it('to nobody says who cannot be reached and why', async () => {
    const send = await to('https://127.0.0.1:1');
    await expect(send(get('/'))).rejects.toThrow('https://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1');
  });
  it('that gets no answer in time fails', async () => {
    const server = await serve(() => undefined);
    await expect((await to(server, { timeoutMs: 300 }))(get('/'))).rejects.toMatchObject({ name: 'ConnectionFailed' });
  });
  it('rejects with the reason of its abort, before, during and after', async () => {
    const server = await serve(() => undefined);
    const send = await to(server);
    const reason = new Error('enough');
    await expect(send(get('/', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = send(get('/', { signal: stop.signal }));
    while (server.seen.length === 0) await loopTurn();
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('trust', () => {
  it('is by the authority of the kubeconfig alone', async () => {
    const server = await serve(echo);
    const other = await openCertificates({ hosts: [], clock, random: secureRandom(), log: silentLog });
    const send = await to(server, { cluster: { authority: { text: other.authority } } });
    await expect(send(get('/'))).rejects.toMatchObject({ name: 'ConnectionFailed' });
    expect(server.seen).toEqual([]);
  });
  it('can be waived, and the name to prove can be another', async () => {
    const server = await serve(echo);
    const { authority: _, ...none } = { authority: undefined, insecure: true };
    const careless = await to(server, { cluster: { ...none, authority: { text: '' } } });
    expect((await careless(get('/'))).status).toBe(200);
    const named = await to(server, { cluster: { serverName: 'kubernetes.default.svc' } });
    expect(await echoed(await named(get('/')))).toMatchObject({ sni: 'kubernetes.default.svc' });
    const wrong = await to(server, { cluster: { serverName: 'elsewhere.example' } });
    await expect(wrong(get('/'))).rejects.toThrow('cannot be reached');
  });
});

describe('who calls', () => {
  it('proves it by a client certificate', async () => {
    const server = await serve(echo);
    const { certificate, key } = certificates.admin;
    const file = join(root, 'admin.key');
    writeFileSync(file, key);
    const send = await to(server, { user: { certificate: { text: certificate }, key: { file } } });
    expect(await echoed(await send(get('/')))).toMatchObject({ peer: 'kubernetes-admin' });
    await expect((await to(server, { user: { certificate: { text: certificate } } }))(get('/'))).rejects.toThrow(
      'a client certificate without its key',
    );
  });
  it('sends its token or password, unless the request brings its own, and whom it stands for', async () => {
    const server = await serve(echo);
    const impersonate = { user: 'boss', groups: ['a', 'b'], extra: { scopes: ['x'] } };
    const send = await to(server, { user: { token: 't', impersonate } });
    const { headers } = await echoed(await send(get('/')));
    expect(headers).toMatchObject({
      authorization: 'Bearer t',
      'impersonate-user': 'boss',
      'impersonate-group': 'a, b',
      'impersonate-extra-scopes': 'x',
    });
    expect((await echoed(await send(get('/', { headers: { authorization: 'Bearer own' } })))).headers['authorization']).toBe('Bearer own');
    const basic = await to(server, { user: { basic: { username: 'u', password: 'p' } } });
    expect((await echoed(await basic(get('/')))).headers['authorization']).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });
  it('reads its token file again after a minute, and at once when it is refused', async () => {
    const server = await serve((request, response) =>
      response.writeHead(request.headers['authorization'] === 'Bearer revoked' ? 401 : 200).end(request.headers['authorization']),
    );
    const file = join(root, 'token');
    let now = 0;
    const send = await to(server, { user: { tokenFile: file }, clock: { ...clock, now: () => now } });
    const token = async (): Promise<string> => text(await send(get('/')));
    writeFileSync(file, 'one\n');
    expect(await token()).toBe('Bearer one');
    writeFileSync(file, 'two\n');
    expect(await token()).toBe('Bearer one');
    now = 60_000;
    expect(await token()).toBe('Bearer two');
    writeFileSync(file, 'revoked');
    now = 120_000;
    expect(await token()).toBe('Bearer revoked');
    writeFileSync(file, 'three');
    expect(await token()).toBe('Bearer three');
  });
  it('by a way that we do not have is told so', async () => {
    await expect(to('https://x', { user: { unsupported: 'auth-provider gcp' } })).rejects.toThrow('auth-provider gcp');
  });
});

describe('a credential plugin', () => {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const base = { apiVersion, args: [] as string[], env: {}, installHint: '', provideClusterInfo: true, interactiveMode: 'Never' };
  /** A plugin that counts its runs in a file, keeps what it was told, and answers `status` with the count in place of %. */
  function plugin(
    name: string,
    script: string,
  ): { command: string; told: () => { spec: { cluster: Record<string, string> } }; runs: () => number } {
    const command = join(root, name);
    writeFileSync(
      command,
      `#!/bin/sh\necho x >> "$0.runs"\nprintf %s "$KUBERNETES_EXEC_INFO" > "$0.told"\nn=$(wc -l < "$0.runs" | tr -d ' ')\n${script}\n`,
    );
    chmodSync(command, 0o755);
    return {
      command,
      told: () => JSON.parse(readFileSync(`${command}.told`, 'utf8')) as never,
      runs: () => readFileSync(`${command}.runs`, 'utf8').trim().split('\n').length,
    };
  }
  const answers = (status: string) => `cat <<END\n{"kind":"ExecCredential","apiVersion":"${apiVersion}","status":${status}}\nEND`;

  it('gives a token, which is kept until it expires or is refused', async () => {
    const login = plugin('login', answers('{"token":"t$n","expirationTimestamp":"1970-01-01T00:01:00Z"}'));
    const server = await serve((request, response) =>
      response.writeHead(request.headers['authorization'] === 'Bearer t2' ? 401 : 200).end(request.headers['authorization']),
    );
    let now = 0;
    const send = await to(server, { user: { exec: { ...base, command: login.command } }, clock: { ...clock, now: () => now } });
    const tokens = await Promise.all([1, 2, 3].map(async () => text(await send(get('/')))));
    expect([tokens, login.runs()]).toEqual([['Bearer t1', 'Bearer t1', 'Bearer t1'], 1]);
    now = 60_000;
    expect(await text(await send(get('/')))).toBe('Bearer t3');
    expect(login.runs()).toBe(3);
    const { spec } = login.told();
    expect(spec.cluster['server']).toBe(server.url);
    expect(Buffer.from(spec.cluster['certificate-authority-data'] as string, 'base64').toString()).toBe(certificates.authority);
  });
  it('gives a client certificate', async () => {
    const { certificate, key } = certificates.admin;
    const status = JSON.stringify({ clientCertificateData: certificate, clientKeyData: key });
    writeFileSync(join(root, 'status.json'), `{"kind":"ExecCredential","apiVersion":"${apiVersion}","status":${status}}`);
    const login = plugin('certify', `cat ${join(root, 'status.json')}`);
    const send = await to(await serve(echo), { user: { exec: { ...base, command: login.command } } });
    expect(await echoed(await send(get('/')))).toMatchObject({ peer: 'kubernetes-admin' });
  });
  it('that fails, is missing, or speaks otherwise says so', async () => {
    const server = await serve(echo);
    const failure = async (command: string, more: object = {}): Promise<string> =>
      (await to(server, { user: { exec: { ...base, command, ...more } } }))(get('/')).then(
        () => 'it worked',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    const broken = plugin('broken', 'echo "no session" >&2; exit 3');
    expect(await failure(broken.command)).toBe(`KubeconfigError: the credential plugin ${broken.command} failed (exit code 3): no session`);
    expect(await failure('/nowhere/login', { installHint: 'brew install login' })).toBe(
      'KubeconfigError: the credential plugin /nowhere/login is not installed\nbrew install login',
    );
    expect(await failure(plugin('empty', answers('{}')).command)).toMatch('answered neither a token nor a certificate');
    expect(await failure(plugin('old', answers('{"token":"x"}')).command, { apiVersion: 'client.authentication.k8s.io/v1alpha1' })).toMatch(
      'speaks',
    );
    expect(await failure(plugin('chatty', 'echo hello').command)).toMatch('did not answer JSON');
    expect(server.seen).toEqual([]);
  });
});

describe('a stream', () => {
  const watch = (signal?: AbortSignal): ApiRequest => get('/api/v1/pods', { query: 'watch=true', ...(signal !== undefined && { signal }) });

  it('is handed on while it comes, and an abort closes its connection', async () => {
    const server = await serve((_, response) => response.write('one\n'));
    const stop = new AbortController();
    const response = await (await to(server))(watch(stop.signal));
    const parts = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    expect(Buffer.from((await parts.next()).value as Uint8Array).toString()).toBe('one\n');
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(parts.next()).rejects.toBe(reason);
    while (server.sockets.size > 0) await loopTurn();
  });
  it('that its reader leaves closes its connection', async () => {
    const server = await serve((_, response) => response.write('one\n'));
    const response = await (await to(server))(watch());
    for await (const _ of response.body as AsyncIterable<Uint8Array>) break;
    while (server.sockets.size > 0) await loopTurn();
  });
  it('that breaks off fails its reader', async () => {
    const server = await serve((request, response) => {
      response.write('one\n');
      setTimeout(() => request.socket.destroy(), 20);
    });
    const response = await (await to(server))(watch());
    await expect(bytesOf(response.body)).rejects.toMatchObject({ name: 'ConnectionFailed' });
  });
  it('is read no faster than it is consumed', async () => {
    const part = Buffer.alloc(64 * 1024, 'x');
    let written = 0;
    const server = await serve((_, response) => {
      const more = (): void => {
        while (written < 200_000_000 && response.write(part)) written += part.length;
        response.once('drain', more);
      };
      more();
    }, false);
    const response = await (await to(server))(watch());
    const parts = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await parts.next();
    for (let before = -1; before !== written;) {
      before = written;
      await clock.sleep(100);
    }
    expect(written).toBeLessThan(50_000_000);
    await parts.return?.();
  });
});

describe('a proxy', () => {
  it('is asked to connect, and TLS goes through it', async () => {
    const server = await serve(echo);
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request: IncomingMessage, client: Socket) => {
      asked.push(request.url ?? '');
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const upstream = dial(Number(port), host, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(client).pipe(upstream);
      for (const socket of [client, upstream]) socket.on('error', () => undefined); // the test cuts connections
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    ends.push(() => void proxy.close());
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { certificate, key } = certificates.admin;
    const send = await to(server, { cluster: { proxy: address }, user: { certificate: { text: certificate }, key: { text: key } } });
    expect(await echoed(await send(get('/')))).toMatchObject({ peer: 'kubernetes-admin' });
    expect(asked).toEqual([server.url.slice('https://'.length)]);
  });
  it('of a kind that we do not speak to is refused', async () => {
    await expect((await to('https://127.0.0.1:1', { cluster: { proxy: 'socks5://p:1080' } }))(get('/'))).rejects.toThrow(
      'the proxy socks5://p:1080 is not supported',
    );
  });
});
