import { describe, expect, it } from 'vitest';
import { conformance, fieldsOf, withMetadata, type Fields, type Resource } from './client.ts';
import { expectOperations, expectStatus } from './operations.ts';
import { pod } from './workloads.ts';

const plane = conformance({ nodes: 2 });
interface Space {
  readonly namespace: string;
  readonly services: Resource;
  readonly slices: Resource;
  readonly pods: Resource;
}
async function space(): Promise<Space> {
  const namespace = await plane.namespace();
  const of = (groupVersion: string, plural: string) => plane.admin.resource(groupVersion, plural, namespace);
  return { namespace, services: of('v1', 'services'), slices: of('discovery.k8s.io/v1', 'endpointslices'), pods: of('v1', 'pods') };
}
const service = (name: string, spec: Fields, labels: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels },
  spec,
});
const listening = (name: string, app: string, ports: readonly Fields[]) =>
  pod(name, { labels: { app }, spec: { containers: [{ name: 'main', image: 'agnhost:1', ports }] } });

/** The ports that each pod of a Service is reached at, by the name of the pod. */
async function endpointsOf({ slices }: Space, name: string): Promise<Record<string, number[]>> {
  const out: Record<string, number[]> = {};
  for (const { endpoints, ports } of (await slices.list({ labelSelector: `kubernetes.io/service-name=${name}` })).items) {
    for (const { targetRef, conditions } of (endpoints ?? []) as { targetRef: { name: string }; conditions: { ready: boolean } }[]) {
      if (conditions.ready)
        out[targetRef.name] = [...(out[targetRef.name] ?? []), ...(ports as { port: number }[]).map(({ port }) => port)].sort();
    }
  }
  return out;
}
async function untilEndpoints(at: Space, name: string, wanted: Record<string, number[]>): Promise<void> {
  await plane.until(async () => {
    const found = await endpointsOf(at, name);
    return JSON.stringify(Object.entries(found).sort()) === JSON.stringify(Object.entries(wanted).sort());
  });
}

describe('network/service.go', () => {
  it('[sig-network] Services should find a service from listing all namespaces', async () => {
    const { items } = await plane.admin.resource('v1', 'services').list();
    expect(items.filter(({ metadata }) => metadata.name === 'kubernetes').map(({ metadata }) => metadata.namespace)).toEqual(['default']);
  });

  it('[sig-network] Services should serve a basic endpoint from pods', async () => {
    const at = await space();
    await at.services.create(service('endpoint-test2', { selector: { app: 'basic' }, ports: [{ port: 80, targetPort: 80 }] }));
    await untilEndpoints(at, 'endpoint-test2', {});
    await at.pods.create(listening('pod1', 'basic', [{ containerPort: 80 }]));
    await untilEndpoints(at, 'endpoint-test2', { pod1: [80] });
    await at.pods.create(listening('pod2', 'basic', [{ containerPort: 80 }]));
    await untilEndpoints(at, 'endpoint-test2', { pod1: [80], pod2: [80] });
    await at.pods.delete('pod1');
    await untilEndpoints(at, 'endpoint-test2', { pod2: [80] });
    await at.pods.delete('pod2');
    await untilEndpoints(at, 'endpoint-test2', {});
  });

  it('[sig-network] Services should serve multiport endpoints from pods', async () => {
    const at = await space();
    const ports = ['portname1', 'portname2'].map((name, index) => ({ name, port: 80 + index, targetPort: name }));
    await at.services.create(service('multi-endpoint-test', { selector: { app: 'multi' }, ports }));
    await untilEndpoints(at, 'multi-endpoint-test', {});
    await at.pods.create(listening('pod1', 'multi', [{ name: 'portname1', containerPort: 100 }]));
    await untilEndpoints(at, 'multi-endpoint-test', { pod1: [100] });
    await at.pods.create(listening('pod2', 'multi', [{ name: 'portname2', containerPort: 101 }]));
    await untilEndpoints(at, 'multi-endpoint-test', { pod1: [100], pod2: [101] });
    await at.pods.delete('pod1');
    await untilEndpoints(at, 'multi-endpoint-test', { pod2: [101] });
    await at.pods.delete('pod2');
    await untilEndpoints(at, 'multi-endpoint-test', {});
  });

  it('[sig-network] Services should complete a service status lifecycle', async () => {
    const { services } = await space();
    const labels = { 'test-service-static': 'true' };
    const watching = await services.watch((await services.list()).metadata.resourceVersion);
    await services.create(
      service(
        'test-service',
        { type: 'LoadBalancer', loadBalancerClass: 'example.com/none', ports: [{ name: 'http', port: 80, targetPort: 80 }] },
        labels,
      ),
    );
    expect(await plane.admin.resource('v1', 'services').names('test-service-static=true')).toEqual(['test-service']);
    const before = await services.get('test-service', 'status');
    expect(fieldsOf(fieldsOf(before, 'status'), 'loadBalancer')).toEqual({});
    const patch = { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }] } };
    await expectStatus(services, 'test-service', patch, (live) => ({
      ...live,
      status: {
        ...fieldsOf(live, 'status'),
        conditions: [
          { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: '2026-01-01T00:00:00Z' },
        ],
      },
    }));
    const patched = await services.patch('test-service', { metadata: { labels: { 'test-service': 'patched' } } }, { type: 'strategic' });
    expect(patched.metadata.labels).toEqual({ ...labels, 'test-service': 'patched' });
    await services.delete('test-service');
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
    expect(watching.events[0]).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'test-service' } } });
  });

  it('[sig-network] Services should delete a collection of services', async () => {
    const { services } = await space();
    const spec = { ports: [{ port: 80 }], selector: { app: 'none' } };
    for (const [name, label] of [
      ['e2e-svc-a', 'delete'],
      ['e2e-svc-b', 'delete'],
      ['e2e-svc-c', 'keep'],
    ] as const) {
      await services.create(service(name, spec, { 'e2e-label': label }));
    }
    expect(await services.names()).toHaveLength(3);
    await services.deleteCollection('e2e-label=delete');
    expect(await services.names()).toEqual(['e2e-svc-c']);
  });
});

describe('network/endpointslice.go', () => {
  const served = { groupVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', kind: 'EndpointSlice', namespaced: true };

  it('[sig-network] EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods', async () => {
    const at = await space();
    await at.services.create(
      service('example-empty-selector', { selector: { 'does-not-match-anything': 'indeed' }, ports: [{ port: 80 }] }),
    );
    const labelSelector = 'kubernetes.io/service-name=example-empty-selector';
    await plane.until(async () => (await at.slices.names(labelSelector)).length === 1);
    const [slice] = (await at.slices.list({ labelSelector })).items;
    expect(slice).toMatchObject({
      endpoints: [],
      metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } },
    });
    await at.services.delete('example-empty-selector');
    await plane.until(async () => (await at.slices.names(labelSelector)).length === 0);
  });

  it('[sig-network] EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service', async () => {
    const at = await space();
    const ports = [{ name: 'example-name', containerPort: 3000 }];
    for (const name of ['pod1', 'pod2']) await at.pods.create(listening(name, 'matching', ports));
    await at.services.create(service('example-int-port', { selector: { app: 'matching' }, ports: [{ port: 80, targetPort: 3000 }] }));
    await at.services.create(
      service('example-named-port', { selector: { app: 'matching' }, ports: [{ name: 'http', port: 80, targetPort: 'example-name' }] }),
    );
    for (const name of ['example-int-port', 'example-named-port']) {
      await untilEndpoints(at, name, { pod1: [3000], pod2: [3000] });
      const [slice] = (await at.slices.list({ labelSelector: `kubernetes.io/service-name=${name}` })).items;
      const addresses = (await at.pods.list()).items.map(({ status }) => (status as { podIP: string }).podIP);
      const listed = (slice?.endpoints as { addresses: string[] }[]).flatMap((each) => each.addresses);
      expect(listed.sort()).toEqual(addresses.sort());
      expect(slice?.metadata.ownerReferences).toMatchObject([{ kind: 'Service', name, controller: true }]);
    }
    for (const name of ['example-int-port', 'example-named-port']) await at.services.delete(name);
    await plane.until(async () => (await at.slices.names()).length === 0);
  });

  it('[sig-network] EndpointSlice should support creating EndpointSlice API operations', async () => {
    const { namespace } = await space();
    const make = (name: string) => ({
      metadata: { name },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.2.3', '10.1.2.4'].slice(0, 1), conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    });
    await expectOperations(plane, { ...served, namespace }, make);
  });
});

describe('network/endpoints.go', () => {
  it('[sig-network] Endpoints should test the lifecycle of an Endpoint', async () => {
    const { namespace } = await space();
    const endpoints = plane.admin.resource('v1', 'endpoints', namespace);
    const labels = { 'test-endpoint-static': 'true' };
    const subsets = [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }];
    const watching = await endpoints.watch((await endpoints.list()).metadata.resourceVersion);
    await endpoints.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'testservice', labels }, subsets });
    expect(await plane.admin.resource('v1', 'endpoints').names('test-endpoint-static=true')).toEqual(['testservice']);
    const updated = await endpoints.update(withMetadata(await endpoints.get('testservice'), { labels: { 'test-service': 'updated' } }));
    expect(updated.metadata.labels).toEqual({ ...labels, 'test-service': 'updated' });
    const patch = {
      metadata: { labels: { 'test-service': 'patched' } },
      subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080, protocol: 'TCP' }] }],
    };
    await endpoints.patch('testservice', patch, { type: 'strategic' });
    expect(await endpoints.get('testservice')).toMatchObject(patch);
    await endpoints.deleteCollection('test-endpoint-static=true');
    await plane.until(() => watching.events.at(-1)?.type === 'DELETED');
    await watching.stop();
    expect(watching.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    expect(await endpoints.names()).toEqual([]);
  });
});

describe('network/endpoints.go and endpointslicemirroring.go, controllers', () => {
  const of = (namespace: string) => plane.admin.resource('v1', 'endpoints', namespace);
  interface Subset {
    readonly addresses?: readonly { readonly ip: string; readonly targetRef?: { readonly name: string } }[];
    readonly ports?: readonly { readonly port: number }[];
  }
  const shown = async (endpoints: Resource, name: string): Promise<unknown> =>
    ((await endpoints.get(name)).subsets as readonly Subset[] | undefined)?.map(({ addresses = [], ports = [] }) => [
      addresses.map(({ targetRef }) => targetRef?.name).sort(),
      ports.map(({ port }) => port),
    ]);

  it('[sig-network] EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods', async () => {
    const at = await space();
    const spec = { selector: { 'does-not-match-anything': 'indeed' }, ports: [{ port: 80 }] };
    await at.services.create(service('example-empty-selector', spec));
    await plane.until(async () => (await of(at.namespace).names()).includes('example-empty-selector'));
    expect((await of(at.namespace).get('example-empty-selector')).subsets ?? []).toEqual([]);
    await at.services.delete('example-empty-selector');
    await plane.until(async () => (await of(at.namespace).names()).length === 0);
  });

  it('[sig-network] EndpointsController should create Endpoints for Pods matching a Service', async () => {
    const at = await space();
    const ports = [{ name: 'example-name', containerPort: 3000 }];
    for (const name of ['pod1', 'pod2']) await at.pods.create(listening(name, 'matching', ports));
    const selector = { app: 'matching' };
    await at.services.create(service('example-int-port', { selector, ports: [{ port: 80, targetPort: 3000 }] }));
    await at.services.create(service('example-named-port', { selector, ports: [{ name: 'http', port: 80, targetPort: 'example-name' }] }));
    for (const name of ['example-int-port', 'example-named-port']) {
      const wanted = JSON.stringify([[['pod1', 'pod2'], [3000]]]);
      await plane.until(async () => (await of(at.namespace).names()).includes(name));
      await plane.until(async () => JSON.stringify(await shown(of(at.namespace), name)) === wanted);
    }
  });

  it('[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', async () => {
    const at = await space();
    const name = 'example-custom-endpoints';
    await at.services.create(service(name, { ports: [{ name: 'example', port: 80, protocol: 'TCP' }] }));
    const endpoints = of(at.namespace);
    const subsets = (ip: string, port: number) => [{ addresses: [{ ip }], ports: [{ port, name: 'example', protocol: 'TCP' }] }];
    const mirrored = async () => {
      const { items } = await at.slices.list({ labelSelector: `kubernetes.io/service-name=${name}` });
      return JSON.stringify(
        items.map(({ endpoints: all, ports, metadata }) => [
          (all as { addresses: string[] }[]).flatMap(({ addresses }) => addresses),
          (ports as { port: number }[]).map(({ port }) => port),
          metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
        ]),
      );
    };
    const expected = (ip: string, port: number) => JSON.stringify([[[ip], [port], 'endpointslicemirroring-controller.k8s.io']]);
    await endpoints.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name }, subsets: subsets('10.1.2.3', 80) });
    await plane.until(async () => (await mirrored()) === expected('10.1.2.3', 80));
    await endpoints.update({ ...(await endpoints.get(name)), subsets: subsets('10.2.3.4', 80) });
    await plane.until(async () => (await mirrored()) === expected('10.2.3.4', 80));
    await endpoints.delete(name);
    await plane.until(async () => (await mirrored()) === '[]');
  });
});
