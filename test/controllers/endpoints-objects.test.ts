import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, Endpoints, EndpointSlice, Event, Pod, Service } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { subsetsOf, truncated } from '../../src/controllers/endpoints/subsets.ts';
import { TriggerTimes } from '../../src/controllers/endpoints/trigger-times.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, namespace, podOf, podsOf, serviceOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
beforeEach(async () => {
  cluster = await startCluster();
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const endpoints = (name = 'web') => admin.get(Endpoints, { namespace, name });
const names = async () => (await admin.list(Endpoints, { namespace })).items.map(({ metadata }) => metadata.name);
const mirrored = async (name = 'db') => {
  const labelSelector = `kubernetes.io/service-name=${name},endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io`;
  return (await admin.list(EndpointSlice, { namespace, labelSelector })).items;
};

describe('the Endpoints of a Service', () => {
  it('are the addresses of its pods, and say when the last change came about', async () => {
    const service = await admin.create(Service, { ...serviceOf('web'), metadata: { name: 'web', namespace, labels: { tier: 'front' } } });
    await cluster.settle();
    expect((await endpoints()).subsets ?? []).toEqual([]);
    expect((await endpoints()).metadata.annotations).toEqual({
      'endpoints.kubernetes.io/last-change-trigger-time': service.metadata.creationTimestamp,
    });
    await admin.create(Deployment, deploymentOf('web', { replicas: 1, script: { ready: '10s' } }));
    await cluster.settle();
    const [pod] = await podsOf(admin, 'web');
    const { metadata, subsets } = await endpoints();
    const ready = pod?.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
    expect({ labels: metadata.labels, annotations: metadata.annotations, owners: metadata.ownerReferences, subsets }).toEqual({
      labels: { tier: 'front', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': ready },
      owners: undefined,
      subsets: [
        {
          addresses: [
            {
              ip: pod?.status?.podIP,
              nodeName: 'node-1',
              targetRef: { kind: 'Pod', namespace, name: pod?.metadata.name, uid: pod?.metadata.uid },
            },
          ],
          ports: [{ port: 80, protocol: 'TCP' }],
        },
      ],
    });
  });

  it('tell pods that are not ready apart, and leave out those that go', async () => {
    await admin.create(Service, serviceOf('web'));
    await admin.create(Deployment, deploymentOf('web', { replicas: 2, script: { ready: '10s', stop: '5s' } }));
    await cluster.clock.advance(5_000);
    const counts = async () =>
      (await endpoints()).subsets?.map(({ addresses = [], notReadyAddresses = [] }) => [addresses.length, notReadyAddresses.length]) ?? [];
    expect(await counts()).toEqual([[0, 2]]);
    await cluster.clock.advance(10_000);
    expect(await counts()).toEqual([[2, 0]]);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 1));
    await cluster.clock.advance(1_000);
    expect(await counts()).toEqual([[1, 0]]);
  });

  it('of a headless Service say so and give host names; without ports they are addresses alone', async () => {
    await admin.create(Service, { ...serviceOf('web', { clusterIP: 'None' }), spec: { selector: { app: 'web' }, clusterIP: 'None' } });
    const pod = podOf('a', { app: 'web' });
    Object.assign(pod.spec, { hostname: 'first', subdomain: 'web' });
    await admin.create(Pod, pod);
    await cluster.settle();
    const { metadata, subsets } = await endpoints();
    expect(metadata.labels?.['service.kubernetes.io/headless']).toBe('');
    expect(subsets?.map(({ addresses, ports }) => [addresses?.[0]?.hostname, ports])).toEqual([['first', undefined]]);
  });

  it('come back as they should be when somebody changes or deletes them, and go with the Service', async () => {
    await admin.create(Service, serviceOf('web'));
    await cluster.settle();
    await edit(admin, Endpoints, 'web', (object) => void (object.subsets = [{ addresses: [{ ip: '192.0.2.1' }] }]));
    await cluster.settle();
    expect((await endpoints()).subsets ?? []).toEqual([]);
    await admin.delete(Endpoints, { namespace, name: 'web' });
    await cluster.settle();
    expect(await names()).toContain('web');
    await admin.delete(Service, { namespace, name: 'web' });
    await cluster.settle();
    expect(await names()).not.toContain('web');
  });

  it('are nobody else’s: those without a Service stay', async () => {
    await admin.create(Endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'alone', namespace }, subsets: [] });
    await cluster.settle();
    expect(await names()).toContain('alone');
  });
});

describe('subsets', () => {
  const pod = (index: number, more: { ready?: boolean; port?: number } = {}): Pod => ({
    ...podOf(`pod-${index}`, {}),
    metadata: { name: `pod-${index}`, namespace, uid: `uid-${index}` },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: more.port ?? 80 }] }] },
    status: {
      podIP: `10.0.${Math.floor(index / 250)}.${index % 250}`,
      conditions: [{ type: 'Ready', status: (more.ready ?? true) ? 'True' : 'False' }],
    },
  });
  const service = serviceOf('web', {
    ports: [
      { name: 'web', port: 80, targetPort: 'http' },
      { name: 'admin', port: 9000 },
    ],
  });

  it('hold ports that the same pods serve together, and others apart', () => {
    const found = subsetsOf(service, [pod(1), pod(2, { port: 81 }), pod(3)]);
    const shown = found.map(({ addresses, ports }) => [
      addresses?.map(({ ip }) => ip),
      ports?.map(({ name, port }) => `${name ?? ''}=${port}`),
    ]);
    expect(shown).toEqual([
      [['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['admin=9000']],
      [['10.0.0.1', '10.0.0.3'], ['web=80']],
      [['10.0.0.2'], ['web=81']],
    ]);
  });

  it.each([
    [990, 30, [990, 10]],
    [1200, 30, [1000, 0]],
    [999, 1, [999, 1]],
  ])('of %i addresses that are ready and %i that are not keep a thousand', (ready, not, kept) => {
    const pods = [
      ...Array.from({ length: ready }, (_, at) => pod(at)),
      ...Array.from({ length: not }, (_, at) => pod(ready + at, { ready: false })),
    ];
    const all = subsetsOf(serviceOf('web'), pods);
    const found = truncated(all);
    expect(found === all).toBe(ready + not <= 1000);
    expect([found[0]?.addresses?.length ?? 0, found[0]?.notReadyAddresses?.length ?? 0]).toEqual(kept);
  });

  it('are counted from the earliest moment that was not seen before', () => {
    const times = new TriggerTimes();
    const made = { ...service, metadata: { ...service.metadata, creationTimestamp: '2026-01-01T00:00:05Z' } };
    const at = (index: number, time: string): Pod => {
      const one = pod(index);
      return { ...one, status: { ...one.status, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] } };
    };
    expect(times.next('a', made, [at(1, '2026-01-01T00:00:09Z')])).toBe('2026-01-01T00:00:05Z');
    expect(times.next('a', made, [at(1, '2026-01-01T00:00:09Z')])).toBeUndefined();
    const more = [at(1, '2026-01-01T00:00:20Z'), at(2, '2026-01-01T00:00:19Z')];
    expect(times.next('a', made, more)).toBe('2026-01-01T00:00:19Z');
  });
});

describe('Endpoints that people keep for a Service without a selector (A5.14)', () => {
  const kept = (ip: string, more: Partial<Endpoints> = {}): Endpoints => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'db',
      namespace,
      labels: { app: 'db' },
      annotations: { owner: 'me', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    },
    subsets: [{ addresses: [{ ip }], notReadyAddresses: [{ ip: '192.0.2.9' }], ports: [{ name: 'pg', port: 5432 }] }],
    ...more,
  });
  const without = (name = 'db') => {
    const { selector: _none, ...spec } = serviceOf(name, { ports: [{ name: 'pg', port: 5432 }] }).spec;
    return { ...serviceOf(name), spec };
  };

  it('are shown as an EndpointSlice, which follows them', async () => {
    await admin.create(Service, without());
    const { metadata } = await admin.create(Endpoints, kept('192.0.2.1'));
    await cluster.settle();
    const [slice] = await mirrored();
    expect({ ...slice, metadata: undefined }).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['192.0.2.1'], conditions: { ready: true } },
        { addresses: ['192.0.2.9'], conditions: { ready: false } },
      ],
      ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
    });
    expect({ ...slice?.metadata, name: slice?.metadata.name.replace(/\w{5}$/, '') }).toMatchObject({
      name: 'db-',
      labels: {
        app: 'db',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      annotations: { owner: 'me' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: metadata.uid, controller: true, blockOwnerDeletion: true }],
    });
    await edit(
      admin,
      Endpoints,
      'db',
      (object) => void (object.subsets = [{ addresses: [{ ip: '192.0.2.2' }], ports: [{ name: 'pg', port: 5432 }] }]),
    );
    await cluster.settle();
    const [after, ...others] = await mirrored();
    expect([after?.metadata.name, after?.endpoints.map(({ addresses }) => addresses[0]), others]).toEqual([
      slice?.metadata.name,
      ['192.0.2.2'],
      [],
    ]);
    await admin.delete(Endpoints, { namespace, name: 'db' });
    await cluster.settle();
    expect(await mirrored()).toEqual([]);
  });

  it('are one slice for each set of ports and each family', async () => {
    await admin.create(Service, without());
    const subsets = [
      { addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }], ports: [{ name: 'pg', port: 5432 }] },
      { addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'pg', port: 5433 }] },
    ];
    await admin.create(Endpoints, kept('', { subsets }));
    await cluster.settle();
    const shown = (await mirrored()).map(({ addressType, ports, endpoints: all }) => [addressType, ports?.[0]?.port, all.length]);
    expect(shown.sort()).toEqual([
      ['IPv4', 5432, 1],
      ['IPv4', 5433, 1],
      ['IPv6', 5432, 1],
    ]);
  });

  it('are not shown for a Service that has a selector, or has gone, or where they say so', async () => {
    await admin.create(Service, without());
    await admin.create(Endpoints, kept('192.0.2.1'));
    await cluster.settle();
    await edit(admin, Endpoints, 'db', (object) => void (object.metadata.labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }));
    await cluster.settle();
    expect(await mirrored()).toEqual([]);
    await edit(admin, Endpoints, 'db', (object) => void (object.metadata.labels = {}));
    await cluster.settle();
    expect(await mirrored()).toHaveLength(1);
    await edit(admin, Service, 'db', (object) => void (object.spec.selector = { app: 'db' }));
    await cluster.settle();
    expect(await mirrored()).toEqual([]);
    expect((await endpoints('db')).subsets ?? []).toEqual([]);
  });

  it('are shown up to a thousand, and the rest is told', async () => {
    await admin.create(Service, without());
    const addresses = Array.from({ length: 1003 }, (_, at) => ({ ip: `10.1.${Math.floor(at / 250)}.${at % 250}` }));
    const made = await admin.create(Endpoints, kept('', { subsets: [{ addresses, ports: [{ name: 'pg', port: 5432 }] }] }));
    await cluster.settle();
    expect((await mirrored())[0]?.endpoints).toHaveLength(1000);
    const { items } = await admin.list(Event, { namespace });
    expect(
      items
        .filter(({ involvedObject }) => involvedObject.uid === made.metadata.uid)
        .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`),
    ).toEqual([
      'TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped',
    ]);
  });
});
