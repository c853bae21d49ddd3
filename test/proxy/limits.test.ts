import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { realClock, type Clock } from '../../src/base/clock.ts';
import { dataPlane, endpoint, entry, finally_, freePort, portEntry, tcpServer } from './support.ts';

const at = '127.96.0.1';

/** The machine's clock, which a test may set forward, and which does not sleep for long. */
function movedClock(): { clock: Clock; ahead(ms: number): void } {
  const real = realClock();
  let aheadMs = 0;
  return {
    clock: { ...real, now: () => real.now() + aheadMs, sleep: (ms, options) => real.sleep(Math.min(ms, 20), options) },
    ahead: (ms) => (aheadMs += ms),
  };
}
const client = (port: number): Socket => {
  const socket = connect({ host: at, port });
  socket.on('error', () => undefined);
  finally_(() => socket.destroy());
  return socket;
};
const ended = async (socket: Socket): Promise<string> => {
  try {
    socket.resume();
    await once(socket, 'close');
    return 'closed';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};

describe('a data plane', () => {
  it('gives one front-end half of its connections, and makes room by ending those that rest', async () => {
    const server = await tcpServer((socket) => socket.on('data', () => socket.write('!')));
    const port = await freePort(at);
    const { clock, ahead } = movedClock();
    const { plane } = dataPlane({ clock, mostConnections: 6 });
    await plane.update({ services: [entry([portEntry(port, [endpoint(server.port)])])] });
    const [busy, ...resting] = [client(port), client(port), client(port)];
    await expect.poll(() => plane.counters.open).toBe(3);
    expect(await ended(client(port))).toBe('ECONNRESET');
    expect(plane.counters.refused).toBe(1);
    const gone = Promise.all(resting.map(ended));
    for (let step = 0; step < 20; step++) {
      busy?.write('?');
      await setTimeout(30);
      ahead(4000);
    }
    expect(await gone).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(plane.counters.open).toBe(1);
    const next = client(port);
    next.write('?');
    expect(String((await once(next, 'data'))[0])).toBe('!');
  });

  it.each([
    ['a day', 24 * 3_600_000, false],
    ['an hour with one side closed', 3_600_000, true],
  ])('ends a connection that was idle for %s', async (_what, idleMs, halfClosed) => {
    const server = await tcpServer((socket) => void (halfClosed && socket.end('bye')));
    const port = await freePort(at);
    const { clock, ahead } = movedClock();
    const { plane } = dataPlane({ clock });
    await plane.update({ services: [entry([portEntry(port, [endpoint(server.port)])])] });
    const socket = connect({ host: at, port, allowHalfOpen: true });
    finally_(() => socket.destroy());
    socket.on('error', () => undefined).resume();
    await expect.poll(() => plane.counters.open).toBe(1);
    // Looked at every ten rounds: at least once before the clock is set forward.
    await setTimeout(500);
    expect(plane.counters.open).toBe(1);
    ahead(idleMs);
    await expect.poll(() => plane.counters.open, { timeout: 2000 }).toBe(0);
  });

  it('passes over an endpoint that does not answer', async () => {
    const server = await tcpServer((socket) => socket.end('alive'));
    const port = await freePort(at);
    const { clock, ahead } = movedClock();
    const dial = (address: string): Promise<Duplex> | undefined => (address === '10.0.0.1' ? new Promise(() => undefined) : undefined);
    const { plane } = dataPlane({ clock, dial });
    // Two of them, so that the first attempt is at the silent one whatever the turn.
    const endpoints = [endpoint(1, '10.0.0.1'), endpoint(server.port)];
    await plane.update({ services: [entry([portEntry(port, endpoints)])] });
    const heard = [client(port), client(port)].map(async (socket) => String((await once(socket, 'data'))[0]));
    await expect.poll(() => plane.counters.open + plane.counters.retried).toBeGreaterThan(0);
    ahead(5000);
    expect(await Promise.all(heard)).toEqual(['alive', 'alive']);
    expect(plane.counters.retried).toBe(1);
  });

  it('fails requests in flight on an endpoint that dies, and no others', async () => {
    const port = await freePort(at);
    const { plane } = dataPlane();
    const serve = () =>
      tcpServer((socket) =>
        socket.on('data', () => void setTimeout(5).then(() => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))),
      );
    const servers = await Promise.all([serve(), serve(), serve()]);
    const update = () =>
      plane.update({
        services: [
          entry([
            portEntry(
              port,
              servers.map((each) => endpoint(each.port)),
            ),
          ]),
        ],
      });
    await update();
    let [answered, failed] = [0, 0];
    const one = async (): Promise<void> => {
      const socket = client(port);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.write('GET / HTTP/1.1\r\n\r\n');
      const how = await ended(socket);
      if (text.includes('200 OK')) answered++;
      else failed++;
      expect(['closed', 'ECONNRESET']).toContain(how);
    };
    const asking: Promise<void>[] = [];
    let inFlight = 0;
    for (let tick = 0; tick < 300; tick++) {
      asking.push(one());
      await setTimeout(5);
      if (tick % 60 !== 30) continue;
      const index = Math.floor(tick / 60) % 3;
      inFlight += servers[index]?.sockets.size ?? 0;
      await servers[index]?.close();
      // The table follows later, as readiness does.
      await setTimeout(20);
      servers[index] = await serve();
      await update();
    }
    await Promise.all(asking);
    expect(answered + failed).toBe(300);
    expect(failed).toBeLessThanOrEqual(inFlight);
  });

  it('leaves nothing open when it is closed', async () => {
    const server = await tcpServer((socket) => socket.on('data', () => socket.write('!')));
    const port = await freePort(at);
    const { plane } = dataPlane();
    const resources = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /TCP|UDP|Timeout/.test(name))
        .sort();
    await setTimeout(100);
    const before = resources();
    // What earlier tests left may end meanwhile.
    const more = () => {
      const known = [...before];
      return resources().filter((name) => !known.includes(name) || known.splice(known.indexOf(name), 1).length === 0);
    };
    const udp = portEntry(port, [endpoint(server.port)], { name: 'udp', protocol: 'UDP' });
    await plane.update({ services: [entry([portEntry(port, [endpoint(server.port)]), udp])] });
    const socket = client(port);
    socket.write('?');
    await once(socket, 'data');
    const closing = ended(socket);
    await plane.close();
    expect(await closing).toBe('ECONNRESET');
    await expect.poll(() => server.sockets.size).toBe(0);
    await expect.poll(more).toEqual([]);
    await plane.update({ services: [entry([portEntry(port, [])])] });
    expect(more()).toEqual([]);
  });
});
