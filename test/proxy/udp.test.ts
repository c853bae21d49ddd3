import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { realClock, type Clock } from '../../src/base/clock.ts';
import { dataPlane, endpoint, entry, finally_, portEntry, type TestPlane } from './support.ts';

const at = '127.96.0.1';

async function udpServer(name: string): Promise<Socket> {
  const socket = await bound('127.0.0.1');
  socket.on('message', (message, from) => socket.send(`${name}:${message.toString()}`, from.port, from.address));
  return socket;
}
async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  finally_(() => new Promise<void>((resolve) => close(socket, resolve)));
  return socket;
}
function close(socket: Socket, done: () => void): void {
  try {
    socket.close(done);
  } catch (error) {
    // The test has closed it.
    expect((error as NodeJS.ErrnoException).code).toBe('ERR_SOCKET_DGRAM_NOT_RUNNING');
    done();
  }
}
async function say(client: Socket, port: number, text: string): Promise<string> {
  client.send(text, port, at);
  const [answer] = (await once(client, 'message', { signal: AbortSignal.timeout(2000) })) as [Buffer];
  return answer.toString();
}
async function udpPlane(
  servers: readonly Socket[],
  more: { affinitySeconds?: number; clock?: Clock } = {},
): Promise<TestPlane & { port: number; put(to: readonly Socket[]): Promise<void> }> {
  const { affinitySeconds, ...options } = more;
  const free = await bound(at);
  const { port } = free.address();
  free.close();
  const started = dataPlane(options);
  const put = (to: readonly Socket[]) =>
    started.plane.update({
      services: [
        entry(
          [
            portEntry(
              port,
              to.map((each) => endpoint(each.address().port)),
              { protocol: 'UDP' },
            ),
          ],
          {
            ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
          },
        ),
      ],
    });
  await put(servers);
  return { ...started, port, put };
}

describe('UDP front-ends', () => {
  it('give each client an endpoint and its answers back', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(udpServer));
    const { port, plane } = await udpPlane(servers);
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const client = await bound('127.0.0.1');
      const first = await say(client, port, '1');
      expect(await say(client, port, '2')).toBe(first.replace('1', '2'));
      names.add(first);
    }
    expect([...names].sort()).toEqual(['a:1', 'b:1', 'c:1']);
    expect(plane.counters).toMatchObject({ datagrams: 6, flows: 3, dropped: 0 });
  });

  it('keep the clients of one address with one endpoint where there is affinity', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(udpServer));
    const { port } = await udpPlane(servers, { affinitySeconds: 60 });
    const names = new Set<string>();
    for (let i = 0; i < 6; i++) names.add(await say(await bound('127.0.0.2'), port, 'x'));
    expect(names.size).toBe(1);
  });

  it('move a client when its endpoint is taken out', async () => {
    const [old, fresh] = await Promise.all([udpServer('old'), udpServer('new')]);
    const { port, put } = await udpPlane([old]);
    const client = await bound('127.0.0.1');
    expect(await say(client, port, '1')).toBe('old:1');
    await put([fresh]);
    expect(await say(client, port, '2')).toBe('new:2');
  });

  it('drop what comes while there is no endpoint', async () => {
    const { port, plane } = await udpPlane([]);
    const client = await bound('127.0.0.1');
    client.send('lost', port, at);
    await expect.poll(() => plane.counters.dropped).toBe(1);
  });

  it('send a client elsewhere after its endpoint has said that nobody listens', async () => {
    const servers = await Promise.all([udpServer('gone'), udpServer('here')]);
    const { port, plane } = await udpPlane(servers);
    servers[0]?.close();
    const client = await bound('127.0.0.1');
    const heard: string[] = [];
    client.on('message', (message) => heard.push(message.toString()));
    await expect
      .poll(
        () => {
          client.send('?', port, at);
          return heard.includes('here:?');
        },
        { interval: 20 },
      )
      .toBe(true);
    expect(plane.counters.flows).toBe(1);
  });

  it('forget a client that has been silent', async () => {
    const real = realClock();
    let aheadMs = 0;
    const clock: Clock = { ...real, now: () => real.now() + aheadMs };
    const { port, plane } = await udpPlane([await udpServer('a')], { clock });
    await say(await bound('127.0.0.1'), port, '1');
    expect(plane.counters.flows).toBe(1);
    aheadMs = 121_000;
    await expect.poll(() => plane.counters.flows, { timeout: 3000 }).toBe(0);
  });
});
