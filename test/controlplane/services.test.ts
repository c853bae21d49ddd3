import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Resolver } from 'node:dns/promises';
import type { Runtime } from '../../src/agent/runtime.ts';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import type { ServiceTable } from '../../src/api/service-table.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { EndpointSlice, Event, Pod, Service } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { loopbackPortsOf } from '../../src/api/loopback-ports.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import { openMemoryStore } from '../../src/store/memory.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from '../../src/controlplane/start.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { keptOpen } from '../../src/store/kept-open.ts';
import { finally_, freePort, tcpServer } from '../proxy/support.ts';

const kinds = loadKinds();
const range = '127.99.0.0/16';

async function plane(more: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> {
  const clock = realClock();
  const started = await startControlPlane({ clock, random: secureRandom(), log: silentLog, kinds, serviceRange: range, ...more });
  finally_(() => started.stop());
  return started;
}
const proxy = { listen: { clusterAddresses: true, nodePorts: ['127.0.0.1'], externalAddresses: true }, loadBalancer: '127.0.0.1' };

function service(name: string, spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec };
}
/** As somebody writes it by hand, for a database outside the cluster. */
function slice(name: string, address: string, port: number): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ name: '', protocol: 'TCP', port }],
  };
}
async function hear(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  try {
    return String((await once(socket, 'data'))[0]);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

describe('Services of a control plane', () => {
  it('take their addresses from the range that is named, the first of which is the API server with its certificate', async () => {
    const { cluster, url = '' } = await plane({ listen: {}, proxy });
    const kubernetes = await cluster().get(Service, { namespace: 'default', name: 'kubernetes' });
    expect(kubernetes.spec.clusterIP).toBe('127.99.0.1');
    const { endpoints, ports } = await cluster().get(EndpointSlice, { namespace: 'default', name: 'kubernetes' });
    expect({ endpoints, ports }).toEqual({
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'https', protocol: 'TCP', port: Number(new URL(url).port) }],
    });
    const certificateAt = async (): Promise<X509Certificate | undefined> => {
      const socket = connectTls({ host: '127.99.0.1', port: 443, rejectUnauthorized: false });
      try {
        await once(socket, 'secureConnect');
        return socket.getPeerX509Certificate();
      } catch (error) {
        expect(['ECONNREFUSED', 'ECONNRESET']).toContain((error as NodeJS.ErrnoException).code);
        return undefined;
      } finally {
        socket.destroy();
      }
    };
    await expect.poll(async () => (await certificateAt())?.checkIP('127.99.0.1'), { timeout: 5000 }).toBe('127.99.0.1');
  });

  it('move into the range when it is another one than in an earlier life', async () => {
    const store = openMemoryStore<KubeObject>({ codec: objectCodec, clock: realClock() });
    finally_(() => store.close());
    const openStore = () => Promise.resolve(keptOpen(store));
    const former = await plane({ openStore, serviceRange: '10.96.0.0/16' });
    const made = await former.cluster().create(Service, service('web', { type: 'NodePort', ports: [{ port: 80 }] }));
    await former.stop();
    const { cluster } = await plane({ openStore });
    const addressOf = async (name: string) => (await cluster().get(Service, { namespace: 'default', name })).spec.clusterIPs;
    expect(made.spec.clusterIP).toMatch(/^10\.96\./);
    expect(await addressOf('kubernetes')).toEqual(['127.99.0.1']);
    const [address] = (await addressOf('web')) ?? [];
    expect(address).toMatch(/^127\.99\./);
    const again = service('other', { clusterIP: address ?? '', ports: [{ port: 80 }] });
    await expect(cluster().create(Service, again)).rejects.toThrow('provided IP is already allocated');
    expect((await cluster().get(Service, { namespace: 'default', name: 'web' })).spec.ports).toEqual(made.spec.ports);
  });

  it('lead to an endpoint outside the cluster, and follow it when it changes', async () => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map((name) => tcpServer((socket) => socket.end(name), { host: '0.0.0.0' })),
    );
    const address = await ownAddress();
    const { cluster } = await plane({ proxy });
    const { spec } = await cluster().create(Service, service('database', { ports: [{ port: 5432 }] }));
    const made = await cluster().create(EndpointSlice, slice('database', address, first?.port ?? 0));
    await expect.poll(() => hear(spec.clusterIP ?? '', 5432)).toBe('first');
    await cluster().update(EndpointSlice, { ...made, ports: [{ name: '', protocol: 'TCP', port: second?.port ?? 0 }] });
    await expect.poll(() => hear(spec.clusterIP ?? '', 5432)).toBe('second');
    await cluster().delete(Service, { namespace: 'default', name: 'database' });
    await expect.poll(() => hear(spec.clusterIP ?? '', 5432)).toBe('ECONNREFUSED');
  });

  it('lead to the pods of this node by the way of their runtime, which is told of them', async () => {
    const server = await tcpServer((socket) => socket.end('by runtime'));
    const tables: ServiceTable[] = [];
    const dialled: string[] = [];
    const clock = realClock();
    const simulated = runtimes.find(({ name }) => name === 'simulated') as (typeof runtimes)[number];
    const runtime: Runtime = {
      ...bound(simulated.open({ clock, random: secureRandom(), log: silentLog, folder: '' })),
      serve: (table) => {
        tables.push(table);
        return Promise.resolve();
      },
      dial: async (address, port) => {
        dialled.push(`${address}:${port}`);
        const socket = connect(server.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
    };
    const { cluster } = await plane({ proxy, nodes: [{ description: simulatedNode('n1'), runtime }] });
    const { spec } = await cluster().create(Service, service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }));
    await cluster().create(Pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'web-1', labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web' }] },
    });
    await expect.poll(() => hear(spec.clusterIP ?? '', 80), { timeout: 10_000, interval: 100 }).toBe('by runtime');
    const { status } = await cluster().get(Pod, { namespace: 'default', name: 'web-1' });
    expect(dialled).toEqual([`${status?.podIP ?? ''}:8080`]);
    expect(tables.at(-1)?.services.find(({ name }) => name === 'web')?.ports[0]?.endpoints).toEqual([
      { address: status?.podIP, port: 8080, here: true },
    ]);
  });

  it('have names, where a DNS server is asked for', async () => {
    const port = await freePort('127.99.0.10');
    const { cluster } = await plane({ proxy: { ...proxy, dns: { listen: { address: '127.99.0.10', port } } } });
    const { spec } = await cluster().create(Service, service('web', { ports: [{ port: 80 }] }));
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.99.0.10:${port}`]);
    const ask = () => resolver.resolve4('web.default.svc.cluster.local').catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(ask).toEqual([spec.clusterIP]);
  });

  it('of type LoadBalancer get the address of this machine, and lose it with the type', async () => {
    const server = await tcpServer((socket) => socket.end('balanced'), { host: '0.0.0.0' });
    const port = await freePort();
    const { cluster } = await plane({ proxy });
    await cluster().create(EndpointSlice, slice('shop', await ownAddress(), server.port));
    const made = await cluster().create(Service, service('shop', { type: 'LoadBalancer', ports: [{ port }] }));
    const key = { namespace: 'default', name: 'shop' };
    const status = async () => (await cluster().get(Service, key)).status?.loadBalancer;
    await expect.poll(status, { timeout: 2000 }).toEqual({ ingress: [{ ip: '127.0.0.1', ipMode: 'VIP' }] });
    await expect.poll(() => hear('127.0.0.1', port)).toBe('balanced');
    expect(await hear('127.0.0.1', made.spec.ports?.[0]?.nodePort ?? 0)).toBe('balanced');
    await cluster().patch(Service, key, { spec: { type: 'ClusterIP' } });
    await expect.poll(status).toEqual({});
    await expect.poll(() => hear('127.0.0.1', port)).toBe('ECONNREFUSED');
  });

  it('are at ports of 127.0.0.1 where cluster addresses cannot be listened on', async () => {
    const server = await tcpServer((socket) => socket.end('by port'), { host: '0.0.0.0' });
    const listen = { clusterAddresses: false, loopbackPorts: '127.0.0.1', externalAddresses: true };
    const { cluster } = await plane({ proxy: { listen, loopbackPorts: true } });
    await cluster().create(EndpointSlice, slice('shop', await ownAddress(), server.port));
    await cluster().create(Service, service('shop', { ports: [{ port: 80 }] }));
    const key = { namespace: 'default', name: 'shop' };
    const given = async () => loopbackPortsOf((await cluster().get(Service, key)).status?.conditions);
    await expect.poll(given).toEqual({ '80/TCP': expect.any(Number) as number });
    const port = (await given())?.['80/TCP'] ?? 0;
    await expect.poll(() => hear('127.0.0.1', port)).toBe('by port');
    const ports = [
      { name: '', port: 80 },
      { name: 'two', port: 81 },
    ];
    await cluster().patch(Service, key, { spec: { ports: ports.map((one) => ({ ...one, name: one.name || 'one' })) } });
    await expect.poll(given).toEqual({ '80/TCP': port, '81/TCP': expect.any(Number) as number });
    expect((await given())?.['81/TCP']).not.toBe(port);
    await cluster().patch(Service, key, {
      spec: { type: 'ExternalName', externalName: 'example.test', clusterIP: null, clusterIPs: null },
    });
    await expect.poll(given).toBeUndefined();
    await expect.poll(() => hear('127.0.0.1', port)).toBe('ECONNREFUSED');
  });

  it('whose port is taken get a Warning event', async () => {
    const other = await tcpServer(() => undefined, { host: '0.0.0.0' });
    const { cluster } = await plane({ proxy });
    const { spec } = await cluster().create(Service, service('web', { ports: [{ name: 'http', port: other.port }] }));
    const events = async () =>
      (await cluster().list(Event, { namespace: 'default' })).items
        .filter((event) => event.reason === 'PortNotBound')
        .map(({ type, message, source, involvedObject: { kind, name, fieldPath } }) => ({ type, message, source, kind, name, fieldPath }));
    await expect.poll(events, { timeout: 5000 }).toEqual([
      {
        type: 'Warning',
        message: `Service default/web port http (${other.port}) cannot be reached at TCP ${spec.clusterIP}:${other.port}: another program listens there (EADDRINUSE)`,
        source: { component: 'kube-proxy' },
        kind: 'Service',
        name: 'web',
        fieldPath: 'spec.ports{http}',
      },
    ]);
  });

  it('that the controller leads to loopback keep their ports from everybody else', async () => {
    const { cluster } = await plane();
    const made = await cluster({ name: 'system:controller:endpointslice-controller', groups: [] }).create(
      EndpointSlice,
      slice('web', '127.64.0.5', 8080),
    );
    const moved = { ...made, ports: [{ name: '', protocol: 'TCP' as const, port: 5432 }] };
    await expect(cluster().update(EndpointSlice, moved)).rejects.toThrow('may not be in the loopback range');
    const labelled = { ...made, metadata: { ...made.metadata, labels: { ...made.metadata.labels, seen: 'yes' } } };
    expect((await cluster().update(EndpointSlice, labelled)).metadata.labels?.['seen']).toBe('yes');
  });

  it.each([
    ['127.0.0.1', 'loopback range (127.0.0.0/8, ::1/128)'],
    ['169.254.169.254', 'link-local range (169.254.0.0/16, fe80::/10)'],
  ])('cannot be led to %s by a user', async (address, why) => {
    const { cluster } = await plane();
    await expect(cluster().create(EndpointSlice, slice('database', address, 5432))).rejects.toThrow(
      `endpoints[0].addresses[0]: Invalid value: "${address}": may not be in the ${why}`,
    );
    const external = service('web', { ports: [{ port: 80 }], externalIPs: [address] });
    await expect(cluster().create(Service, external)).rejects.toThrow(
      `spec.externalIPs[0]: Invalid value: "${address}": may not be in the ${why}`,
    );
  });
});

/** A runtime whose methods can be spread. */
function bound(runtime: Runtime): Runtime {
  return {
    name: runtime.name,
    can: runtime.can,
    unavailable: () => runtime.unavailable(),
    recover: () => runtime.recover(),
    pull: (image, options) => runtime.pull(image, options),
    openSandbox: (pod, signal) => runtime.openSandbox(pod, signal),
    close: () => runtime.close(),
  };
}

/** An address of this machine that is no loopback one. */
async function ownAddress(): Promise<string> {
  const { networkInterfaces } = await import('node:os');
  const found = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('this machine has no address but loopback ones');
  return found.address;
}
