import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../support/git-servers.ts';
import { nodeContainer, pod, podEnvironment, processesOf, service, shellContainer } from '../support/pod-programs.ts';
import { eventually, newestKubectl, startProcessCluster, type ProcessCluster } from '../support/process-cluster.ts';

/** Counts its starts in its volume, and answers requests with its name. */
const database = `
const { appendFileSync, readFileSync } = require('node:fs');
appendFileSync('/data/starts', 'x');
const starts = readFileSync('/data/starts', 'utf8').length;
require('node:http').createServer((_, answer) => answer.end(process.env.POD + ' started ' + starts)).listen(8080, process.env.POD_IP);
`;
/** Says what the first of them answers at its name. */
const asks =
  'while true; do node -e "fetch(\'http://db-0.db:8080\', { signal: AbortSignal.timeout(2000) }).then(async (a) => console.log(await a.text()), () => 0)"; sleep 0.3; done';

describe.skipIf(newestKubectl === undefined || process.getuid?.() !== 0)('a StatefulSet of pods that are processes', () => {
  const folder = tempFolder('steer-process-statefulset-');
  let cluster: ProcessCluster;
  beforeAll(async () => {
    cluster = await startProcessCluster(folder.path);
  });
  afterAll(async () => {
    await cluster.up.stop();
    folder[Symbol.dispose]();
  });

  it('starts in order, and a pod that is replaced has its name, its record and its data (A3.4, A3.11)', async () => {
    const container = nodeContainer('main', database, {
      env: podEnvironment,
      readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    });
    const template = { metadata: { labels: { app: 'db' } }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } };
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } };
    const spec = { replicas: 2, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template, volumeClaimTemplates: [claim] };
    await cluster.apply(
      service('db', { clusterIP: 'None', ports: [{ port: 8080 }] }),
      { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec },
      pod('asks', { containers: [shellContainer('main', asks)] }),
    );
    await cluster.kubectl.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    const uidOf = (name: string) => cluster.kubectl.ok(['get', 'pod', name, '-o', 'jsonpath={.metadata.uid}']);
    const made = async () => (await cluster.eventsOf('db')).map(({ message }) => message).filter((text) => text.includes('create Pod'));
    await eventually('both events', async () => (await made()).length === 2);
    expect(await made()).toEqual(['create Pod db-0 in StatefulSet db successful', 'create Pod db-1 in StatefulSet db successful']);
    const hasSaid = async (what: string) => (await cluster.kubectl.ok(['logs', 'asks'])).includes(`${what}\n`);
    // On a busy machine each of its questions takes a second or two.
    const said = (what: string) => eventually(what, () => hasSaid(what)).catch(() => eventually(what, () => hasSaid(what)));
    await said('db-0 started 1');
    const before = await uidOf('db-0');
    await cluster.kubectl.ok(['delete', 'pod', 'db-0']);
    await said('db-0 started 2');
    expect(await uidOf('db-0')).not.toBe(before);
    expect(processesOf('db-0')).toHaveLength(1);
    await cluster.kubectl.ok(['scale', 'statefulset/db', '--replicas=1']);
    await eventually('the end of the second', () => Promise.resolve(processesOf('db-1').length === 0));
    expect(await cluster.kubectl.ok(['get', 'pvc', '-o', 'name'])).toBe(
      'persistentvolumeclaim/data-db-0\npersistentvolumeclaim/data-db-1\n',
    );
  });
});
