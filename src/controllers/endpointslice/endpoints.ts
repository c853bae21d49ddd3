import type { Endpoint, EndpointPort, Pod, Service, ServicePort } from '../../api/kinds.generated.ts';
import { loopbackPortsOf, portKey } from '../../api/loopback-ports.ts';
import { canonicalJson } from '../../base/json.ts';
import { isPodFinished, isPodReady } from '../pods/pod-state.ts';

export type AddressType = 'IPv4' | 'IPv6';
/** The endpoints of pods that give a Service the same ports. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  /** By the name of the pod. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** One group for each set of ports, by a key that is equal for equal ports. `zoneOf` answers the zone of a node; undefined where it has none. */
export function groupEndpoints(
  service: Service,
  pods: readonly Readonly<Pod>[],
  addressType: AddressType,
  zoneOf: (node: string) => string | undefined,
): ReadonlyMap<string, EndpointGroup> {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Map<string, Endpoint> }>();
  for (const pod of pods) {
    if (!hasEndpoint(pod)) continue;
    const addresses = addressesOf(pod, addressType);
    if (addresses.length === 0) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { ports, endpoints: new Map() }));
    group.endpoints.set(pod.metadata.name, endpointOf(service, pod, addresses, zoneOf));
  }
  return groups;
}

export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return (ports ?? []).map(canonicalJson).sort().join();
}

/** Pods that have ended, or have no address yet, are no endpoints; pods that are going are, marked so. */
export function hasEndpoint(pod: Pod): boolean {
  return !isPodFinished(pod) && (pod.status?.podIP ?? '') !== '';
}

export function addressesOf(pod: Pod, addressType: AddressType): string[] {
  const { podIP = '', podIPs = [] } = pod.status ?? {};
  const all = podIPs.length > 0 ? podIPs.map((each) => each.ip ?? '') : [podIP];
  return all.filter((address) => address !== '' && address.includes(':') === (addressType === 'IPv6'));
}

/**
 * As upstream: named target ports are looked up in the pod, and left out where it has none of that name and protocol. Where pods share
 * an address a port is what stands for it there, and those are left out that the pod does not name: they are other programs'.
 */
export function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const given = loopbackPortsOf(pod.status?.conditions);
  return (service.spec.ports ?? []).flatMap((port) => {
    const target = targetPort(port, pod);
    const number = target === undefined || given === undefined ? target : given[portKey(target, port.protocol)];
    if (number === undefined) return [];
    return {
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: number,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    };
  });
}

function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const { targetPort: target = port.port, protocol = 'TCP' } = port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...pod.spec.containers, ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol)?.containerPort;
}

function endpointOf(service: Service, pod: Pod, addresses: string[], zoneOf: (node: string) => string | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName = '', hostname = '', subdomain } = pod.spec;
  const zone = nodeName === '' ? undefined : zoneOf(nodeName);
  const { name, namespace = '', uid = '' } = pod.metadata;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname !== '' && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(zone === undefined ? {} : { zone }),
  };
}

/** The address families of a Service. */
export function addressTypesOf(service: Service): readonly AddressType[] {
  const { ipFamilies = [], clusterIP = '' } = service.spec;
  if (ipFamilies.length > 0) return ipFamilies.filter((family): family is AddressType => family === 'IPv4' || family === 'IPv6');
  return [clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
}
