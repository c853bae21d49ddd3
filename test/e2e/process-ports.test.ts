import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { counted, shoot } from '../support/load.ts';
import { nodeContainer, pod, podEnvironment, service, webDeployment } from '../support/pod-programs.ts';
import { startProgram, steerProgram } from '../support/steer.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

interface SliceRead {
  readonly ports: readonly { readonly port: number }[];
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
}

describe.skipIf(newestKubectl === undefined)('pods that share one address of a machine that has no other (G37)', () => {
  const folder = tempFolder('steer-process-ports-');
  let cluster: ProcessCluster;
  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path, ['--isolation', 'ports']);
    await cluster.apply(webDeployment('web', 3), service('web', { type: 'NodePort' }));
    await cluster.rolledOut('web');
  });
  afterAll(async () => {
    await cluster.up.stop();
    folder[Symbol.dispose]();
  });
  const slices = async (name: string) => {
    const words = ['get', 'endpointslices', '-l', `kubernetes.io/service-name=${name}`];
    return (await cluster.kubectl.json<{ items: readonly SliceRead[] }>(words)).items;
  };

  it('say so, with the way out', () => {
    expect(cluster.up.running.output()).toMatch(
      /^runtime process: pods run commands .*, and share 127\.0\.0\.1: each listens on \$POD_IP:\$PORT \(not isolated: it was asked for\)$/m,
    );
  });

  it('have a slice for each port, and answer in turn', async () => {
    const pods = await cluster.podsOf('web');
    expect(pods.map(({ status }) => status.podIP)).toEqual(Array(3).fill('127.0.0.1'));
    const found = await eventually('three slices', async () => {
      const all = await slices('web');
      return all.length === 3 && all;
    });
    expect(found.map(({ endpoints }) => endpoints.map(({ addresses }) => addresses))).toEqual(Array(3).fill([['127.0.0.1']]));
    expect(new Set(found.flatMap(({ ports }) => ports.map(({ port }) => port))).size).toBe(3);
    const url = await cluster.nodePort('web');
    const answers = [];
    for (let count = 0; count < 9; count++) answers.push((await shoot(url)).pod);
    expect(counted(answers)).toEqual(Object.fromEntries(pods.map(({ metadata }) => [metadata.name, 3])));
  });

  it('reach Services by the variables that tell of them, and the API server too', async () => {
    const program = `
      const { WEB_SERVICE_HOST: host, WEB_SERVICE_PORT: port } = process.env;
      const api = require('node:https').get({
        host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT, path: '/livez', rejectUnauthorized: false,
      }, (answer) => console.log('api', answer.statusCode));
      fetch('http://' + host + ':' + port).then((answer) => answer.text()).then((text) => console.log('web', text));
      setInterval(() => undefined, 1000)`;
    await cluster.apply(
      pod('client', { terminationGracePeriodSeconds: 0, containers: [nodeContainer('main', program, { env: podEnvironment })] }),
    );
    const lines = await eventually('two answers', async () => {
      const all = (await cluster.kubectl.ok(['logs', 'client'])).trim().split('\n').sort();
      return all.length === 2 && all;
    });
    expect(lines).toEqual(['api 200', expect.stringMatching(/^web web-/)]);
  });

  it('lead nobody to a port that they do not name, where another program may listen', async () => {
    const { port } = new URL(cluster.up.url);
    const ports = [{ port: 80, targetPort: Number(port) }];
    await cluster.apply(service('stray', { type: 'NodePort', selector: { app: 'web' }, ports }));
    const found = await eventually('its slice', async () => {
      const all = await slices('stray');
      return all.length > 0 && all;
    });
    expect(found.flatMap((slice) => slice.ports ?? [])).toEqual([]);
    expect((await shoot(await cluster.nodePort('stray'))).error).toMatch(/ECONNRESET|ECONNREFUSED|hang up/);
  });
});

/** Linux lets everybody listen on all of 127.0.0.0/8; in a network of its own that can be taken away. */
const narrow = 'ip link set lo up; ip addr add 127.0.0.1/32 dev lo; ip addr del 127.0.0.1/8 dev lo; exec "$@"';

it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'a machine with 127.0.0.1 alone runs the demonstration, and says how its pods are reached (G37)',
  async () => {
    using folder = tempFolder('steer-narrow-');
    const words = ['unshare', '--net', 'sh', '-e', '-c', narrow, 'sh', process.execPath, steerProgram];
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder.path };
    const demo = startProgram([...words, 'demo', '--isolation', 'plain', '--once'], { cwd: folder.path, env });
    const { code, stdout } = await demo.finished;
    expect([code, /Synced Healthy revision 1 /.test(stdout)]).toEqual([0, true]);
    expect(stdout).toMatch(
      /share 127\.0\.0\.1: each listens on \$POD_IP:\$PORT \(not isolated: it was asked for; nobody can listen on 127\.64\.0\.1 here \(EADDRNOTAVAIL\)\)$/m,
    );
  },
);
