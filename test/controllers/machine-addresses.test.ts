import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ingress, IngressClass, Service, type IngressSpec } from '../../src/api/kinds.generated.ts';
import type { Connection } from '../../src/client/connect.ts';
import { controllerUser } from '../../src/controlplane/identities.ts';
import { ingressStatus, serviceLoadBalancer } from '../../src/controllers/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { edit, eventsOf, namespace, serviceOf } from './workloads.ts';

let cluster: TestCluster;
let admin: Connection;
const start = async (address = '127.0.0.1') => {
  for (const controller of [serviceLoadBalancer(address), ingressStatus(address)]) {
    cluster.run(controller, controllerUser(controller.identity ?? ''));
  }
  await cluster.settle();
};
beforeEach(async () => {
  cluster = await startCluster({ nodes: 0, scheduler: false });
  admin = cluster.cluster();
});
afterEach(() => cluster.stop());

describe('a Service of type LoadBalancer', () => {
  const balancer = async () => (await admin.get(Service, { namespace, name: 'web' })).status?.loadBalancer ?? {};

  it('has the address of the machine within two seconds, until it is of another type (A5.6)', async () => {
    await start();
    const from = cluster.clock.now();
    await admin.create(Service, serviceOf('web', { type: 'LoadBalancer' }));
    await cluster.until(async () => (await balancer()).ingress !== undefined);
    expect(cluster.clock.now() - from).toBeLessThan(2000);
    expect(await balancer()).toEqual({ ingress: [{ ip: '127.0.0.1', ipMode: 'VIP' }] });
    await edit(admin, Service, 'web', ({ spec }) => {
      spec.type = 'ClusterIP';
      delete spec.allocateLoadBalancerNodePorts;
      delete spec.externalTrafficPolicy;
      for (const port of spec.ports ?? []) delete port.nodePort;
    });
    await cluster.settle();
    expect(await balancer()).toEqual({});
    expect((await eventsOf(admin, 'Service', 'web')).toSorted()).toEqual([
      'DeletedLoadBalancer: Deleted load balancer',
      'DeletingLoadBalancer: Deleting load balancer',
      'EnsuredLoadBalancer: Ensured load balancer',
      'EnsuringLoadBalancer: Ensuring load balancer',
    ]);
  });

  it('of a class waits for whoever serves the class; a machine may have a name', async () => {
    await start('box.example.com');
    await admin.create(Service, serviceOf('web', { type: 'LoadBalancer', loadBalancerClass: 'example.com/lb' }));
    await admin.create(Service, serviceOf('named', { type: 'LoadBalancer' }));
    await cluster.settle();
    expect(await balancer()).toEqual({});
    expect((await admin.get(Service, { namespace, name: 'named' })).status?.loadBalancer).toEqual({
      ingress: [{ hostname: 'box.example.com' }],
    });
  });
});

describe('an Ingress', () => {
  const ingressOf = (name: string, spec: Partial<IngressSpec> = {}): Ingress => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec },
  });
  const balancer = async (name: string) => (await admin.get(Ingress, { namespace, name })).status?.loadBalancer ?? {};

  it('that names no class has the machine’s own, and its address', async () => {
    await start();
    await admin.create(Ingress, ingressOf('web'));
    await cluster.settle();
    expect((await admin.get(Ingress, { namespace, name: 'web' })).spec?.ingressClassName).toBe('steersman');
    expect(await balancer('web')).toEqual({ ingress: [{ ip: '127.0.0.1' }] });
  });

  it('of another class is left to whoever serves that, also later', async () => {
    await start();
    const other = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    };
    await admin.create(IngressClass, other);
    await admin.create(Ingress, ingressOf('web', { ingressClassName: 'steersman' }));
    await admin.create(Ingress, ingressOf('theirs', { ingressClassName: 'nginx' }));
    await cluster.settle();
    expect([await balancer('web'), await balancer('theirs')]).toEqual([{ ingress: [{ ip: '127.0.0.1' }] }, {}]);
    const theirs = await admin.get(Ingress, { namespace, name: 'theirs' });
    await admin.update(Ingress, { ...theirs, status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } }, { subresource: 'status' });
    await edit(admin, Ingress, 'web', (object) => void (object.spec!.ingressClassName = 'nginx'));
    await cluster.settle();
    expect([await balancer('web'), await balancer('theirs')]).toEqual([{}, { ingress: [{ ip: '192.0.2.1' }] }]);
  });
});
