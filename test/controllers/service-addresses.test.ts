import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IPAddress, Service, ServiceCIDR } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { controllerUser } from '../../src/controlplane/identities.ts';
import { identityOf } from '../../src/reconcile/controller.ts';
import { serviceAddresses, serviceRange } from '../../src/controllers/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, namespace, serviceOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;

beforeEach(async () => {
  cluster = await startCluster({ nodes: 0, scheduler: false });
  admin = cluster.cluster();
  await admin.create(Service, serviceOf('web'));
  for (const controller of [serviceAddresses, serviceRange('10.96.0.0/16')])
    cluster.run(controller, controllerUser(identityOf(controller)));
  await cluster.settle();
});
afterEach(() => cluster.stop());

const ipOf = async (name: string) => (await admin.get(Service, { namespace, name })).spec.clusterIP ?? '';
/** Addresses by the Service that they name. */
const kept = async () =>
  Object.fromEntries((await admin.list(IPAddress)).items.map(({ metadata, spec }) => [spec?.parentRef.name, metadata.name]));

describe('the address of a Service', () => {
  it('is an IPAddress that names it', async () => {
    const name = await ipOf('web');
    const { metadata, spec } = await admin.get(IPAddress, { namespace: '', name });
    expect(metadata.labels).toEqual({
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    });
    expect(spec).toEqual({ parentRef: { resource: 'services', namespace, name: 'web' } });
    expect(await kept()).toEqual({ kubernetes: '10.96.0.1', web: name });
  });

  it('goes with it, or when it has none any more, and passes to the next that is given it', async () => {
    const before = await ipOf('web');
    await edit(admin, Service, 'web', ({ spec }) => {
      Object.assign(spec, { type: 'ExternalName', externalName: 'web.example', clusterIP: '', clusterIPs: [] });
      delete spec.internalTrafficPolicy;
    });
    await cluster.settle();
    expect(await kept()).toEqual({ kubernetes: '10.96.0.1' });
    await admin.create(Service, serviceOf('next', { clusterIP: before }));
    await cluster.settle();
    expect(await kept()).toEqual({ kubernetes: '10.96.0.1', next: before });
    await admin.delete(Service, { namespace, name: 'next' });
    await admin.create(Service, serviceOf('third', { clusterIP: before }));
    await cluster.settle();
    expect(await kept()).toEqual({ kubernetes: '10.96.0.1', third: before });
  });

  it('is there for none without one, and comes back when somebody deletes it', async () => {
    await admin.create(Service, serviceOf('headless', { clusterIP: 'None' }));
    await admin.delete(IPAddress, { namespace: '', name: await ipOf('web') });
    await cluster.settle();
    expect(await kept()).toEqual({ kubernetes: '10.96.0.1', web: await ipOf('web') });
  });

  it('that others have written down for themselves is left alone', async () => {
    const parentRef = { group: 'example.com', resource: 'gateways', name: 'edge' };
    const own = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '10.96.7.7' }, spec: { parentRef } };
    await admin.create(IPAddress, own);
    await cluster.settle();
    expect(await kept()).toMatchObject({ edge: '10.96.7.7' });
  });
});

describe('the range of addresses', () => {
  const range = async () => admin.get(ServiceCIDR, { namespace: '', name: 'kubernetes' });

  it('is the ServiceCIDR kubernetes, which is ready and comes back', async () => {
    await admin.delete(ServiceCIDR, { namespace: '', name: 'kubernetes' });
    await cluster.settle();
    const { spec, status } = await range();
    expect(spec).toEqual({ cidrs: ['10.96.0.0/16'] });
    expect(status?.conditions?.map(({ lastTransitionTime: _, ...condition }) => condition)).toEqual([
      { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes default Service CIDR is ready' },
    ]);
  });

  it('takes the place of the one that the cluster had before', async () => {
    await cluster.stop();
    cluster = await startCluster({ nodes: 0, scheduler: false });
    admin = cluster.cluster();
    const former = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'kubernetes' } };
    await admin.create(ServiceCIDR, { ...former, spec: { cidrs: ['10.99.0.0/16'] } });
    cluster.run(serviceRange('10.96.0.0/16'), controllerUser('service-cidrs-controller'));
    await cluster.settle();
    expect((await range()).spec).toEqual({ cidrs: ['10.96.0.0/16'] });
  });
});
