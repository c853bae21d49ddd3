import type { CoreEndpointPort, EndpointAddress, EndpointSubset, Pod, Service } from '../../api/kinds.generated.ts';
import { canonicalJson } from '../../base/json.ts';
import { addressesOf, addressTypesOf, hasEndpoint, portsOf } from '../endpointslice/endpoints.ts';
import { isPodReady } from '../pods/pod-state.ts';

/** No more addresses than this are in one object, as upstream. */
export const capacity = 1000;

interface Place {
  readonly address: EndpointAddress;
  readonly ready: boolean;
}

/**
 * The addresses of pods by the ports that they share: pods with the same ports are one subset, sorted by address, and subsets by their
 * ports. Pods that go are left out, unless the Service wants those too that are not ready.
 */
export function subsetsOf(service: Service, pods: readonly Readonly<Pod>[]): EndpointSubset[] {
  const [family = 'IPv4'] = addressTypesOf(service);
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const isPlain = (service.spec.ports ?? []).length === 0;
  const placesByPort = new Map<string, { port: CoreEndpointPort | undefined; places: Map<string, Place> }>();
  for (const pod of pods) {
    if (!hasEndpoint(pod) || (pod.metadata.deletionTimestamp !== undefined && !publishAll)) continue;
    const [ip] = addressesOf(pod, family);
    if (ip === undefined) continue;
    const place = { address: addressOf(service, pod, ip), ready: publishAll || isPodReady(pod) };
    const ports = isPlain
      ? [undefined]
      : portsOf(service, pod).map(({ name = '', port = 0, ...more }) => ({ ...(name === '' ? {} : { name }), port, ...more }));
    for (const port of ports) {
      const key = port === undefined ? '' : canonicalJson(port);
      let found = placesByPort.get(key);
      if (found === undefined) placesByPort.set(key, (found = { port, places: new Map() }));
      found.places.set(`${ip} ${pod.metadata.uid ?? ''}`, place);
    }
  }
  return repacked([...placesByPort].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found));
}

/** Ports that the same pods serve become one subset. */
function repacked(
  byPort: readonly { readonly port: CoreEndpointPort | undefined; readonly places: ReadonlyMap<string, Place> }[],
): EndpointSubset[] {
  const subsets = new Map<string, { ports: CoreEndpointPort[]; places: readonly Place[] }>();
  for (const { port, places } of byPort) {
    const keys = [...places.keys()].sort();
    const id = keys.join();
    const known = subsets.get(id);
    const ports = port === undefined ? [] : [port];
    if (known === undefined) subsets.set(id, { ports, places: keys.map((key) => places.get(key) as Place) });
    else known.ports.push(...ports);
  }
  return [...subsets.values()].flatMap(({ ports, places }) => {
    const of = (ready: boolean): EndpointAddress[] => places.filter((place) => place.ready === ready).map(({ address }) => address);
    return subsetOf(of(true), of(false), ports);
  });
}

/** None where there are no addresses. */
function subsetOf(addresses: EndpointAddress[], notReadyAddresses: EndpointAddress[], ports: CoreEndpointPort[]): EndpointSubset[] {
  if (addresses.length + notReadyAddresses.length === 0) return [];
  return [
    {
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
      ...(ports.length === 0 ? {} : { ports }),
    },
  ];
}

function addressOf(service: Service, pod: Readonly<Pod>, ip: string): EndpointAddress {
  const { hostname = '', subdomain, nodeName = '' } = pod.spec;
  const { name, namespace = '', uid = '' } = pod.metadata;
  return {
    ...(hostname !== '' && subdomain === service.metadata.name ? { hostname } : {}),
    ip,
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** At most `capacity` addresses, those that are ready first, of each subset its share; the same array where there are no more. */
export function truncated(subsets: EndpointSubset[]): EndpointSubset[] {
  const count = (list: 'addresses' | 'notReadyAddresses'): number => subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0);
  const [ready, notReady] = [count('addresses'), count('notReadyAddresses')];
  if (ready + notReady <= capacity) return subsets;
  const tooManyReady = ready > capacity;
  const [total, room] = tooManyReady ? [ready, capacity] : [notReady, capacity - ready];
  let left = room;
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const own = tooManyReady ? addresses : notReadyAddresses;
    const kept = own.slice(0, Math.min(left, Math.ceil((own.length / total) * room)));
    left -= kept.length;
    return tooManyReady ? subsetOf(kept, [], ports) : subsetOf(addresses, kept, ports);
  });
}
