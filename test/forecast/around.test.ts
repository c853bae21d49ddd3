import { expect, test } from 'vitest';
import type { ApiRequest } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { NodeDescription } from '../../src/agent/node.ts';
import { readAround, type Around } from '../../src/forecast/around.ts';
import { deploymentOf } from '../controllers/workloads.ts';
import { startCluster } from '../support/cluster.ts';
import { forecastOf } from './merges.ts';

const container = { name: 'main', image: 'web:1', readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } };
const asking = (cpu: string, more: object = {}) => ({ containers: [{ ...container, resources: { requests: { cpu } }, ...more }] });
const capacity = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' };
const nodes = ['a', 'b', 'c'].map((name): Partial<NodeDescription> => ({ name, capacity, allocatable: capacity, labels: { zone: name } }));

interface Seen {
  readonly around: Around;
  readonly requests: readonly ApiRequest[];
}
/** What is read of a live cluster in which `objects` have come to rest, for a merge that brings `brought`. */
async function seenIn(objects: readonly KubeObject[], brought: readonly KubeObject[]): Promise<Seen> {
  const requests: ApiRequest[] = [];
  const live = await startCluster({ nodes });
  try {
    const client = live.cluster();
    for (const object of objects)
      await client.create((await client.kindOf(object)) as NonNullable<Awaited<ReturnType<typeof client.kindOf>>>, object);
    await live.settle();
    const watched = live.cluster(undefined, 'reader', (handle) => (request) => {
      requests.push(request);
      return handle(request);
    });
    return { around: await readAround(watched, brought), requests };
  } finally {
    await live.stop();
  }
}
function around({ nodes: its, ...rest }: Around) {
  return { nodes: its, around: rest };
}

test('pods of others in the live cluster take their room, and those of the application are where they are seen', async () => {
  const web = (cpu: string) => deploymentOf('web', { replicas: 3, pod: asking(cpu) });
  const others = deploymentOf('other', {
    replicas: 3,
    pod: asking('2500m', { env: [{ name: 'TOKEN', value: 'hunter2' }], command: ['run', 'hunter2'] }),
  });
  const { around: seen } = await seenIn([others, web('1')], [web('1'), web('2')]);
  expect(seen.pods.map(({ metadata, spec }) => [metadata.labels, spec?.containers[0]?.resources])).toEqual(
    Array.from({ length: 3 }, () => [{ app: 'other' }, { requests: { cpu: '2500m' } }]),
  );
  expect([...seen.placed].map(([name, places]) => [name, [...places].sort()])).toEqual([['apps/Deployment default/web', ['a', 'b', 'c']]]);
  expect(JSON.stringify(seen)).not.toContain('hunter2');

  const told = await forecastOf({ base: [web('1')], head: [web('2')], ...around(seen) });
  expect(told.rollouts).toMatchObject([
    { kind: 'restarts', ended: 0, stuck: { reason: 'Unschedulable', message: expect.stringContaining('3 Insufficient cpu') as string } },
  ]);
  expect(told.assumptions).toContain('the live cluster: 3 pods of others keep their room');
  const alone = await forecastOf({ base: [web('1')], head: [web('2')], nodes: seen.nodes });
  expect(alone.findings).toEqual([]);
});

test('a quota of the live cluster counts what others use of it', async () => {
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'few', namespace: 'default' },
    spec: { hard: { pods: '5', configmaps: '4' } },
  };
  const settings = (name: string): KubeObject =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { key: 'hunter2' } }) as KubeObject;
  const web = (replicas: number) => deploymentOf('web', { replicas });
  const standing = [deploymentOf('other', { replicas: 2 }), web(2), settings('theirs'), quota];
  const { around: seen } = await seenIn(standing, [web(2), web(4)]);
  expect(seen.objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['theirs']);
  expect(JSON.stringify(seen)).not.toContain('hunter2');
  const { findings } = await forecastOf({ base: [web(2)], head: [web(4)], ...around(seen) });
  expect(findings).toMatchObject([
    { rule: 'quota', severity: 'blocker', message: expect.stringContaining('used: pods=5, limited: pods=5') as string },
  ]);
});

test('what a pod names is there where the live cluster has it, and missing where it has not; no value of it is read', async () => {
  const reading = (name: string) => asking('1', { envFrom: [{ secretRef: { name } }] });
  const web = (secret: string) => deploymentOf('web', { replicas: 1, pod: reading(secret) });
  const secret = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    stringData: { key: 'hunter2' },
  });
  const brought = [web('old'), web('new'), web('lost')];
  const { around: seen, requests } = await seenIn([secret('old'), secret('new')], brought);
  expect([...seen.present].sort()).toEqual(['Secret default/new', 'Secret default/old']);
  expect([...seen.absent]).toEqual(['Secret default/lost']);
  const secrets = requests.filter(({ path }) => path.includes('/secrets'));
  expect(secrets.length).toBeGreaterThan(0);
  expect(secrets.filter(({ headers }) => headers['accept']?.includes('as=PartialObjectMetadata') !== true)).toEqual([]);
  expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  const good = await forecastOf({ base: [web('old')], head: [web('new')], ...around(seen) });
  expect(good).toMatchObject({ findings: [], rollouts: [{ kind: 'restarts', ended: 1 }] });
  const bad = await forecastOf({ base: [web('old')], head: [web('lost')], ...around(seen) });
  expect(bad.findings).toMatchObject([{ rule: 'rollout-stuck', message: expect.stringContaining('secret "lost" not found') as string }]);
});

test('a pod of lower priority that the merge pushes out is told of', async () => {
  const high = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 };
  const web = (cpu: string) =>
    deploymentOf('web', { replicas: 1, spec: { strategy: { type: 'Recreate' } }, pod: { ...asking(cpu), priorityClassName: 'high' } });
  const others = deploymentOf('other', { replicas: 3, pod: asking('3') });
  const { around: seen } = await seenIn([high, others, web('1')], [web('1'), web('2')]);
  expect(seen.objects.some(({ kind, metadata }) => kind === 'PriorityClass' && metadata.name === 'high')).toBe(true);
  const { rollouts } = await forecastOf({ base: [web('1')], head: [web('2')], ...around(seen) });
  expect(rollouts.map(({ kind, workload, ended }) => `${kind} ${workload.kind} ${ended}`).sort()).toEqual([
    'ends Pod 1',
    'restarts Deployment 1',
  ]);
});
