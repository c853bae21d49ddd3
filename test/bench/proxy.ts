import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { median, type Row } from './measure.ts';
import { answer, bulkMark, request } from './proxy-parts.ts';

const connections = 32;
const seconds = 4;
const bulkBytes = 512 * 2 ** 20;

/** A Service with three endpoints, beside nginx as a plain TCP proxy in front of the same ones. */
export async function proxy(): Promise<Row[]> {
  const children: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'steer-bench-proxy-'));
  try {
    const backend = await part(children, 'proxy-backend', []);
    const ports = backend.split(' ').map(Number);
    const ours = Number(await part(children, 'proxy-plane', [await freePort(), ...ports].map(String)));
    const nginx = await startNginx(children, folder, ports);
    return await rows({ direct: ports[0] as number, ours, nginx });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rows(at: { direct: number; ours: number; nginx: number | undefined }): Promise<Row[]> {
  const out: Row[] = [];
  const peerOf = async (measure: (port: number) => Promise<number>): Promise<{ peer?: Row['peer'] & object }> =>
    at.nginx === undefined ? {} : { peer: { name: 'nginx', value: await measure(at.nginx) } };
  const added = async (port: number): Promise<number> => (await latencyMs(port)) - (await latencyMs(at.direct));
  await latencyMs(at.ours);
  out.push({ name: 'Service: latency added, p50', value: await added(at.ours), unit: 'ms', line: '<= 0.5', ...(await peerOf(added)) });
  const perSecond = (port: number) => requestsPerSecond(port);
  await perSecond(at.ours);
  out.push({
    name: `Service: requests, keep-alive, ${connections} connections`,
    value: await perSecond(at.ours),
    unit: '/s',
    line: '>= 15000',
    ...(await peerOf(perSecond)),
  });
  out.push({
    name: 'Service: connections, one request each',
    value: await connectionsPerSecond(at.ours),
    unit: '/s',
    ...(await peerOf(connectionsPerSecond)),
  });
  out.push({
    name: 'Service: one large answer',
    value: await megabytesPerSecond(at.ours),
    unit: 'MB/s',
    ...(await peerOf(megabytesPerSecond)),
  });
  return out;
}

async function part(children: ChildProcess[], name: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [import.meta.filename, `--one=${name}`, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return line.toString().trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const program = '/usr/sbin/nginx';
const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Undefined where nginx, or its stream module, is missing: then the rows have no peer. */
async function startNginx(children: ChildProcess[], folder: string, ports: readonly number[]): Promise<number | undefined> {
  if (!existsSync(program) || !existsSync(streamModule)) {
    console.error(`no peer: ${program} with ${streamModule} is not there (Debian: apt-get install nginx libnginx-mod-stream)`);
    return undefined;
  }
  const port = await freePort();
  const config = `load_module ${streamModule};
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
stream {
  upstream web { ${ports.map((each) => `server 127.0.0.1:${each};`).join(' ')} }
  server { listen 127.0.0.1:${port}; proxy_pass web; }
}
`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  children.push(spawn(program, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' }));
  for (let attempt = 0; attempt < 100; attempt++) {
    const up = await request1(port).then(
      () => true,
      () => false,
    );
    if (up) return port;
    await setTimeout(50);
  }
  throw new Error('nginx does not answer');
}

/** Whole answers on one connection, counted by their bytes. */
function ask(socket: Socket, done: () => void): void {
  let left = answer.length;
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left > 0) return;
    left = answer.length;
    done();
  });
}
async function opened(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
async function request1(port: number): Promise<void> {
  const socket = await opened(port);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    ask(socket, resolve);
    socket.write(request);
  });
  socket.destroy();
}

/** One request after the other on one connection. */
async function latencyMs(port: number, count = 4000): Promise<number> {
  const socket = await opened(port);
  const took: number[] = [];
  await new Promise<void>((resolve) => {
    let since = performance.now();
    ask(socket, () => {
      const now = performance.now();
      took.push(now - since);
      if (took.length >= count) return resolve();
      since = now;
      socket.write(request);
    });
    socket.write(request);
  });
  socket.destroy();
  return median(took.slice(count / 4));
}

async function requestsPerSecond(port: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => opened(port)));
  let count = 0;
  for (const socket of sockets) {
    ask(socket, () => {
      count++;
      socket.write(request);
    });
    socket.write(request);
  }
  await setTimeout(500);
  const [before, since] = [count, performance.now()];
  await setTimeout(seconds * 1000);
  const rate = ((count - before) / (performance.now() - since)) * 1000;
  for (const socket of sockets) socket.destroy();
  return rate;
}

async function connectionsPerSecond(port: number): Promise<number> {
  const since = performance.now();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - since < seconds * 500) {
      await request1(port);
      count++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return (count / (performance.now() - since)) * 1000;
}

async function megabytesPerSecond(port: number): Promise<number> {
  const socket = await opened(port);
  const since = performance.now();
  let left = bulkBytes;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    socket.write(`${bulkMark}${bulkBytes}`);
  });
  socket.destroy();
  return bulkBytes / 2 ** 20 / ((performance.now() - since) / 1000);
}
