import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { concurrently, timed } from './measure.ts';

const key = (text: string) => Buffer.from(text).toString('base64');
const value = Buffer.alloc(2000, 'x').toString('base64');

/** Puts of 2 KB by etcd on the same disk through its JSON gateway, per second; undefined, and said, where etcd is not installed. */
export async function etcdPuts(folder: string): Promise<{ one: number; many: number } | undefined> {
  const [client, peer] = ['http://127.0.0.1:23790', 'http://127.0.0.1:23800'];
  const args = [
    ['--data-dir', join(folder, 'etcd')],
    ['--listen-client-urls', client, '--advertise-client-urls', client],
    ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ].flat();
  const etcd = spawn('etcd', args, { stdio: 'ignore' });
  const missing = await new Promise<boolean>((resolve) => {
    etcd.on('error', () => resolve(true));
    etcd.on('spawn', () => resolve(false));
  });
  if (missing) {
    console.error('no etcd on this machine: its column stays empty (Debian: etcd-server)');
    return undefined;
  }
  const agent = new Agent({ connections: 64 });
  const put = async (name: string) => {
    const answer = await request(`${client}/v3/kv/put`, {
      method: 'POST',
      body: JSON.stringify({ key: key(name), value }),
      dispatcher: agent,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`etcd answered ${answer.statusCode}`);
  };
  try {
    for (let attempt = 0; ; attempt++) {
      const failed = await put('warm').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failed === undefined) break;
      if (attempt > 100) throw new Error('etcd does not answer', { cause: failed });
      await setTimeout(50);
    }
    const oneMs = await timed(() => concurrently(1000, 1, (index) => put(`one-${index}`)));
    const manyMs = await timed(() => concurrently(5000, 64, (index) => put(`many-${index}`)));
    return { one: 1_000_000 / oneMs, many: 5_000_000 / manyMs };
  } finally {
    await agent.close();
    const gone = new Promise((resolve) => etcd.on('close', resolve));
    etcd.kill();
    await gone;
  }
}
