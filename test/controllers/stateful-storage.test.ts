import { afterEach, expect, it } from 'vitest';
import { EndpointSlice, PersistentVolume, PersistentVolumeClaim, Pod, Service, StatefulSet } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { lookUp, zoneOf } from '../../src/proxy/dns/zone.ts';
import { serviceEntry, serviceTable } from '../../src/proxy/service-table.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { claimOf } from './volumes.ts';
import { namespace, podOf, podsOf, serviceOf, statefulSetOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
const start = async (nodes: number) => {
  cluster = await startCluster({ nodes });
  admin = cluster.cluster();
};
afterEach(() => cluster.stop());

const claims = async () =>
  (await admin.list(PersistentVolumeClaim, { namespace })).items.map(({ metadata, status }) => [metadata.name, status?.phase]);

it('a pod with a claim of the default class runs within a second, where its volume is (A6.6)', async () => {
  await start(3);
  await admin.create(PersistentVolumeClaim, claimOf('data'));
  await cluster.settle();
  expect(await claims()).toEqual([['data', 'Pending']]);
  const pod = podOf('web', {});
  Object.assign(pod.spec, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
  const from = cluster.clock.now();
  await admin.create(Pod, pod);
  await cluster.until(async () => (await admin.get(Pod, { namespace, name: 'web' })).status?.phase === 'Running');
  expect(cluster.clock.now() - from).toBeLessThan(1000);
  expect(await claims()).toEqual([['data', 'Bound']]);
  const [volume] = (await admin.list(PersistentVolume)).items;
  const { nodeName } = (await admin.get(Pod, { namespace, name: 'web' })).spec;
  expect(volume?.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values).toEqual([nodeName]);
  // The next pod follows the data.
  await admin.delete(Pod, { namespace, name: 'web' });
  await cluster.settle();
  await admin.create(Pod, { ...pod, metadata: { ...pod.metadata, name: 'next' } });
  await cluster.settle();
  expect((await admin.get(Pod, { namespace, name: 'next' })).spec.nodeName).toBe(nodeName);
});

it('each pod of a StatefulSet has a claim and a name of its own; claims outlive the set, and are found again (A3.11)', async () => {
  await start(1);
  await admin.create(Service, serviceOf('web', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }));
  const template = claimOf('data');
  const set = statefulSetOf('web', {
    spec: { serviceName: 'web', volumeClaimTemplates: [{ ...template, metadata: { name: 'data' } }] },
  });
  await admin.create(StatefulSet, set);
  await cluster.settle();
  const three = ['data-web-0', 'data-web-1', 'data-web-2'].map((name) => [name, 'Bound']);
  expect(await claims()).toEqual(three);
  const volumes = (await admin.list(PersistentVolume)).items.map(({ metadata }) => metadata.uid);
  expect(new Set(volumes).size).toBe(3);

  const pods = await podsOf(admin, 'web');
  const slices = (await admin.list(EndpointSlice, { namespace, labelSelector: 'kubernetes.io/service-name=web' })).items;
  const entry = serviceEntry(await admin.get(Service, { namespace, name: 'web' }), slices, 'node-1');
  const zone = zoneOf(serviceTable(entry === undefined ? [] : [entry]), 'cluster.local');
  const answer = (name: string, type: string) =>
    lookUp(zone, `${name}.default.svc.cluster.local`, type)?.answers.map((one) => ('data' in one ? one.data : undefined));
  for (const pod of pods) expect(answer(`${pod.metadata.name}.web`, 'A')).toEqual([pod.status?.podIP]);
  expect(answer('web', 'A')?.toSorted()).toEqual([...new Set(pods.map(({ status }) => status?.podIP))].toSorted());
  expect(answer('_http._tcp.web', 'SRV')).toEqual(
    pods.map(({ metadata }) => ({ priority: 0, weight: 33, port: 80, target: `${metadata.name}.web.default.svc.cluster.local` })),
  );

  await admin.delete(StatefulSet, { namespace, name: 'web' });
  await cluster.settle();
  expect([await claims(), await podsOf(admin, 'web')]).toEqual([three, []]);
  await admin.create(StatefulSet, set);
  await cluster.settle();
  expect((await admin.list(PersistentVolume)).items.map(({ metadata }) => metadata.uid)).toEqual(volumes);
  expect(await podsOf(admin, 'web')).toHaveLength(3);
});
