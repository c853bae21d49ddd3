import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { NumberPool, formatIPv4, parseIPv4, parseRange } from '../../src/apiserver/address-pool.ts';
import { loopTurn } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startApiServer, type TestServer } from '../support/api-server.ts';

let api: TestServer;
beforeEach(async () => {
  api = await startApiServer({ services: { clusterIPs: '10.0.0.0/29', nodePorts: { first: 30000, last: 30003 } } });
});
afterEach(() => api.stop());

interface Service {
  readonly spec: { readonly clusterIP?: string; readonly clusterIPs?: string[]; readonly ports: { nodePort?: number; port: number }[] };
}
const services = '/api/v1/namespaces/default/services';
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});
const make = async (name: string, spec: object = {}, query: Record<string, string> = {}) =>
  (await api.request('POST', services, { body: service(name, spec), query })).object as Service;

describe('a Service', () => {
  it('called kubernetes is there from the start, at the first address', async () => {
    expect((await api.request('GET', `${services}/kubernetes`)).object).toMatchObject({
      metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
    });
  });

  it('called kubernetes comes back when it is deleted', async () => {
    await api.request('DELETE', `${services}/kubernetes`);
    await loopTurn();
    expect((await api.request('GET', `${services}/kubernetes`)).object).toMatchObject({ spec: { clusterIP: '10.0.0.1' } });
  });

  it('gets an address of its own until there is none', async () => {
    const found = new Set<string | undefined>();
    for (const name of ['a', 'b', 'c', 'd', 'e']) found.add((await make(name)).spec.clusterIP);
    expect([...found].sort()).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
    expect(await make('f')).toMatchObject({ code: 500, message: expect.stringContaining('range is full') });
  });

  it('that asks for an address gets it once', async () => {
    expect((await make('a', { clusterIP: '10.0.0.5' })).spec.clusterIPs).toEqual(['10.0.0.5']);
    expect(await make('b', { clusterIP: '10.0.0.5' })).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.clusterIPs', message: expect.stringContaining('provided IP is already allocated') }] },
    });
    expect(await make('b', { clusterIP: '10.9.0.5' })).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ message: expect.stringContaining('The range of valid IPs is 10.0.0.0/29') }] },
    });
  });

  it('gives its address back when it goes, also when others fail or run dry', async () => {
    await make('a', { clusterIP: '10.0.0.5' });
    await api.request('DELETE', `${services}/a`);
    await loopTurn();
    expect((await make('b', { clusterIP: '10.0.0.5' }, { dryRun: 'All' })).spec.clusterIP).toBe('10.0.0.5');
    expect(await make('B', { clusterIP: '10.0.0.5' })).toMatchObject({ reason: 'Invalid' });
    expect((await make('b', { clusterIP: '10.0.0.5' })).spec.clusterIP).toBe('10.0.0.5');
  });

  it('without a head or with another name has no address', async () => {
    expect((await make('a', { clusterIP: 'None' })).spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
    expect((await make('b', { type: 'ExternalName', externalName: 'a.example', ports: undefined })).spec.clusterIP).toBeUndefined();
  });

  it('keeps its address and ports when it is replaced from a file', async () => {
    const made = await make('a', { type: 'NodePort' });
    const answer = await api.request('PUT', `${services}/a`, { body: service('a', { type: 'NodePort', selector: { x: 'y' } }) });
    expect((answer.object as Service).spec).toMatchObject({ clusterIP: made.spec.clusterIP, ports: made.spec.ports });
  });

  it('gets node ports, and gives them back when its type changes', async () => {
    const made = await make('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
    expect(made.spec.ports.map(({ nodePort }) => nodePort)).toEqual([30001]);
    expect(await make('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })).toMatchObject({
      details: { causes: [{ field: 'spec.ports[0].nodePort', message: expect.stringContaining('provided port is already allocated') }] },
    });
    expect(await make('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).toMatchObject({
      details: { causes: [{ message: expect.stringContaining('The range of valid ports is 30000-30003') }] },
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const changed = await api.request('PATCH', `${services}/a`, { headers, body: { spec: { type: 'ClusterIP' } } });
    expect((changed.object as Service).spec.ports.map(({ nodePort }) => nodePort)).toEqual([undefined]);
    await loopTurn();
    expect((await make('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })).spec.ports[0]?.nodePort).toBe(30001);
  });

  it('is known to a server that starts again', async () => {
    await make('a', { clusterIP: '10.0.0.5' });
    api.server.stop();
    api = await startApiServer({ store: api.store, services: { clusterIPs: '10.0.0.0/29' } });
    expect(await make('b', { clusterIP: '10.0.0.5' })).toMatchObject({ reason: 'Invalid' });
  });
});

describe('a pool', () => {
  it('gives every number once, whatever the seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pool = new NumberPool({ first: 10, size: 8 }, seededRandom(seed));
      const got = Array.from({ length: 9 }, () => pool.any(3));
      expect([...got.slice(0, 8)].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
      expect(got[8]).toBeUndefined();
      expect(got.slice(0, 5).every((number) => (number ?? 0) >= 13)).toBe(true);
    }
  });

  test.each([
    ['10.96.0.0/16', '10.96.0.1', 65_534],
    ['10.0.0.0/29', '10.0.0.1', 6],
    ['192.168.1.77/24', '192.168.1.1', 254],
  ])('of %s begins at %s', (cidr, first, size) => {
    expect({ ...parseRange(cidr), first: formatIPv4(parseRange(cidr).first) }).toEqual({ first, size });
  });
  it.each(['10.0.0.0', '10.0.0.0/33', '300.0.0.0/16', 'x/8', '10.0.0.0/31'])('cannot be of %s', (cidr) => {
    expect(() => parseRange(cidr)).toThrow(cidr);
  });
  test.each([
    ['1.2.3.4', 16_909_060],
    ['255.255.255.255', 4_294_967_295],
    ['1.2.3', undefined],
    ['01.2.3.4', undefined],
    ['1.2.3.256', undefined],
  ])('reads the address %s as %s', (text, number) => {
    expect(parseIPv4(text)).toBe(number);
  });
});
