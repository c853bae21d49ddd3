import { isIP } from 'node:net';
import type { EndpointSlice, Service, ServicePort } from '../api/kinds.generated.ts';
import { loopbackPortsOf, portKey } from '../api/loopback-ports.ts';
import { controllerOf } from '../api/owner.ts';
import type { ServiceEndpoint, ServiceEntry, ServiceHost, ServicePortEntry, ServiceTable } from '../api/service-table.ts';
import { mayBeServed } from './special-addresses.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const ownController = 'endpointslice-controller.k8s.io';
/** Somebody else serves it. */
const otherProxyLabel = 'service.kubernetes.io/service-proxy-name';
const defaultAffinitySeconds = 10_800;

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The entry of each Service, in the order of namespace and name. */
export function serviceTable(entries: Iterable<ServiceEntry>): ServiceTable {
  const services = [...entries].sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
  return { services };
}

/**
 * What a proxy on the node `nodeName` has to know of one Service, from the slices that name it. Endpoints as kube-proxy chooses
 * them: those that are ready; when none is, those that still serve while they end; of the node alone where the traffic policy is
 * Local. A Service that asks for another proxy is marked.
 */
export function serviceEntry(service: Readonly<Service>, slices: readonly Readonly<EndpointSlice>[], nodeName: string): ServiceEntry {
  const { spec, metadata } = service;
  const base = { namespace: metadata.namespace ?? '', name: metadata.name };
  const none = { addresses: [], externalAddresses: [], balancerAddresses: [], ports: [], hosts: [] };
  if (spec.type === 'ExternalName') return { ...base, ...none, externalName: (spec.externalName ?? '').replace(/\.$/, '') };
  const addresses = clusterAddresses(service);
  const candidates = ofFamily(
    slices.flatMap((slice) => candidatesOf(service, slice, nodeName)),
    addresses[0],
  );
  const ports = (spec.ports ?? []).flatMap((port) => portEntry(service, port, candidates));
  return {
    ...base,
    addresses,
    externalAddresses: (spec.externalIPs ?? []).filter((address) => mayBeServed(address, { loopback: false })),
    balancerAddresses: balancerAddresses(service),
    ...sourceRanges(service),
    ...affinity(service),
    ...(metadata.labels?.[otherProxyLabel] === undefined ? {} : { elsewhere: true as const }),
    ports,
    hosts: addresses.length === 0 ? hostsOf(candidates) : [],
  };
}

function clusterAddresses({ spec }: Service): string[] {
  const given = (spec.clusterIPs ?? []).length > 0 ? (spec.clusterIPs ?? []) : [spec.clusterIP ?? ''];
  return given.filter((address) => isIP(address) !== 0);
}

/** Where the balancer is one that hands packets on by itself (`ipMode: Proxy`), they come by the node port. */
function balancerAddresses({ spec, status }: Service): string[] {
  if (spec.type !== 'LoadBalancer') return [];
  const ingress = status?.loadBalancer?.ingress ?? [];
  const addresses = ingress.flatMap(({ ip = '', ipMode }) => (ipMode === 'Proxy' ? [] : [ip]));
  return addresses.filter((address) => mayBeServed(address, { loopback: true }));
}

function sourceRanges({ spec }: Service): { sourceRanges?: readonly string[] } {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  return spec.type === 'LoadBalancer' && ranges.length > 0 ? { sourceRanges: ranges } : {};
}

function affinity({ spec }: Service): { affinitySeconds?: number } {
  if (spec.sessionAffinity !== 'ClientIP') return {};
  return { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds };
}

/** One address of one slice, with the ports it has there. */
interface Candidate {
  readonly address: string;
  readonly hostname?: string;
  readonly here: boolean;
  readonly pod: boolean;
  readonly ready: boolean;
  readonly ending: boolean;
  readonly ports: EndpointSlice['ports'];
}

function candidatesOf(service: Readonly<Service>, slice: Readonly<EndpointSlice>, nodeName: string): Candidate[] {
  if (slice.addressType === 'FQDN' || slice.metadata.deletionTimestamp !== undefined) return [];
  const loopback = isOurs(service, slice);
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    // As kube-proxy: further addresses of one endpoint mean nothing.
    const [address = ''] = endpoint.addresses;
    const { ready = true, serving = true, terminating = false } = endpoint.conditions ?? {};
    const ending = serving && terminating;
    if (!mayBeServed(address, { loopback }) || (!ready && !ending)) return [];
    const { hostname = '' } = endpoint;
    return [
      {
        address,
        ...(hostname === '' ? {} : { hostname }),
        here: endpoint.nodeName === nodeName,
        pod: endpoint.targetRef?.kind === 'Pod',
        ready,
        ending,
        ports: slice.ports,
      },
    ];
  });
}

/**
 * Written by the endpointslice controller for this very Service. Whoever may write slices can claim as much, so this alone protects
 * nothing: the API server lets only the controller write loopback addresses (admission EndpointAddresses).
 */
function isOurs(service: Readonly<Service>, slice: Readonly<EndpointSlice>): boolean {
  const { namespace, name } = slice.metadata;
  // The API server's own way, which it writes itself.
  if (namespace === 'default' && name === 'kubernetes' && service.metadata.name === name) return true;
  const owner = controllerOf(slice);
  return slice.metadata.labels?.[managedByLabel] === ownController && owner?.kind === 'Service' && owner.uid === service.metadata.uid;
}

/** Pods of two families have an endpoint of each, and count once: by that of the Service's first address, where they have it. */
function ofFamily(candidates: readonly Candidate[], address: string | undefined): readonly Candidate[] {
  if (address === undefined) return candidates;
  const same = candidates.filter((candidate) => isIP(candidate.address) === isIP(address));
  return same.length > 0 ? same : candidates;
}

function portEntry(service: Readonly<Service>, port: ServicePort, candidates: readonly Candidate[]): ServicePortEntry[] {
  const { protocol = 'TCP', name = '', nodePort } = port;
  if (protocol !== 'TCP' && protocol !== 'UDP') return [];
  const { internalTrafficPolicy, externalTrafficPolicy } = service.spec;
  const all = endpointsOf(candidates, name, protocol);
  const loopbackPort = loopbackPortsOf(service.status?.conditions)?.[portKey(port.port, protocol)];
  return [
    {
      name,
      protocol,
      port: port.port,
      ...(nodePort === undefined || nodePort === 0 ? {} : { nodePort }),
      ...(loopbackPort === undefined ? {} : { loopbackPort }),
      endpoints: usable(all, internalTrafficPolicy === 'Local'),
      externalEndpoints: usable(all, externalTrafficPolicy === 'Local'),
    },
  ];
}

const isPort = (port: number | undefined): port is number => Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536;

type Addressed = Candidate & { readonly port: number };

function endpointsOf(candidates: readonly Candidate[], name: string, protocol: string): Addressed[] {
  const found = new Map<string, Addressed>();
  for (const candidate of candidates) {
    for (const port of candidate.ports ?? []) {
      if ((port.name ?? '') !== name || (port.protocol ?? 'TCP') !== protocol || !isPort(port.port)) continue;
      const key = `${candidate.address} ${port.port}`;
      // Two slices may name one endpoint while it moves between them; the one that is ready counts.
      if (found.get(key)?.ready !== true) found.set(key, { ...candidate, port: port.port });
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.address, b.address) || a.port - b.port);
}

function usable(all: readonly Addressed[], local: boolean): ServiceEndpoint[] {
  const near = local ? all.filter((each) => each.here) : all;
  const ready = near.filter((each) => each.ready);
  return (ready.length > 0 ? ready : near.filter((each) => each.ending)).map(({ address, port, hostname, here, pod }) => ({
    address,
    port,
    ...(hostname === undefined ? {} : { hostname }),
    ...(here && pod ? { here: true as const } : {}),
  }));
}

function hostsOf(candidates: readonly Candidate[]): ServiceHost[] {
  const hosts = new Map<string, ServiceHost>();
  for (const { address, hostname, ready } of candidates) {
    if (ready) hosts.set(`${address} ${hostname ?? ''}`, { address, ...(hostname === undefined ? {} : { hostname }) });
  }
  return [...hosts.values()].sort((a, b) => compareText(a.address, b.address) || compareText(a.hostname ?? '', b.hostname ?? ''));
}
