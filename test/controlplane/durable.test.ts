import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { simulatedRuntime } from '../../src/agent/runtimes/simulated.ts';
import { ConfigMap, Deployment, Pod } from '../../src/api/kinds.generated.ts';
import { realClock, stopwatch } from '../../src/base/clock.ts';
import { createLog, type LogLine } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import type { Cluster } from '../../src/client/cluster.ts';
import { connect } from '../../src/client/connect.ts';
import { contextOf, parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from '../../src/controlplane/start.ts';

const clock = realClock();
const random = secureRandom();
let folder: string;
let troubles: LogLine[];
const open: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steer-plane-'));
  troubles = [];
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await rm(folder, { recursive: true });
  expect(troubles).toEqual([]);
});

async function start(more: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> {
  const plane = await startControlPlane({
    clock,
    random,
    log: createLog((line) => void troubles.push(line), 'warn'),
    dataDir: folder,
    listen: {},
    nodes: [{ description: simulatedNode('node-1'), runtime: simulatedRuntime({ clock, random }) }],
    ...more,
  });
  open.push(() => plane.stop());
  return plane;
}
async function byKubeconfig(plane: ControlPlane): Promise<Cluster> {
  const text = await readFile(plane.paths?.kubeconfig ?? '', 'utf8');
  const transport = await connectTransport(contextOf(parseKubeconfig(text, 'kubeconfig')), { clock, environment: {} });
  open.push(() => transport.close());
  return connect(transport, { clock, random, userAgent: 'test/1' });
}
async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await read();
    if (found !== undefined) return found;
    await clock.sleep(25);
  }
  throw new Error('it did not come within 10 s');
}
const named = (name: string) => ({ namespace: 'default', name });
const map = (name: string): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: named(name) });
const web: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: named('web'),
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};

describe('a control plane with a data directory', () => {
  test('is reached by its kubeconfig, and what is written comes back after a restart', async () => {
    const first = await start();
    const api = await byKubeconfig(first);
    await api.create(Deployment, web);
    const running = () =>
      api
        .list(Pod, { labelSelector: 'app=web' })
        .then(({ items }) => (items.filter((pod) => pod.status?.phase === 'Running').length === 2 ? items : undefined));
    const before = (await until(running)).map((pod) => pod.metadata.uid).sort();
    await first.stop();
    const second = await start();
    const after = (await second.cluster().list(Pod, { labelSelector: 'app=web' })).items.map((pod) => pod.metadata.uid).sort();
    expect(after).toEqual(before);
  });

  test('keeps the same certificates, port aside', async () => {
    const first = await start();
    const before = first.kubeconfig?.replace(/server: .*/, '');
    await first.stop();
    const second = await start();
    expect(second.kubeconfig?.replace(/server: .*/, '')).toBe(before);
  });

  test('says in run.json who runs, and takes it away at the end', async () => {
    const plane = await start({ runInfo: { application: { namespace: 'default', name: 'shop' } } });
    const run = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as object;
    expect(run).toMatchObject({ pid: process.pid, url: plane.url, application: { name: 'shop' } });
    await plane.stop();
    await expect(stat(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });

  test('is closed to others, file by file', async () => {
    await start();
    const modes = async (path: string): Promise<string> => ((await stat(join(folder, path))).mode & 0o777).toString(8);
    expect(await Promise.all(['pki', 'kubeconfig', 'run.json', 'audit.log', 'pki/ca.key'].map(modes))).toEqual([
      '700',
      '600',
      '600',
      '600',
      '600',
    ]);
  });

  test('is refused to a second one, and goes on', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(String(process.pid));
    await first.cluster().create(ConfigMap, map('still-there'));
  });

  test('writes down who changed what, each component under its own name', async () => {
    const plane = await start();
    await plane.cluster().create(Deployment, web);
    await until(async () => ((await plane.cluster().get(Deployment, named('web'))).status?.readyReplicas === 2 ? true : undefined));
    await plane.stop();
    const lines = (await readFile(join(folder, 'audit.log'), 'utf8'))
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { verb: string; user: { username: string }; objectRef?: { resource: string; subresource?: string } },
      );
    const done = new Set(
      lines.map(
        ({ verb, user, objectRef }) =>
          `${user.username} ${verb} ${objectRef?.resource}${objectRef?.subresource ? `/${objectRef.subresource}` : ''}`,
      ),
    );
    expect([...done]).toEqual(
      expect.arrayContaining([
        'kubernetes-admin create deployments',
        'system:controller:deployment-controller create replicasets',
        'system:controller:replicaset-controller create pods',
        'system:kube-scheduler create pods/binding',
        'system:node:node-1 patch pods/status',
      ]),
    );
    expect([...done].filter((line) => / (get|list|watch) /.test(line))).toEqual([]);
  });
});

test('every namespace has the certificate of the authority, so that pods can believe the API server', async () => {
  const plane = await start();
  const cluster = await byKubeconfig(plane);
  const published = await until(async () => {
    const { items } = await cluster.list(ConfigMap, { namespace: 'default' });
    return items.find((each) => each.metadata.name === 'kube-root-ca.crt')?.data;
  });
  expect(published).toEqual({ 'ca.crt': await readFile(join(folder, 'pki', 'ca.crt'), 'utf8') });
});

test('starts within a second, and again', async () => {
  await (await start()).stop();
  const elapsed = stopwatch();
  await start();
  expect(elapsed()).toBeLessThan(1000);
});

test('stop leaves no socket, timer, watch or file open, whoever is connected', async () => {
  /** What a control plane could leave; vitest itself keeps pipes and at times a timer. */
  const handles = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|FSEvent|ChildProcess|Worker/.test(name));
  // Other files of this worker may have left some, which may end meanwhile.
  const before = handles();
  const left = (): string[] => {
    const known = [...before];
    return handles().filter((name) => !known.includes(name) || known.splice(known.indexOf(name), 1).length === 0);
  };
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const timersBefore = timers();
  const files = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
  const filesBefore = await files();
  const plane = await start();
  const api = await byKubeconfig(plane);
  await api.create(Deployment, web);
  const ending = new AbortController();
  const watching = (async () => {
    for await (const event of api.watch(Pod, '', { signal: ending.signal })) if (event.type === 'BOOKMARK') return;
  })().catch(() => undefined);
  await clock.sleep(100);
  for (const close of open.splice(0).reverse()) await close();
  ending.abort();
  await watching;
  await clock.sleep(50);
  expect(left()).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(timersBefore);
  if (process.platform === 'linux') expect(await files()).toBeLessThanOrEqual(filesBefore + 1);
});

test('a port that is taken fails the start and leaves nothing behind', async () => {
  const first = await start();
  const port = Number(new URL(first.url ?? '').port);
  const other = join(folder, 'other');
  await expect(start({ dataDir: other, listen: { port } })).rejects.toThrow('EADDRINUSE');
  await (await start({ dataDir: other })).stop();
});
