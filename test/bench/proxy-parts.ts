import { createServer, type AddressInfo } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { startDataPlane } from '../../src/proxy/data-plane.ts';

/** Each runs in a process of its own until it is killed, and prints where it listens. */
export const proxyParts: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  'proxy-backend': backend,
  'proxy-plane': plane,
};

const body = 'ok\n'.padStart(64, '.');
/** What the backend answers, byte by byte. */
export const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: keep-alive\r\n\r\n${body}`,
);
export const request = Buffer.from('GET / HTTP/1.1\r\nhost: web.shop.svc\r\nuser-agent: bench\r\naccept: */*\r\n\r\n');
/** A request for as many bytes as the number says. */
export const bulkMark = 'BULK ';

/** Three servers that cost as little as they can: a whole request comes in one piece here. */
async function backend(): Promise<void> {
  const block = Buffer.alloc(262_144);
  const ports: number[] = [];
  for (let i = 0; i < 3; i++) {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        if (chunk.toString('latin1', 0, bulkMark.length) !== bulkMark) return void socket.write(answer);
        let left = Number(chunk.toString('latin1', bulkMark.length));
        const send = (): void => {
          while (left > 0) {
            left -= block.length;
            if (!socket.write(block)) return void socket.once('drain', send);
          }
        };
        send();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  console.log(ports.join(' '));
}

/** The data plane with one Service: `[port of its own, ports of the backends …]`. */
async function plane(args: readonly string[]): Promise<void> {
  const [port = 0, ...backends] = args.map(Number);
  const endpoints = backends.map((each) => ({ address: '127.0.0.1', port: each }));
  const started = startDataPlane({
    clock: realClock(),
    random: secureRandom(),
    log: silentLog,
    listen: { clusterAddresses: true, externalAddresses: false },
    report: (problem) => {
      throw new Error(problem.message);
    },
  });
  const ports = [{ name: 'http', protocol: 'TCP' as const, port, endpoints, externalEndpoints: endpoints }];
  const names = { namespace: 'shop', name: 'web', externalAddresses: [], balancerAddresses: [], hosts: [] };
  await started.update({ services: [{ ...names, addresses: ['127.0.0.1'], ports }] });
  console.log(String(port));
}
