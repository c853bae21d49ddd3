import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ServiceEntry } from '../../src/api/service-table.ts';
import { dataPlane, endpoint, entry, freePort, portEntry, tcpServer } from './support.ts';

const table = (...services: ServiceEntry[]) => ({ services });

describe('front-ends', () => {
  it('that are taken by a program on all addresses are reported with their Service, and bound when it has gone', async () => {
    const other = await tcpServer((socket) => socket.end('other'), { host: '0.0.0.0' });
    const free = await freePort('127.96.0.2');
    const server = await tcpServer((socket) => socket.end('ours'));
    const { plane, problems } = dataPlane();
    const wanted = table(
      entry([portEntry(other.port, [endpoint(server.port)])]),
      entry([portEntry(free, [endpoint(server.port)])], { name: 'api', addresses: ['127.96.0.2'] }),
    );
    await plane.update(wanted);
    await plane.update(wanted);
    expect(problems).toEqual([
      {
        namespace: 'shop',
        name: 'web',
        portName: 'http',
        port: other.port,
        protocol: 'TCP',
        code: 'EADDRINUSE',
        message: `Service shop/web port http (${other.port}) cannot be reached at TCP 127.96.0.1:${other.port}: another program listens there (EADDRINUSE)`,
      },
    ]);
    const socket = connect({ host: '127.96.0.2', port: free });
    expect(String((await once(socket, 'data'))[0])).toBe('ours');
    await other.close();
    await expect.poll(() => plane.counters.bound, { timeout: 5000 }).toBe(2);
    expect(problems).toHaveLength(1);
  });

  it('are bound and let go only where the table differs', async () => {
    const ports = [await freePort('127.96.0.1'), await freePort('127.96.0.1'), await freePort('127.96.0.1')] as const;
    const server = await tcpServer((socket) => socket.end('ours'));
    const { plane } = dataPlane();
    const each = (port: number) => portEntry(port, [endpoint(server.port)], { name: `p${port}` });
    await plane.update(table(entry([each(ports[0]), each(ports[1])])));
    expect(plane.counters).toMatchObject({ bound: 2, unbound: 0 });
    await plane.update(table(entry([each(ports[1]), each(ports[2])])));
    expect(plane.counters).toMatchObject({ bound: 3, unbound: 1 });
    await plane.update(table(entry([{ ...each(ports[1]), endpoints: [] }, each(ports[2])])));
    expect(plane.counters).toMatchObject({ bound: 3, unbound: 1 });
  });

  it('stay with the Service that had them when another one asks for the same', async () => {
    const port = await freePort('127.0.0.8');
    const [first, second] = await Promise.all(['first', 'second'].map((name) => tcpServer((socket) => socket.end(name))));
    const { plane, problems } = dataPlane({ listen: { clusterAddresses: false, externalAddresses: true } });
    const of = (name: string, to: number) => entry([portEntry(port, [endpoint(to)])], { name, balancerAddresses: ['127.0.0.8'] });
    await plane.update(table(of('web', first?.port ?? 0)));
    await plane.update(table(of('api', second?.port ?? 0), of('web', first?.port ?? 0)));
    const socket = connect({ host: '127.0.0.8', port });
    expect(String((await once(socket, 'data'))[0])).toBe('first');
    expect(problems.map(({ name, code, message }) => ({ name, code, message }))).toEqual([
      {
        name: 'api',
        code: 'Taken',
        message: `Service shop/api port http (${port}) cannot be reached at TCP 127.0.0.8:${port}: it belongs to Service shop/web`,
      },
    ]);
  });

  it('are node ports on the addresses that are named, with the endpoints for traffic from outside', async () => {
    const nodePort = await freePort();
    const [inside, outside] = await Promise.all(['in', 'out'].map((name) => tcpServer((socket) => socket.end(name))));
    const port = await freePort('127.96.0.1');
    const { plane } = dataPlane({ listen: { clusterAddresses: true, nodePorts: ['127.0.0.1'], externalAddresses: false } });
    const more = { nodePort, externalEndpoints: [endpoint(outside?.port ?? 0)] };
    await plane.update(table(entry([portEntry(port, [endpoint(inside?.port ?? 0)], more)])));
    const heard = await Promise.all(
      [connect({ host: '127.96.0.1', port }), connect({ host: '127.0.0.1', port: nodePort })].map(async (socket) =>
        String((await once(socket, 'data'))[0]),
      ),
    );
    expect(heard).toEqual(['in', 'out']);
  });
});
