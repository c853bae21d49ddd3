import { describe, expect, it } from 'vitest';
import type { Endpoint, EndpointSlice, Pod, Service } from '../../src/api/kinds.generated.ts';
import { addressTypesOf, groupEndpoints, type AddressType } from '../../src/controllers/endpointslice/endpoints.ts';
import { packEndpoints } from '../../src/controllers/endpointslice/packing.ts';

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'n' },
  spec: { ports: [{ port: 80 }], ...spec },
});
const pod = (name: string, status: Pod['status'], ports: { name: string; containerPort: number; protocol?: 'UDP' }[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', uid: name },
  spec: { containers: [{ name: 'c', ports }] },
  ...(status === undefined ? {} : { status }),
});
const ready = [{ type: 'Ready', status: 'True' }];
const names = (of: Service, pods: Pod[], type: AddressType = 'IPv4') =>
  [...groupEndpoints(of, pods, type, () => undefined).values()].map((group) => [
    group.ports.map((port) => port.port),
    [...group.endpoints].map(([name, endpoint]) => [name, ...endpoint.addresses]),
  ]);

describe('endpoints of pods', () => {
  it.each<[string, Pod['status'], unknown[]]>([
    ['with an address', { phase: 'Running', podIP: '10.0.0.1' }, [[[80], [['p', '10.0.0.1']]]]],
    ['without an address', { phase: 'Pending' }, []],
    ['that have ended', { phase: 'Succeeded', podIP: '10.0.0.1' }, []],
    ['that have failed', { phase: 'Failed', podIP: '10.0.0.1' }, []],
    ['of another family', { phase: 'Running', podIP: 'fd00::1', podIPs: [{ ip: 'fd00::1' }] }, []],
    [
      'of both families',
      { phase: 'Running', podIP: 'fd00::1', podIPs: [{ ip: 'fd00::1' }, { ip: '10.0.0.2' }] },
      [[[80], [['p', '10.0.0.2']]]],
    ],
  ])('%s', (_, status, expected) => {
    expect(names(service(), [pod('p', status)])).toEqual(expected);
  });

  it('are grouped by what their named ports stand for', () => {
    const status = { phase: 'Running', podIP: '10.0.0.1', conditions: ready };
    const pods = [
      pod('a', status, [{ name: 'http', containerPort: 8080 }]),
      pod('b', status, [{ name: 'http', containerPort: 9090 }]),
      pod('c', status, [{ name: 'http', containerPort: 8080, protocol: 'UDP' }]),
    ];
    expect(names(service({ ports: [{ name: 'http', port: 80, targetPort: 'http' }] }), pods)).toEqual([
      [[8080], [['a', '10.0.0.1']]],
      [[9090], [['b', '10.0.0.1']]],
      [[], [['c', '10.0.0.1']]],
    ]);
  });

  it('that share an address have ports of their own, and none that they do not name', () => {
    const of = (text: string) => [...ready, { type: 'steersman.dev/LoopbackPorts', status: 'True', message: text }];
    const at = (text: string) => ({ phase: 'Running', podIP: '127.0.0.1', conditions: of(text) });
    const http = [{ name: 'http', containerPort: 8080 }];
    const pods = [pod('a', at('8080/TCP is 20001'), http), pod('b', at('8080/TCP is 20002'), http), pod('c', at(''), [])];
    const ports = [
      { name: 'named', port: 80, targetPort: 'http' },
      { name: 'number', port: 8080 },
      { name: 'other', port: 5432 },
    ];
    expect(names(service({ ports }), pods)).toEqual([
      [[20001, 20001], [['a', '127.0.0.1']]],
      [[20002, 20002], [['b', '127.0.0.1']]],
      [[], [['c', '127.0.0.1']]],
    ]);
  });

  it.each<[Partial<Service['spec']>, string[]]>([
    [{ clusterIP: '10.96.0.1' }, ['IPv4']],
    [{ clusterIP: 'fd00::1' }, ['IPv6']],
    [{ clusterIP: 'None' }, ['IPv4']],
    [{ ipFamilies: ['IPv6', 'IPv4'] }, ['IPv6', 'IPv4']],
  ])('%j has the families %j', (spec, families) => {
    expect(addressTypesOf(service(spec))).toEqual(families);
  });
});

describe('packing', () => {
  const endpoint = (name: string, isReady = true): Endpoint => ({
    addresses: [name],
    conditions: { ready: isReady },
    targetRef: { kind: 'Pod', name },
  });
  const slice = (name: string, endpoints: Endpoint[]): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name },
    addressType: 'IPv4',
    endpoints,
  });
  const pack = (wanted: Endpoint[], existing: EndpointSlice[], most = 3) => {
    const endpoints = new Map(wanted.map((each) => [each.targetRef?.name ?? '', each]));
    const { create, update, remove } = packEndpoints({ ports: [], endpoints }, existing, most);
    const text = (list: readonly Endpoint[]) => list.map((each) => each.addresses[0]).join('');
    return {
      create: create.map(text),
      update: update.map((each) => `${each.slice.metadata.name}:${text(each.endpoints)}`),
      remove: remove.map((each) => each.metadata.name),
    };
  };
  const all = (text: string) => [...text].map((name) => endpoint(name));

  it.each([
    ['what is new goes into new slices', 'abcde', {}, { create: ['abc', 'de'], update: [], remove: [] }],
    ['what is equal is not written', 'ab', { s: 'ab' }, { create: [], update: [], remove: [] }],
    ['a slice with room takes one more', 'abc', { s: 'ab' }, { create: [], update: ['s:abc'], remove: [] }],
    ['a slice that changes anyway is filled first', 'acxy', { s: 'abc', t: 'x' }, { create: [], update: ['s:acy'], remove: [] }],
    ['full slices stay as they are', 'abcd', { s: 'abc' }, { create: ['d'], update: [], remove: [] }],
    ['empty slices go', 'abc', { s: 'abc', t: 'x' }, { create: [], update: [], remove: ['t'] }],
    ['nothing is left', '', { s: 'ab' }, { create: [], update: [], remove: ['s'] }],
    ['the fullest that can hold them all', 'abcdx', { s: 'ab', t: 'c', u: 'd' }, { create: [], update: ['s:abx'], remove: [] }],
  ])('%s', (_, wanted, existing, expected) => {
    const slices = Object.entries(existing).map(([name, text]) => slice(name, all(text as string)));
    expect(pack(all(wanted), slices)).toEqual(expected);
  });

  it('a changed endpoint is written where it stands', () => {
    expect(pack([endpoint('a', false), endpoint('b')], [slice('s', all('ab'))])).toEqual({ create: [], update: ['s:ab'], remove: [] });
  });
});
