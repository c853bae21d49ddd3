import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dataPlane, endpoint, entry, freePort, portEntry, tcpServer } from './support.ts';

const at = '127.96.0.1';

/** What a server that says its name sends, or the error's code. */
async function ask(port: number, more: { host?: string; from?: string } = {}): Promise<string> {
  const { host = at, from } = more;
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  try {
    return await textOf(socket);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
const named = (name: string) => tcpServer((socket) => socket.end(name));

describe('TCP front-ends', () => {
  it('spread connections evenly', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(named));
    const port = await freePort(at);
    await dataPlane().plane.update({
      services: [
        entry([
          portEntry(
            port,
            servers.map((each) => endpoint(each.port)),
          ),
        ]),
      ],
    });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 300; i++) {
      const name = await ask(port);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(['a', 'b', 'c']);
    for (const count of Object.values(counts)) {
      expect(count).toBeGreaterThanOrEqual(60);
      expect(count).toBeLessThanOrEqual(141);
    }
  });

  it('keep a client with its endpoint where there is affinity, and give each client its own', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(named));
    const port = await freePort(at);
    const ports = [
      portEntry(
        port,
        servers.map((each) => endpoint(each.port)),
      ),
    ];
    await dataPlane().plane.update({ services: [entry(ports, { affinitySeconds: 60 })] });
    const seen = new Set<string>();
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
      const first = await ask(port, { from });
      seen.add(first);
      for (let i = 0; i < 5; i++) expect(await ask(port, { from })).toBe(first);
    }
    expect(seen.size).toBe(3);
  });

  it('pass the end of one direction on and keep the other open', async () => {
    const echo = await tcpServer((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => void setTimeout(50).then(() => socket.end(`heard ${Buffer.concat(chunks).toString()}`)));
    });
    const port = await freePort(at);
    await dataPlane().plane.update({ services: [entry([portEntry(port, [endpoint(echo.port)])])] });
    const socket = connect({ host: at, port, allowHalfOpen: true });
    socket.end('all of it');
    expect(await textOf(socket)).toBe('heard all of it');
  });

  it('let a client go on that the endpoint has finished with', async () => {
    const heard: string[] = [];
    const server = await tcpServer((socket) => {
      socket.end('bye');
      socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    });
    const port = await freePort(at);
    await dataPlane().plane.update({ services: [entry([portEntry(port, [endpoint(server.port)])])] });
    const socket = connect({ host: at, port, allowHalfOpen: true });
    const [said] = await once(socket, 'data');
    await once(socket, 'end');
    expect(String(said)).toBe('bye');
    socket.end('late');
    await expect.poll(() => heard.join('')).toBe('late');
  });

  it('carry large bodies both ways unchanged, and wait for the slower side', async () => {
    const size = 32 * 2 ** 20;
    const body = Buffer.alloc(size, 'steersman ');
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    const slow = await tcpServer((socket) => {
      const chunks: Buffer[] = [];
      socket.pause();
      void setTimeout(200).then(() => socket.resume());
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => socket.end(Buffer.concat(chunks)));
    });
    const port = await freePort(at);
    const { plane } = dataPlane();
    await plane.update({ services: [entry([portEntry(port, [endpoint(slow.port)])])] });
    const before = process.memoryUsage().arrayBuffers;
    const socket = connect({ host: at, port, allowHalfOpen: true });
    socket.end(body);
    await setTimeout(150);
    // The proxy has not taken in what the endpoint does not read.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size / 2);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(digest(Buffer.concat(chunks))).toBe(digest(body));
    await expect.poll(() => plane.counters.open).toBe(0);
  });

  it('try the next endpoint when one refuses', async () => {
    const server = await named('alive');
    const gone = await Promise.all([freePort(), freePort()]);
    const port = await freePort(at);
    const { plane } = dataPlane();
    await plane.update({
      services: [
        entry([
          portEntry(
            port,
            [...gone, server.port].map((each) => endpoint(each)),
          ),
        ]),
      ],
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(port)));
    expect(answers).toEqual(Array.from({ length: 12 }, () => 'alive'));
    expect(plane.counters.retried).toBe(12);
  });

  it('reset a client when every endpoint refuses', async () => {
    const port = await freePort(at);
    const { plane } = dataPlane();
    await plane.update({ services: [entry([portEntry(port, [endpoint(await freePort()), endpoint(await freePort())])])] });
    expect(await ask(port)).toBe('ECONNRESET');
    expect(plane.counters.failed).toBe(1);
  });

  it('reset a client at once when there is no endpoint', async () => {
    const port = await freePort(at);
    const { plane } = dataPlane();
    await plane.update({ services: [entry([portEntry(port, [])])] });
    expect(await ask(port)).toBe('ECONNRESET');
    expect(plane.counters.refused).toBe(1);
  });

  it('keep a connection to an endpoint that has been taken out, and send new ones elsewhere', async () => {
    const [old, fresh] = await Promise.all(
      ['old', 'new'].map((name) => tcpServer((socket) => socket.on('data', () => socket.write(name)))),
    );
    const port = await freePort(at);
    const { plane } = dataPlane();
    const table = (to: number) => ({ services: [entry([portEntry(port, [endpoint(to)])])] });
    const say = async (socket: Socket) => {
      socket.write('?');
      return String((await once(socket, 'data'))[0]);
    };
    await plane.update(table(old?.port ?? 0));
    const first = connect({ host: at, port });
    expect(await say(first)).toBe('old');
    await plane.update(table(fresh?.port ?? 0));
    const second = connect({ host: at, port });
    expect(await say(second)).toBe('new');
    expect(await say(first)).toBe('old');
    await plane.update({ services: [] });
    expect(await say(first)).toBe('old');
    expect(await ask(port)).toBe('ECONNREFUSED');
    first.destroy();
    second.destroy();
  });

  it('tell a client that its endpoint has died', async () => {
    const server = await tcpServer(() => undefined);
    const port = await freePort(at);
    await dataPlane().plane.update({ services: [entry([portEntry(port, [endpoint(server.port)])])] });
    const asking = ask(port);
    await expect.poll(() => server.sockets.size).toBe(1);
    for (const socket of server.sockets) socket.resetAndDestroy();
    expect(await asking).toBe('ECONNRESET');
  });

  it('go by the detour where there is one, whose ends are apart, too', async () => {
    const server = await tcpServer((socket) => {
      socket.write('by relay: ');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => void setTimeout(50).then(() => socket.end(Buffer.concat(chunks))));
    });
    const port = await freePort(at);
    const { plane } = dataPlane({
      dial: (address, to) => {
        if (address !== '10.244.0.7' || to !== 8080) return undefined;
        const socket = connect(server.port, '127.0.0.1');
        // Paused, with bytes that came early, as a relay hands it over.
        return once(socket, 'data').then(([early]) => {
          socket.pause();
          socket.unshift(early as Buffer);
          return socket;
        });
      },
    });
    await plane.update({ services: [entry([portEntry(port, [endpoint(8080, '10.244.0.7')])])] });
    const socket = connect({ host: at, port, allowHalfOpen: true });
    socket.end('all of it');
    expect(await textOf(socket)).toBe('by relay: all of it');
  });

  it('let in only whom the source ranges of a load balancer name', async () => {
    const server = await named('in');
    const port = await freePort('127.0.0.9');
    const more = { balancerAddresses: ['127.0.0.9'], addresses: [at], sourceRanges: ['127.0.0.4/31'] };
    await dataPlane().plane.update({ services: [entry([portEntry(port, [endpoint(server.port)])], more)] });
    expect(await ask(port, { host: '127.0.0.9', from: '127.0.0.5' })).toBe('in');
    expect(await ask(port, { host: '127.0.0.9', from: '127.0.0.6' })).toBe('ECONNRESET');
    expect(await ask(port, { from: '127.0.0.6' })).toBe('in');
  });
});
