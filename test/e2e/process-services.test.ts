import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { counted, shoot } from '../support/load.ts';
import { nodeContainer, pod, podEnvironment, service, shellContainer, webDeployment } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const ways = [
  ['isolated where it can be', []],
  ['plain', ['--isolation', 'plain']],
] as const;
/** Addresses of this machine under which others reach it. */
const machine = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, family, netmask }) => !internal && family === 'IPv4' && netmask !== '255.255.0.0')
  .map(({ address }) => address);

/** What a connection comes to: `open`, or the code of its error. */
function reach(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const done = (what: string) => {
      socket.destroy();
      resolve(what);
    };
    socket.on('connect', () => done('open'));
    socket.on('timeout', () => done('ETIMEDOUT'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
/** A server of this machine that is no pod. */
async function outside(word: string, host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_, response) => response.writeHead(200, { connection: 'close' }).end(word));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
}

describe.skipIf(newestKubectl === undefined).each(ways)('Services before pods that are processes, %s', (_, args) => {
  const folder = tempFolder('steer-process-services-');
  let cluster: ProcessCluster;
  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path, args);
    await cluster.apply(webDeployment('web', 3), service('web', { type: 'NodePort' }));
    await cluster.rolledOut('web');
  });
  afterAll(async () => {
    await cluster.up.stop();
    folder[Symbol.dispose]();
  });
  const ofService = (name: string, path: string) => cluster.kubectl.ok(['get', 'service', name, '-o', `jsonpath={${path}}`]);
  /** What a pod prints that asks for `url` every 100 ms: answers, one a line. */
  const asks = async (name: string, url: string) => {
    const program = `setInterval(() => fetch(${JSON.stringify(url)}).then((a) => a.text()).then(console.log, () => console.log('none')), 100)`;
    await cluster.apply(
      pod(name, { terminationGracePeriodSeconds: 1, containers: [nodeContainer('main', program, { env: podEnvironment })] }),
    );
    await cluster.ready(name);
    return async () => (await cluster.kubectl.ok(['logs', name, '--tail=1'])).trim();
  };
  const endpoints = async (name: string) => {
    const { items } = await cluster.kubectl.json<{
      items: { endpoints: { conditions: { ready: boolean }; targetRef: { name: string } }[] | null }[];
    }>([...['get', 'endpointslices', '-l', `kubernetes.io/service-name=${name}`]]);
    return items
      .flatMap(({ endpoints: all }) => all ?? [])
      .filter(({ conditions }) => conditions.ready)
      .map(({ targetRef }) => targetRef.name);
  };

  it('keeps its address and answers while ten pods are replaced; its slices hold what is ready (A5.1)', async () => {
    const before = await ofService('web', '.spec.clusterIP');
    const url = await cluster.nodePort('web');
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const names = (await cluster.podsOf('web')).map(({ metadata }) => metadata.name).slice(0, 2);
      for (const name of names) seen.add(name);
      await cluster.kubectl.ok(['delete', 'pod', ...names, '--wait=false']);
      expect((await shoot(url)).error).toBeUndefined();
      await cluster.rolledOut('web');
    }
    expect(seen.size).toBe(10);
    expect(await ofService('web', '.spec.clusterIP')).toBe(before);
    const now = (await cluster.podsOf('web')).map(({ metadata }) => metadata.name);
    await eventually('slices', async () => (await endpoints('web')).sort().join() === [...now].sort().join());

    const readinessProbe = { exec: { command: ['sh', '-c', 'test ! -e "$HOME/away"'] }, periodSeconds: 1, failureThreshold: 1 };
    const toggling = shellContainer('main', 'sleep 6; touch "$HOME/away"; exec sleep 1000', {
      env: podEnvironment,
    });
    await cluster.apply(service('turns'), pod('turns', { containers: [{ ...toggling, readinessProbe }] }, { app: 'turns' }));
    const isReady = async () => (await cluster.pod('turns')).status.containerStatuses[0]?.ready === true;
    for (const ready of [true, false]) {
      await eventually(`ready: ${ready}`, async () => (await isReady()) === ready);
      const from = Date.now();
      await eventually('its slice', async () => (await endpoints('turns')).join() === (ready ? 'turns' : ''));
      expect(Date.now() - from).toBeLessThan(1000);
    }
  });

  it('spreads requests over its pods, and sticks to one with session affinity (A5.3)', async () => {
    await cluster.apply(service('sticky', { type: 'NodePort', selector: { app: 'web' }, sessionAffinity: 'ClientIP' }));
    const url = await cluster.nodePort('web');
    const pods: (string | undefined)[] = [];
    for (let count = 0; count < 300; count++) pods.push((await shoot(url)).pod);
    const counts = counted(pods);
    expect(Object.keys(counts).sort()).toEqual((await cluster.podsOf('web')).map(({ metadata }) => metadata.name).sort());
    for (const count of Object.values(counts)) expect(count >= 60 && count <= 141, JSON.stringify(counts)).toBe(true);
    const stickyUrl = await cluster.nodePort('sticky');
    await eventually('an answer', async () => (await shoot(stickyUrl)).error === undefined);
    const stuck = new Set<string | undefined>();
    for (let count = 0; count < 60; count++) stuck.add((await shoot(stickyUrl)).pod);
    expect([...stuck]).toEqual([expect.stringMatching(/^web-/)]);
  });

  it('answers pods at its cluster address, and nobody at the addresses of the machine (A5.4)', async () => {
    await cluster.apply(service('inner', { selector: { app: 'web' }, ports: [{ port: 18765, targetPort: 8080 }] }));
    const address = await ofService('inner', '.spec.clusterIP');
    const answer = await asks('inside', `http://${address}:18765/`);
    expect(await eventually('an answer', async () => /^web-.*/.exec(await answer())?.[0])).toMatch(/^web-/);
    const found = await Promise.all(['127.0.0.1', ...machine].map((host) => reach(host, 18765)));
    expect(
      found.every((what) => what === 'ECONNREFUSED'),
      found.join(),
    ).toBe(true);
  });

  it('answers at a port of the node (A5.5)', async () => {
    const port = Number(await ofService('web', '.spec.ports[0].nodePort'));
    expect(port).toBeGreaterThanOrEqual(30_000);
    expect(port).toBeLessThanOrEqual(32_767);
    const node = await cluster.kubectl.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}']);
    expect((await shoot(`http://${node}:${port}/`)).pod).toMatch(/^web-/);
    await cluster.kubectl.ok(['patch', 'service', 'web', '--type=merge', '-p', '{"spec":{"type":"ClusterIP"}}']);
    await eventually('the end of the port', async () => (await reach(node, port)) === 'ECONNREFUSED');
    await cluster.kubectl.ok(['patch', 'service', 'web', '--type=merge', '-p', '{"spec":{"type":"NodePort"}}']);
    await eventually('an answer', async () => (await shoot(await cluster.nodePort('web'))).error === undefined);
  });

  it.skipIf(machine.length === 0)(
    'leads a name of the cluster to a database outside of it, and follows when that moves (A5.14)',
    async () => {
      const host = machine[0] ?? '';
      const [one, two] = await Promise.all([outside('from one', host), outside('from two', host)]);
      const slice = (port: number) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'database-1', labels: { 'kubernetes.io/service-name': 'database' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [host] }],
        ports: [{ name: '', port, protocol: 'TCP' }],
      });
      const spec = { type: 'NodePort', selector: undefined, ports: [{ port: 5432 }] };
      await cluster.apply(service('database', spec), slice(one.port));
      const answer = await asks(
        'client',
        `http://${args.length === 0 ? 'database' : await ofService('database', '.spec.clusterIP')}:5432/`,
      );
      const url = await cluster.nodePort('database');
      await eventually('the first', async () => (await answer()) === 'from one' && (await (await fetch(url)).text()) === 'from one');
      await cluster.apply(slice(two.port));
      await eventually('the second', async () => (await answer()) === 'from two');
      one.server.close();
      two.server.close();
    },
  );
});
