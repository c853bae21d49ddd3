import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ServiceEndpoint, ServiceEntry, ServicePortEntry } from '../../src/api/service-table.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startDataPlane, type DataPlane, type DataPlaneOptions } from '../../src/proxy/data-plane.ts';
import type { FrontEndProblem } from '../../src/proxy/problem.ts';

/** Runs `end` after the test, what came last first. */
export function finally_(end: () => unknown): void {
  onTestFinished(async () => {
    await end();
  });
}

/** A TCP server of the test's own. */
export async function tcpServer(serve: (socket: Socket) => void, at: { host?: string; port?: number } = {}): Promise<TestServer> {
  const { host = '127.0.0.1', port = 0 } = at;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  finally_(close);
  return { server, sockets, port: (server.address() as AddressInfo).port, close };
}
export interface TestServer {
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  readonly port: number;
  close(): Promise<void>;
}

/** A port that nobody listens on. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const { port, close } = await tcpServer(() => undefined, { host });
  await close();
  return port;
}

export interface TestPlane {
  readonly plane: DataPlane;
  readonly problems: FrontEndProblem[];
}
export function dataPlane(options: Partial<DataPlaneOptions> = {}): TestPlane {
  const problems: FrontEndProblem[] = [];
  const plane = startDataPlane({
    clock: realClock(),
    random: seededRandom(7),
    log: silentLog,
    listen: { clusterAddresses: true, externalAddresses: true },
    report: (problem) => problems.push(problem),
    ...options,
  });
  finally_(() => plane.close());
  return { plane, problems };
}

export function endpoint(port: number, address = '127.0.0.1'): ServiceEndpoint {
  return { address, port };
}
export function portEntry(port: number, endpoints: readonly ServiceEndpoint[], more: Partial<ServicePortEntry> = {}): ServicePortEntry {
  return { name: 'http', protocol: 'TCP', port, endpoints, externalEndpoints: endpoints, ...more };
}
/** Service shop/web at 127.96.0.1. */
export function entry(ports: readonly ServicePortEntry[], more: Partial<ServiceEntry> = {}): ServiceEntry {
  return {
    namespace: 'shop',
    name: 'web',
    addresses: ['127.96.0.1'],
    externalAddresses: [],
    balancerAddresses: [],
    hosts: [],
    ports,
    ...more,
  };
}
