import { describe, expect, it } from 'vitest';
import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '../../src/api/kinds.generated.ts';
import { frontEndsOf } from '../../src/proxy/front-end.ts';
import { serviceEntry, serviceTable } from '../../src/proxy/service-table.ts';
import { entry } from './support.ts';

const uid = 'a5f6';
function service(spec: Partial<ServiceSpec> = {}, more: Partial<Service> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'web', uid },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      ...spec,
    },
    ...more,
  };
}
function slice(endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [...endpoints],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ...more,
  };
}
const ready = (address: string, more: Partial<Endpoint> = {}): Endpoint => ({ addresses: [address], conditions: { ready: true }, ...more });
const ending = (address: string, serving = true): Endpoint => ({
  addresses: [address],
  conditions: { ready: false, serving, terminating: true },
});
const endpointsOf = (slices: readonly EndpointSlice[], spec: Partial<ServiceSpec> = {}) =>
  serviceEntry(service(spec), slices, 'n1').ports[0]?.endpoints.map(({ address, port }) => `${address}:${port}`);

describe('the entry of a Service', () => {
  it('has its addresses, ports and ready endpoints', () => {
    const endpoints = [
      ready('10.244.0.9', { nodeName: 'n1', hostname: 'web-0', targetRef: { kind: 'Pod' } }),
      ready('10.244.0.5', { nodeName: 'n2' }),
    ];
    const expected = [
      { address: '10.244.0.5', port: 8080 },
      { address: '10.244.0.9', port: 8080, hostname: 'web-0', here: true },
    ];
    const spec: Partial<ServiceSpec> = {
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      externalIPs: ['192.0.2.9'],
    };
    expect(serviceEntry(service(spec), [slice(endpoints)], 'n1')).toEqual({
      namespace: 'shop',
      name: 'web',
      addresses: ['10.96.0.7'],
      externalAddresses: ['192.0.2.9'],
      balancerAddresses: [],
      hosts: [],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080, endpoints: expected, externalEndpoints: expected }],
    });
  });

  it.each<[string, Endpoint[], string[]]>([
    ['leaves out what is not ready', [ready('10.0.0.1'), { addresses: ['10.0.0.2'], conditions: { ready: false } }], ['10.0.0.1:8080']],
    ['takes conditions that are not there for ready', [{ addresses: ['10.0.0.1'] }], ['10.0.0.1:8080']],
    ['leaves out what ends while something is ready', [ready('10.0.0.1'), ending('10.0.0.2')], ['10.0.0.1:8080']],
    ['falls back on what ends and still serves', [ending('10.0.0.1'), ending('10.0.0.2', false)], ['10.0.0.1:8080']],
    ['takes the first address of an endpoint alone', [{ addresses: ['10.0.0.1', '10.0.0.2'] }], ['10.0.0.1:8080']],
    ['never leads to a link-local address', [ready('169.254.169.254'), ready('10.0.0.1')], ['10.0.0.1:8080']],
    ['never leads to no address or many', [ready('0.0.0.0'), ready('224.0.0.1'), ready('255.255.255.255')], []],
    ['never leads to loopback on anybody’s word', [ready('127.0.0.1'), ready('127.64.0.3')], []],
  ])('%s', (_what, endpoints, expected) => {
    expect(endpointsOf([slice(endpoints)])).toEqual(expected);
  });

  it.each(['::1', '::ffff:127.0.0.1', 'fe80::1', 'ff02::1', '::'])('never leads to %s', (address) => {
    expect(endpointsOf([slice([ready(address)], { addressType: 'IPv6' })])).toEqual([]);
  });

  describe('leads to loopback', () => {
    const labels = { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'web', uid, controller: true };
    const of = (metadata: object) => slice([ready('127.64.0.3')], { metadata: { namespace: 'shop', name: 'web-1', ...metadata } });
    it('in slices that the controller has written for it', () => {
      expect(endpointsOf([of({ labels, ownerReferences: [owner] })])).toEqual(['127.64.0.3:8080']);
    });
    it.each([
      ['for another Service', { labels, ownerReferences: [{ ...owner, uid: 'other' }] }],
      ['without an owner', { labels }],
      ['with an owner that does not control it', { labels, ownerReferences: [{ ...owner, controller: false }] }],
      ['without the label', { labels: {}, ownerReferences: [owner] }],
    ])('but not %s', (_what, metadata) => {
      expect(endpointsOf([of(metadata)])).toEqual([]);
    });
  });

  it('keeps traffic from inside and from outside on its node where the policies say so', () => {
    const endpoints = [ready('10.0.0.1', { nodeName: 'n1' }), ready('10.0.0.2', { nodeName: 'n2' })];
    const of = (spec: Partial<ServiceSpec>) => {
      const [port] = serviceEntry(service(spec), [slice(endpoints)], 'n1').ports;
      return [port?.endpoints.map(({ address }) => address), port?.externalEndpoints.map(({ address }) => address)];
    };
    expect(of({ internalTrafficPolicy: 'Local' })).toEqual([['10.0.0.1'], ['10.0.0.1', '10.0.0.2']]);
    expect(of({ externalTrafficPolicy: 'Local' })).toEqual([['10.0.0.1', '10.0.0.2'], ['10.0.0.1']]);
  });

  it('falls back on what ends on its own node before it leaves it', () => {
    const endpoints = [{ ...ending('10.0.0.1'), nodeName: 'n1' }, ready('10.0.0.2', { nodeName: 'n2' })];
    expect(endpointsOf([slice(endpoints)], { internalTrafficPolicy: 'Local' })).toEqual(['10.0.0.1:8080']);
  });

  it('takes ports by name and protocol, from slices with different numbers, each endpoint once', () => {
    const other = slice([ready('10.0.0.2'), ready('10.0.0.1')], { ports: [{ name: 'http', protocol: 'TCP', port: 9090 }] });
    const again = slice([ending('10.0.0.1')]);
    const foreign = slice([ready('10.0.0.3')], {
      ports: [{ name: 'http', protocol: 'UDP', port: 1 }, { name: 'x', port: 2 }, { name: 'http' }],
    });
    expect(endpointsOf([slice([ready('10.0.0.1')]), other, again, foreign])).toEqual(['10.0.0.1:8080', '10.0.0.1:9090', '10.0.0.2:9090']);
  });

  it('counts a pod of two families once', () => {
    const six = slice([ready('fd00::1')], { addressType: 'IPv6' });
    expect(endpointsOf([slice([ready('10.0.0.1')]), six])).toEqual(['10.0.0.1:8080']);
    expect(endpointsOf([six])).toEqual(['fd00::1:8080']);
  });

  it('names the hosts of a headless Service, also without ports', () => {
    const spec: Partial<ServiceSpec> = { clusterIP: 'None', clusterIPs: ['None'], ports: [] };
    const slices = [slice([ready('10.0.0.2', { hostname: 'db-1' }), ready('10.0.0.1'), ending('10.0.0.3')], { ports: [] })];
    expect(serviceEntry(service(spec), slices, 'n1')).toEqual(
      entry([], { addresses: [], hosts: [{ address: '10.0.0.1' }, { address: '10.0.0.2', hostname: 'db-1' }] }),
    );
  });

  it('is a name alone where it stands for another one', () => {
    const made = serviceEntry(service({ type: 'ExternalName', externalName: 'db.example.com.', clusterIP: '', clusterIPs: [] }), [], 'n1');
    expect(made).toEqual(entry([], { addresses: [], externalName: 'db.example.com' }));
  });

  it('is marked where it asks for another proxy', () => {
    const labelled = service({});
    labelled.metadata.labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    const made = serviceEntry(labelled, [slice([ready('10.0.0.1')])], 'n1');
    expect(made.elsewhere).toBe(true);
    const choice = { clusterAddresses: true, externalAddresses: true };
    expect([...frontEndsOf({ services: [made] }, choice, () => false).frontEnds]).toEqual([]);
  });

  it('says how long a client stays, and who may use a load balancer', () => {
    const ingress = [{ ip: '192.0.2.2', ipMode: 'VIP' }, { ip: '192.0.2.3', ipMode: 'Proxy' }, { hostname: 'lb.example.com' }];
    const balanced = service(
      { type: 'LoadBalancer', sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['10.0.0.0/8'] },
      { status: { loadBalancer: { ingress } } },
    );
    expect(serviceEntry(balanced, [], 'n1')).toMatchObject({
      affinitySeconds: 10_800,
      balancerAddresses: ['192.0.2.2'],
      sourceRanges: ['10.0.0.0/8'],
    });
    const config = { clientIP: { timeoutSeconds: 60 } };
    expect(serviceEntry(service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: config }), [], 'n1').affinitySeconds).toBe(60);
  });
});

describe('a table', () => {
  it('is in the order of namespaces and names', () => {
    const named = (namespace: string, name: string) => entry([], { namespace, name });
    const { services } = serviceTable([named('shop', 'web'), named('default', 'web'), named('shop', 'api')]);
    expect(services.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['default/web', 'shop/api', 'shop/web']);
  });
});
