import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, EndpointSlice, Pod, Service } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { deploymentOf, edit, namespace, podOf, podsOf, serviceOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: [{ name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } }] });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

const slices = async () => (await admin.list(EndpointSlice, { namespace, labelSelector: 'kubernetes.io/service-name=web' })).items;
const endpoints = async () => (await slices()).flatMap((slice) => slice.endpoints);

describe('the slices of a Service', () => {
  it('have an endpoint for each pod, with its state, node and zone', async () => {
    await admin.create(Service, { ...serviceOf('web'), metadata: { name: 'web', namespace, labels: { tier: 'front' } } });
    await admin.create(Deployment, deploymentOf('web', { replicas: 1 }));
    await cluster.settle();
    const [pod] = await podsOf(admin, 'web');
    const [slice] = await slices();
    expect(slice?.metadata.labels).toEqual({
      tier: 'front',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect({ addressType: slice?.addressType, ports: slice?.ports, endpoints: slice?.endpoints }).toEqual({
      addressType: 'IPv4',
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: [pod?.status?.podIP],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'n1',
          targetRef: { kind: 'Pod', name: pod?.metadata.name, namespace, uid: pod?.metadata.uid },
          zone: 'z1',
        },
      ],
    });
  });

  it('show within a second that a pod is ready, and at once that it goes', async () => {
    await admin.create(Service, serviceOf('web'));
    await admin.create(Deployment, deploymentOf('web', { replicas: 1, script: { ready: '10s', stop: '5s' } }));
    await cluster.clock.advance(9_000);
    expect((await endpoints()).map((each) => each.conditions)).toEqual([{ ready: false, serving: false, terminating: false }]);
    await cluster.clock.advance(3_000);
    expect((await endpoints()).map((each) => each.conditions)).toEqual([{ ready: true, serving: true, terminating: false }]);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 0));
    await cluster.clock.advance(1_000);
    expect((await endpoints()).map((each) => each.conditions?.ready)).toEqual([false]);
    expect((await endpoints()).map((each) => each.conditions?.terminating)).toEqual([true]);
    await cluster.settle();
    expect(await endpoints()).toEqual([]);
    expect(await slices()).toHaveLength(1);
  });

  it('hold 100 endpoints at most, and change little when pods come and go', async () => {
    await admin.create(Service, serviceOf('web'));
    await admin.create(Deployment, deploymentOf('web', { replicas: 130 }));
    await cluster.settle();
    const sizes = (await slices()).map((slice) => slice.endpoints.length).sort((a, b) => b - a);
    expect(sizes).toEqual([100, 30]);
    const full = (await slices()).find((slice) => slice.endpoints.length === 100);
    await edit(admin, Deployment, 'web', (object) => void (object.spec.replicas = 135));
    await cluster.settle();
    const after = await slices();
    expect(after.map((slice) => slice.endpoints.length).sort((a, b) => b - a)).toEqual([100, 35]);
    expect(after.find((slice) => slice.metadata.name === full?.metadata.name)?.metadata.resourceVersion).toBe(
      full?.metadata.resourceVersion,
    );
  });

  it('are one for each set of ports that a named port stands for', async () => {
    await admin.create(Service, serviceOf('web', { ports: [{ name: 'http', port: 80, targetPort: 'serve' }] }));
    for (const [name, containerPort] of [
      ['a', 8080],
      ['b', 9090],
      ['c', 8080],
    ] as const) {
      const pod = podOf(name, { app: 'web' });
      pod.spec.containers[0]!.ports = [{ name: 'serve', containerPort }];
      await admin.create(Pod, pod);
    }
    await cluster.settle();
    const found = (await slices()).map((slice) => [slice.ports?.[0]?.port, slice.endpoints.map((each) => each.targetRef?.name).sort()]);
    expect(found.sort()).toEqual([
      [8080, ['a', 'c']],
      [9090, ['b']],
    ]);
  });

  it('call pods ready that are not where the Service publishes them', async () => {
    await admin.create(Service, serviceOf('web', { publishNotReadyAddresses: true }));
    await admin.create(Deployment, deploymentOf('web', { replicas: 1, script: { ready: 'never' } }));
    await cluster.clock.advance(5_000);
    expect((await endpoints()).map((each) => each.conditions)).toEqual([{ ready: true, serving: false, terminating: false }]);
  });

  it('of a headless Service say so, and give pods their host names', async () => {
    await admin.create(Service, serviceOf('web', { clusterIP: 'None' }));
    const pod = podOf('a', { app: 'web' });
    Object.assign(pod.spec, { hostname: 'first', subdomain: 'web' });
    await admin.create(Pod, pod);
    await cluster.settle();
    const [slice] = await slices();
    expect(slice?.metadata.labels?.['service.kubernetes.io/headless']).toBe('');
    expect(slice?.endpoints.map((each) => each.hostname)).toEqual(['first']);
  });

  it('follow a changed selector', async () => {
    await admin.create(Service, serviceOf('web'));
    await admin.create(Pod, podOf('a', { app: 'web' }));
    await admin.create(Pod, podOf('b', { app: 'other' }));
    await cluster.settle();
    await edit(admin, Service, 'web', (object) => void (object.spec.selector = { app: 'other' }));
    await cluster.settle();
    expect((await endpoints()).map((each) => each.targetRef?.name)).toEqual(['b']);
  });

  it('go with the Service, and are made anew when somebody deletes them', async () => {
    await admin.create(Service, serviceOf('web'));
    await admin.create(Pod, podOf('a', { app: 'web' }));
    await cluster.settle();
    const [slice] = await slices();
    await admin.delete(EndpointSlice, { namespace, name: slice?.metadata.name ?? '' });
    await cluster.settle();
    expect((await endpoints()).map((each) => each.targetRef?.name)).toEqual(['a']);
    await admin.delete(Service, { namespace, name: 'web' });
    await cluster.settle();
    expect(await slices()).toEqual([]);
  });
});

it('a Service without selector is left to whoever writes its slices', async () => {
  const service = serviceOf('web');
  delete service.spec.selector;
  await admin.create(Service, service);
  await cluster.settle();
  expect(await slices()).toEqual([]);
});
