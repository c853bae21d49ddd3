import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceEntry } from '../../src/api/service-table.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startDnsServer, type DnsServer, type DnsServerOptions } from '../../src/proxy/dns-server.ts';
import { readQuery } from '../../src/proxy/dns/message.ts';
import { endpoint, entry, finally_, portEntry } from './support.ts';

const headless = (name: string, hosts: ServiceEntry['hosts'], more: Partial<ServiceEntry> = {}): ServiceEntry =>
  entry(
    [
      portEntry(
        5432,
        hosts.map((host) => ({ port: 5432, ...host })),
        { name: 'pg' },
      ),
    ],
    { name, addresses: [], hosts, ...more },
  );
const services: readonly ServiceEntry[] = [
  entry([portEntry(80, [endpoint(8080, '10.244.0.5')]), portEntry(53, [], { name: 'dns', protocol: 'UDP' })]),
  headless('db', [{ address: '10.244.0.7', hostname: 'db-0' }, { address: '10.244.0.8' }]),
  headless('empty', []),
  entry([], { name: 'shortcut', addresses: [], externalName: 'web.shop.svc.cluster.local' }),
  entry([], { name: 'mail', addresses: [], externalName: 'mail.example.com' }),
  entry([portEntry(80, [])], { name: 'six', addresses: ['fd00:96::1'] }),
];

async function server(more: Partial<DnsServerOptions> = {}): Promise<{ dns: DnsServer; resolver: Resolver }> {
  const dns = await startDnsServer({
    clock: realClock(),
    random: seededRandom(3),
    log: silentLog,
    listen: { address: '127.0.0.1', port: 0 },
    ...more,
  });
  finally_(() => dns.close());
  dns.update({ services });
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([`127.0.0.1:${dns.port}`]);
  return { dns, resolver };
}
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: NodeJS.ErrnoException) => error.code,
  );

/** One exchange by datagram; undefined when there is no answer within 200 ms. */
async function exchange(port: number, message: Buffer): Promise<Packet | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.send(message, port, '127.0.0.1');
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(200) })) as [Buffer];
    return decode(answer);
  } catch (error) {
    expect((error as Error).name).toBe('AbortError');
    return undefined;
  } finally {
    socket.close();
  }
}
const question = (name: string, type = 'A', more: Partial<Packet> = {}): Buffer =>
  encode({ id: 7, type: 'query', flags: RECURSION_DESIRED, questions: [{ name, type: type as 'A', class: 'IN' }], ...more });
const rcodeOf = (packet: Packet | undefined): number => (packet?.flags ?? 0) & 15;

describe('the cluster DNS', () => {
  it.each([
    ['web.shop.svc.cluster.local', ['127.96.0.1']],
    ['WEB.Shop.svc.CLUSTER.local', ['127.96.0.1']],
    ['db.shop.svc.cluster.local', ['10.244.0.7', '10.244.0.8']],
    ['db-0.db.shop.svc.cluster.local', ['10.244.0.7']],
    ['10-244-0-8.db.shop.svc.cluster.local', ['10.244.0.8']],
    ['shortcut.shop.svc.cluster.local', ['127.96.0.1']],
    ['10-1-2-3.shop.pod.cluster.local', ['10.1.2.3']],
  ])('answers %s with %j', async (name, addresses) => {
    const { resolver } = await server();
    expect((await resolver.resolve4(name)).sort()).toEqual(addresses);
  });

  it('answers SRV for named ports, with the targets and their addresses', async () => {
    const { dns, resolver } = await server();
    expect(await resolver.resolveSrv('_http._tcp.web.shop.svc.cluster.local')).toEqual([
      { name: 'web.shop.svc.cluster.local', port: 80, priority: 0, weight: 100 },
    ]);
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect((await resolver.resolveSrv('_pg._tcp.db.shop.svc.cluster.local')).sort(byName)).toEqual([
      { name: '10-244-0-8.db.shop.svc.cluster.local', port: 5432, priority: 0, weight: 50 },
      { name: 'db-0.db.shop.svc.cluster.local', port: 5432, priority: 0, weight: 50 },
    ]);
    const answer = await exchange(dns.port, question('_pg._tcp.db.shop.svc.cluster.local', 'SRV'));
    expect(answer?.additionals?.map((each) => [each.type, each.name, 'data' in each ? each.data : undefined])).toEqual([
      ['A', 'db-0.db.shop.svc.cluster.local', '10.244.0.7'],
      ['A', '10-244-0-8.db.shop.svc.cluster.local', '10.244.0.8'],
    ]);
  });

  it('answers CNAME, PTR, AAAA and its version', async () => {
    const { resolver } = await server();
    expect(await resolver.resolveCname('mail.shop.svc.cluster.local')).toEqual(['mail.example.com']);
    expect(await resolver.reverse('127.96.0.1')).toEqual(['web.shop.svc.cluster.local']);
    expect(await resolver.reverse('10.244.0.7')).toEqual(['db-0.db.shop.svc.cluster.local']);
    expect(await resolver.reverse('fd00:96::1')).toEqual(['six.shop.svc.cluster.local']);
    expect(await resolver.resolve6('six.shop.svc.cluster.local')).toEqual(['fd00:96::1']);
    expect(await resolver.resolveTxt('dns-version.cluster.local')).toEqual([['1.1.0']]);
  });

  it.each([
    ['a name that has other records', 'web.shop.svc.cluster.local', 'AAAA', 0],
    ['a namespace', 'shop.svc.cluster.local', 'A', 0],
    ['the protocol of a port', '_tcp.web.shop.svc.cluster.local', 'A', 0],
    ['no such Service', 'nothing.shop.svc.cluster.local', 'A', 3],
    ['no such namespace', 'web.nowhere.svc.cluster.local', 'A', 3],
    ['a headless Service without endpoints', 'empty.shop.svc.cluster.local', 'A', 3],
    ['a name of the search path', 'example.com.shop.svc.cluster.local', 'A', 3],
    ['no such port', '_ftp._tcp.web.shop.svc.cluster.local', 'SRV', 3],
  ])('says for %s that there is nothing, and how long that holds', async (_what, name, type, rcode) => {
    const { dns } = await server();
    const answer = await exchange(dns.port, question(name, type));
    expect({ rcode: rcodeOf(answer), answers: answer?.answers, authority: answer?.authorities?.map((each) => each.type) }).toEqual({
      rcode,
      answers: [],
      authority: ['SOA'],
    });
  });

  it('refuses what is not the cluster’s when it knows nobody to ask', async () => {
    const { dns } = await server();
    expect(rcodeOf(await exchange(dns.port, question('example.com')))).toBe(5);
  });

  it('asks others for what is not the cluster’s, also behind an ExternalName, and the next one when one is silent', async () => {
    const other = createSocket('udp4');
    other.on('message', (message, from) => {
      const { id = 0, questions = [] } = decode(message);
      const [asked] = questions;
      const answers = [{ type: 'A' as const, name: asked?.name ?? '', ttl: 60, data: '203.0.113.9' }];
      other.send(encode({ id, type: 'response', questions, answers }), from.port, from.address);
    });
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    finally_(() => other.close());
    const { port } = other.address();
    // Nobody listens there: the machine says so at once.
    const upstreams = [
      { address: '127.0.0.1', port: 1 },
      { address: '127.0.0.1', port },
    ];
    const { resolver } = await server({ upstreams });
    expect(await resolver.resolve4('example.com')).toEqual(['203.0.113.9']);
    expect(await resolver.resolve4('mail.shop.svc.cluster.local')).toEqual(['203.0.113.9']);
  });

  it('says that it has failed when nobody whom it asks answers', async () => {
    const { resolver } = await server({ upstreams: [{ address: '127.0.0.1', port: 1 }] });
    expect(await failure(resolver.resolve4('example.com'))).toBe('ESERVFAIL');
  });

  it('marks what does not fit a datagram, and gives it by TCP', async () => {
    const { dns, resolver } = await server();
    const hosts = Array.from({ length: 200 }, (_, at) => ({ address: `10.244.1.${at + 1}` }));
    dns.update({ services: [headless('many', hosts)] });
    const short = await exchange(dns.port, question('many.shop.svc.cluster.local'));
    expect({ truncated: ((short?.flags ?? 0) & TRUNCATED_RESPONSE) !== 0, answers: short?.answers?.length }).toEqual({
      truncated: true,
      answers: 0,
    });
    expect(await resolver.resolve4('many.shop.svc.cluster.local')).toHaveLength(200);
  });
});

describe('the cluster DNS under hostile input', () => {
  const loop = Buffer.from('000701000001000000000000c00c00010001', 'hex');
  const forward = Buffer.from('000701000001000000000000c01000010001c00c', 'hex');
  it.each([
    ['a name that points to itself', loop, 1],
    ['a name that points ahead', forward, 1],
    [
      'two questions',
      question('a.b', 'A', {
        questions: [
          { name: 'a.b', type: 'A' },
          { name: 'c.d', type: 'A' },
        ],
      }),
      1,
    ],
    ['another kind of message', Buffer.from('000728000001000000000000', 'hex'), 4],
    ['a whole zone', question('cluster.local', 'AXFR'), 5],
    ['a label that is no text', Buffer.from('00070100000100000000000002ff000000010001', 'hex'), 1],
  ])('refuses %s', async (_what, message, rcode) => {
    const { dns, resolver } = await server();
    expect(rcodeOf(await exchange(dns.port, message))).toBe(rcode);
    expect(await resolver.resolve4('web.shop.svc.cluster.local')).toEqual(['127.96.0.1']);
  });

  it('says nothing to an answer, or to half a header', async () => {
    const { dns } = await server();
    expect(await exchange(dns.port, encode({ type: 'response', id: 7 }))).toBeUndefined();
    expect(await exchange(dns.port, Buffer.alloc(5))).toBeUndefined();
  });

  it('reads anything without throwing', () => {
    const good = question('web.shop.svc.cluster.local', 'SRV');
    const broken = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(good.length), fc.nat(good.length))
      .map(([bytes, at, end]) => {
        const message = Buffer.concat([good, Buffer.alloc(20)]);
        message.set(bytes, Math.min(at, good.length));
        return message.subarray(0, end + 12);
      });
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 600 }).map(Buffer.from)), (message) => {
        readQuery(message as Buffer);
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  it('outlives connections that lie about lengths, send byte by byte, ask many things at once or go in between', async () => {
    const { dns } = await server();
    const lying = connect(dns.port, '127.0.0.1');
    await once(lying, 'connect');
    lying.write(Buffer.from([0xff, 0xff, 1, 2, 3]));
    const gone = connect(dns.port, '127.0.0.1');
    gone.on('error', () => undefined);
    await once(gone, 'connect');
    gone.write(Buffer.from([0]));
    gone.resetAndDestroy();
    const asked = question('web.shop.svc.cluster.local');
    const framed = Buffer.concat([Buffer.from([0, asked.length]), asked]);
    const slow = connect(dns.port, '127.0.0.1');
    for (const byte of Buffer.concat([framed, framed, framed])) slow.write(Buffer.from([byte]));
    let heard = Buffer.alloc(0);
    slow.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
    await expect.poll(() => heard.length > 2 && heard.length === 3 * (2 + heard.readUInt16BE(0))).toBe(true);
    expect(decode(heard.subarray(2, 2 + heard.readUInt16BE(0))).answers).toHaveLength(1);
    slow.destroy();
    lying.destroy();
  });
});
