import { isIP, isIPv4 } from 'node:net';
import type { Answer } from 'dns-packet';
import type { ServiceEntry, ServiceHost, ServicePortEntry, ServiceTable } from '../../api/service-table.ts';
import { hostOf, reverseAddress } from './names.ts';

/** The names of one cluster. */
export interface Zone {
  /** `cluster.local` */
  readonly domain: string;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceEntry>;
  readonly namespaces: ReadonlySet<string>;
  /** Names of an address, made when the first one asks. */
  reverse(address: string): readonly string[];
}
export interface Found {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly Answer[];
  readonly additionals: readonly Answer[];
  /** Where the name leads instead; its records belong to the answer. */
  readonly target?: string;
}

/** Seconds that answers may be kept, as CoreDNS by default. */
export const ttl = 5;
const specVersion = '1.1.0';

export function zoneOf(table: ServiceTable, domain: string): Zone {
  let reversed: ReadonlyMap<string, readonly string[]> | undefined;
  return {
    domain,
    services: new Map(table.services.map((service) => [`${service.namespace}/${service.name}`, service])),
    namespaces: new Set(table.services.map(({ namespace }) => namespace)),
    reverse: (address) => (reversed ??= reverseNames(table, domain)).get(address) ?? [],
  };
}

function reverseNames(table: ServiceTable, domain: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  const add = (address: string, name: string): void => void names.set(address, [...(names.get(address) ?? []), name]);
  for (const service of table.services) {
    const name = serviceName(service, domain);
    for (const address of service.addresses) add(address, name);
    for (const host of service.hosts) add(host.address, `${hostOf(host)}.${name}`);
  }
  return names;
}

/**
 * What the cluster says to a question, as the specification of DNS in Kubernetes 1.1.0 and CoreDNS have it; undefined when the name is
 * not the cluster's. `name` without the last dot; its case does not matter and is given back in the answers.
 */
export function lookUp(zone: Zone, name: string, type: string): Found | undefined {
  const asked = name.toLowerCase();
  if (asked === zone.domain) return type === 'SOA' ? found([soa(zone)]) : type === 'NS' ? found([nameServer(zone)]) : nothing;
  if (asked.endsWith(`.${zone.domain}`)) {
    const labels = asked.slice(0, -zone.domain.length - 1).split('.');
    return renamed(inside(zone, labels, type), asked, name);
  }
  const address = reverseAddress(asked);
  if (address === undefined) return undefined;
  const names = zone.reverse(address);
  if (names.length === 0) return undefined;
  return type === 'PTR' ? found(names.map((data) => ({ type: 'PTR', name, ttl, data }))) : nothing;
}

/** Says who is asked about the zone, and how long a no may be kept. */
export function soa({ domain }: Zone): Answer {
  const times = { serial: 1, refresh: 7200, retry: 1800, expire: 86_400, minimum: ttl };
  return { type: 'SOA', name: domain, ttl, data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, ...times } };
}
function nameServer({ domain }: Zone): Answer {
  return { type: 'NS', name: domain, ttl, data: `ns.dns.${domain}` };
}

const nothing: Found = { rcode: 'NOERROR', answers: [], additionals: [] };
const nowhere: Found = { rcode: 'NXDOMAIN', answers: [], additionals: [] };
const found = (answers: readonly Answer[], additionals: readonly Answer[] = []): Found => ({ rcode: 'NOERROR', answers, additionals });

function renamed(result: Found, asked: string, name: string): Found {
  return asked === name ? result : { ...result, answers: result.answers.map((each) => (each.name === asked ? { ...each, name } : each)) };
}

function inside(zone: Zone, labels: readonly string[], type: string): Found {
  const [first = ''] = labels;
  const branch = labels.at(-1);
  if (labels.length === 1 && first === 'dns-version') {
    return type === 'TXT' ? found([{ type: 'TXT', name: `${first}.${zone.domain}`, ttl, data: specVersion }]) : nothing;
  }
  if (branch !== 'svc' && branch !== 'pod') return nowhere;
  if (labels.length === 1) return nothing;
  const namespace = labels.at(-2) ?? '';
  if (labels.length === 2) return zone.namespaces.has(namespace) ? nothing : nowhere;
  return branch === 'pod' ? podRecords(zone, labels, type) : serviceRecords(zone, labels, type);
}

/** `10-1-2-3.shop.pod`: the address that the name spells. */
function podRecords(zone: Zone, labels: readonly string[], type: string): Found {
  const [first = ''] = labels;
  const address = labels.length === 3 ? first.replaceAll('-', first.split('-').length === 4 ? '.' : ':') : '';
  if (isIP(address) === 0) return nowhere;
  return found(addressRecords([address], `${labels.join('.')}.${zone.domain}`, type));
}

function serviceRecords(zone: Zone, labels: readonly string[], type: string): Found {
  const service = zone.services.get(`${labels.at(-2) ?? ''}/${labels.at(-3) ?? ''}`);
  if (service === undefined) return nowhere;
  const [first = ''] = labels;
  if (service.externalName !== undefined) return labels.length === 3 ? externalRecords(zone, service, type) : nowhere;
  if (labels.length === 3) return ownRecords(zone, service, type);
  if (labels.length === 4 && !first.startsWith('_')) return hostRecords(zone, service, { host: first, type });
  return portRecords(zone, service, { labels, type });
}

/** `_http._tcp` and, on the way to it, `_tcp`. */
function portRecords(zone: Zone, service: ServiceEntry, { labels, type }: { labels: readonly string[]; type: string }): Found {
  const [first = '', second = ''] = labels;
  if (labels.length === 4) return protocolPorts(service, first).length > 0 ? nothing : nowhere;
  const ports = labels.length === 5 ? protocolPorts(service, second).filter((port) => `_${port.name}` === first) : [];
  if (ports.length === 0) return nowhere;
  return type === 'SRV' ? targetRecords(zone, service, { ports, name: `${labels.join('.')}.${zone.domain}` }) : nothing;
}

function protocolPorts(service: ServiceEntry, label: string): readonly ServicePortEntry[] {
  return service.ports.filter(({ protocol, name }) => name !== '' && `_${protocol.toLowerCase()}` === label);
}

function externalRecords(zone: Zone, service: ServiceEntry, type: string): Found {
  const { externalName = '' } = service;
  const name = serviceName(service, zone.domain);
  if (isIP(externalName) !== 0) return found(addressRecords([externalName], name, type));
  const answers: Answer[] = [{ type: 'CNAME', name, ttl, data: externalName }];
  return type === 'CNAME' ? found(answers) : { ...found(answers), target: externalName };
}

function ownRecords(zone: Zone, service: ServiceEntry, type: string): Found {
  const headless = service.addresses.length === 0;
  if (headless && service.hosts.length === 0) return nowhere;
  const name = serviceName(service, zone.domain);
  if (type === 'SRV') return targetRecords(zone, service, { ports: service.ports, name });
  const addresses = headless ? [...new Set(service.hosts.map(({ address }) => address))] : service.addresses;
  return found(addressRecords(addresses, name, type));
}

function hostRecords(zone: Zone, service: ServiceEntry, asked: { host: string; type: string }): Found {
  const addresses = service.hosts.filter((each) => hostOf(each) === asked.host).map(({ address }) => address);
  if (addresses.length === 0) return nowhere;
  return found(addressRecords(addresses, `${asked.host}.${serviceName(service, zone.domain)}`, asked.type));
}

/** Priority 0 and equal weights; with the addresses of what they name. */
function targetRecords(zone: Zone, service: ServiceEntry, asked: { ports: readonly ServicePortEntry[]; name: string }): Found {
  const base = serviceName(service, zone.domain);
  const targets = asked.ports.flatMap((port) => {
    if (service.addresses.length > 0) return [{ target: base, port: port.port, addresses: service.addresses }];
    return hostsOfPort(port).map((host) => ({ target: `${hostOf(host)}.${base}`, port: host.port, addresses: [host.address] }));
  });
  if (targets.length === 0) return nowhere;
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const answers = targets.map(({ target, port }): Answer => ({
    type: 'SRV',
    name: asked.name,
    ttl,
    data: { priority: 0, weight, port, target },
  }));
  const additionals = new Map(targets.map(({ target, addresses }) => [target, addresses]));
  return found(
    answers,
    [...additionals].flatMap(([target, addresses]) => [
      ...addressRecords(addresses, target, 'A'),
      ...addressRecords(addresses, target, 'AAAA'),
    ]),
  );
}

function hostsOfPort(port: ServicePortEntry): readonly (ServiceHost & { readonly port: number })[] {
  return port.endpoints;
}

function addressRecords(addresses: readonly string[], name: string, type: string): Answer[] {
  return addresses.flatMap((data): Answer[] => {
    const own = isIPv4(data) ? 'A' : 'AAAA';
    return type === own || type === 'ANY' ? [{ type: own, name, ttl, data }] : [];
  });
}

function serviceName({ namespace, name }: ServiceEntry, domain: string): string {
  return `${name}.${namespace}.svc.${domain}`;
}
