import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { nodeContainer, pod, podEnvironment, shellContainer } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

const ways = [
  ['isolated where it can be', []],
  ['plain', ['--isolation', 'plain']],
] as const;
const env = podEnvironment;

/** Healthy for two seconds, then not any more: by exit code, status, answer and port. */
const failing = {
  exec: {
    container: shellContainer('main', 'touch "$HOME/well"; sleep 2; rm "$HOME/well"; exec sleep 1000', { env }),
    probe: { exec: { command: ['sh', '-c', 'cat "$HOME/well"'] } },
    told: /^Liveness probe failed: cat: \S+\/well: No such file or directory/,
  },
  http: {
    container: nodeContainer(
      'main',
      `const well = Date.now() + 2000;
      require('node:http').createServer((q, r) => r.writeHead(Date.now() < well ? 200 : 503).end()).listen(8080, process.env.POD_IP);`,
      { env },
    ),
    probe: { httpGet: { path: '/', port: 8080 } },
    told: /^Liveness probe failed: HTTP probe failed with statuscode: 503$/,
  },
  tcp: {
    container: nodeContainer(
      'main',
      `const server = require('node:net').createServer((socket) => socket.end()).listen(8081, process.env.POD_IP);
      setTimeout(() => server.close(), 2000);
      setInterval(() => undefined, 1000);`,
      { env },
    ),
    probe: { tcpSocket: { port: 8081 } },
    told: /^Liveness probe failed: dial tcp [\d.]+:8081: connect: connection refused$/,
  },
  grpc: {
    container: nodeContainer(
      'main',
      `const well = Date.now() + 2000;
      require('node:http2').createServer().on('stream', (stream, headers) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, Date.now() < well ? 1 : 2]));
      }).listen(8082, process.env.POD_IP);`,
      { env },
    ),
    probe: { grpc: { port: 8082 } },
    told: /^Liveness probe failed: service unhealthy \(responded with "NOT_SERVING"\)$/,
  },
};

describe.skipIf(newestKubectl === undefined).each(ways)('faults of pods that are processes, %s', (_, args) => {
  const folder = tempFolder('steer-process-probes-');
  let cluster: ProcessCluster;
  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path, args);
  });
  afterAll(async () => {
    await cluster.up.stop();
    folder[Symbol.dispose]();
  });
  const messages = async (name: string) => (await cluster.eventsOf(name)).map(({ message }) => message);

  it.concurrent.each(Object.entries(failing))('probes by %s start, serve and restart a container (A4.11)', async (name, one) => {
    const asked = { ...one.probe, periodSeconds: 1 };
    const container = {
      ...one.container,
      startupProbe: { ...asked, failureThreshold: 60 },
      readinessProbe: { ...asked, failureThreshold: 1 },
      livenessProbe: { ...asked, failureThreshold: 3 },
    };
    await cluster.apply(pod(name, { terminationGracePeriodSeconds: 1, containers: [container] }));
    await eventually(`${name} serves`, async () => (await cluster.pod(name)).status.containerStatuses[0]?.ready === true);
    await eventually(`a restart of ${name}`, async () => {
      const [status] = (await cluster.pod(name)).status.containerStatuses;
      return status !== undefined && status.restartCount > 0;
    });
    const told = await messages(name);
    expect(
      told.filter((message) => one.told.test(message)),
      told.join('\n'),
    ).not.toEqual([]);
    const unready = new RegExp(one.told.source.replace('Liveness', 'Readiness'));
    expect(told.some((message) => unready.test(message))).toBe(true);
    expect(told).toContain('Container main failed liveness probe, will be restarted');
  });

  it.concurrent('a startup probe keeps the others waiting, and one that never succeeds restarts its container (A4.11)', async () => {
    const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
    const sleeper = shellContainer('main', 'sleep 1000 & trap "exit 0" TERM; wait', { env });
    const started = (probe: object) => ({ ...sleeper, startupProbe: { periodSeconds: 1, ...probe } });
    const never = started({ exec: { command: ['false'] }, failureThreshold: 3 });
    await cluster.apply(
      pod('waits', { containers: [{ ...started({ exec: { command: ['false'] }, failureThreshold: 1000 }), livenessProbe }] }),
      pod('never', { containers: [never] }),
    );
    await eventually('a restart of never', async () => (await cluster.pod('never')).status.containerStatuses[0]?.restartCount === 1);
    const [status] = (await cluster.pod('waits')).status.containerStatuses;
    expect(status).toMatchObject({ restartCount: 0, started: false, ready: false });
    expect((await messages('waits')).filter((message) => message.startsWith('Liveness'))).toEqual([]);
    expect(await messages('never')).toContain('Container main failed startup probe, will be restarted');
  });

  it.concurrent('a readiness probe takes its container out and in again, and restarts nothing (A4.11)', async () => {
    const script = 'f="$HOME/ready"; sleep 2; touch "$f"; sleep 4; rm "$f"; exec sleep 1000';
    const readinessProbe = { exec: { command: ['sh', '-c', 'test -e "$HOME/ready"'] }, periodSeconds: 1, failureThreshold: 1 };
    await cluster.apply(pod('turns', { containers: [{ ...shellContainer('main', script, { env }), readinessProbe }] }));
    const is = (ready: boolean) => async () => {
      const [status] = (await cluster.pod('turns')).status.containerStatuses;
      return status?.ready === ready && status.state.running !== undefined;
    };
    for (const ready of [false, true, false]) await eventually(`ready: ${ready}`, is(ready));
    expect((await cluster.pod('turns')).status.containerStatuses[0]?.restartCount).toBe(0);
  });
});
