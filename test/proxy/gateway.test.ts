import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { startGateway, type Gateway } from '../../src/proxy/gateway.ts';
import { dataPlane, endpoint, entry, finally_, freePort, portEntry, tcpServer } from './support.ts';

const at = '127.96.0.1';

async function open(): Promise<{ gateway: Gateway; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'steer-gateway-'));
  finally_(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'gateway.sock');
  const gateway = await startGateway({ path, clock: realClock(), log: silentLog });
  finally_(() => gateway.close());
  return { gateway, path };
}
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
/** A server that answers what it was told, once it has been told all. */
const echo = () =>
  tcpServer((socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(`heard ${Buffer.concat(chunks).toString()}`));
  });

describe('the gateway', () => {
  it('carries what a data plane in another network cannot reach, each end for itself', async () => {
    const { gateway, path } = await open();
    const server = await echo();
    const port = await freePort(at);
    const table = { services: [entry([portEntry(port, [endpoint(server.port)])])], gateway: path };
    gateway.update(table);
    await dataPlane().plane.update(table);
    const socket = connect({ host: at, port, allowHalfOpen: true });
    socket.end('all of it');
    expect(await textOf(socket)).toBe('heard all of it');
  });

  it('is not asked for pods of this node', async () => {
    const { path } = await open();
    const server = await echo();
    const port = await freePort(at);
    const pods = [{ ...endpoint(server.port), here: true as const }];
    await dataPlane().plane.update({ services: [entry([portEntry(port, pods)])], gateway: path });
    const socket = connect({ host: at, port, allowHalfOpen: true });
    socket.end('x');
    expect(await textOf(socket)).toBe('heard x');
  });

  it.each([
    ['what is no endpoint', () => 'CONNECT 127.0.0.1 22\n'],
    ['a pod of this node', (port: number) => `CONNECT 127.0.0.1 ${port}\n`],
    ['a line without an end', () => 'x'.repeat(500)],
    ['another word', () => 'GET / HTTP/1.1\n'],
  ])('does not lead to %s', async (_what, line) => {
    const { gateway, path } = await open();
    const server = await tcpServer((socket) => socket.end('never'));
    const port = portEntry(80, [{ ...endpoint(server.port), here: true }]);
    gateway.update({ services: [entry([port, portEntry(81, [endpoint(1)])])] });
    const socket = connect({ path });
    socket.on('error', () => undefined);
    socket.write(line(server.port));
    expect(await textOf(socket).catch(() => '')).toBe('');
  });

  it('breaks off when the endpoint refuses, so that the next one is tried', async () => {
    const { gateway, path } = await open();
    const server = await echo();
    const port = await freePort(at);
    const table = { services: [entry([portEntry(port, [endpoint(await freePort()), endpoint(server.port)])])], gateway: path };
    gateway.update(table);
    const { plane } = dataPlane();
    await plane.update(table);
    for (let i = 0; i < 2; i++) {
      const socket = connect({ host: at, port, allowHalfOpen: true });
      await once(socket, 'connect');
      socket.end('x');
      expect(await textOf(socket)).toBe('heard x');
    }
    expect(plane.counters.retried).toBe(1);
  });
});
