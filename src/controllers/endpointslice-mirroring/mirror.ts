import { isIP } from 'node:net';
import {
  Endpoints,
  type Endpoint,
  type EndpointAddress,
  type EndpointPort,
  type EndpointSlice,
  type EndpointSubset,
} from '../../api/kinds.generated.ts';
import { controllerReference } from '../../api/owner.ts';
import { canonicalJson, clone } from '../../base/json.ts';

/** Of one subset; what is beyond is not shown. */
export const mostAddresses = 1000;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export type MirroredSlice = Pick<EndpointSlice, 'addressType' | 'endpoints'> & { readonly ports: EndpointPort[] };
export interface Mirrored {
  /** One for each set of ports and address family. */
  readonly wanted: readonly MirroredSlice[];
  /** Addresses that were too many. */
  readonly skipped: number;
  /** Addresses that are none. */
  readonly invalid: number;
}

export function mirror({ subsets = [] }: Readonly<Endpoints>): Mirrored {
  const slices = new Map<string, MirroredSlice>();
  let [skipped, invalid] = [0, 0];
  for (const subset of subsets) {
    const all = addressesOf(subset);
    skipped += Math.max(0, all.length - mostAddresses);
    for (const { address, ready } of all.slice(0, mostAddresses)) {
      const version = isIP(address.ip);
      if (version === 0) invalid++;
      else sliceFor(slices, version === 4 ? 'IPv4' : 'IPv6', subset).endpoints.push(endpointOf(address, ready));
    }
  }
  return { wanted: [...slices.values()], skipped, invalid };
}

function addressesOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset): readonly { address: EndpointAddress; ready: boolean }[] {
  return [...addresses.map((address) => ({ address, ready: true })), ...notReadyAddresses.map((address) => ({ address, ready: false }))];
}

function sliceFor(slices: Map<string, MirroredSlice>, addressType: 'IPv4' | 'IPv6', { ports = [] }: EndpointSubset): MirroredSlice {
  const shown = ports.map(({ name = '', port, protocol = 'TCP', appProtocol }): EndpointPort => {
    return { name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) };
  });
  const key = canonicalJson([addressType, shown]);
  let slice = slices.get(key);
  if (slice === undefined) slices.set(key, (slice = { addressType, endpoints: [], ports: shown }));
  return slice;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef: clone(targetRef) }),
  };
}

/** Labels and annotations are those of the Endpoints, but for what kubectl keeps there. */
export function mirroredMetadata(endpoints: Readonly<Endpoints>, marks: Readonly<Record<string, string>>): EndpointSlice['metadata'] {
  const { name, namespace = '', labels, annotations = {} } = endpoints.metadata;
  const shown = Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== lastApplied));
  return {
    // The server makes the name from generateName.
    name: '',
    generateName: `${name}-`,
    namespace,
    labels: { ...labels, ...marks },
    annotations: shown,
    ownerReferences: [controllerReference(Endpoints, endpoints)],
  };
}
