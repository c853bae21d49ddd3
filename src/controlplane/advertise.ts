import { isIP } from 'node:net';
import { Endpoints, EndpointSlice } from '../api/kinds.generated.ts';
import type { Kind, KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound, isPassing } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';

const key = { namespace: 'default', name: 'kubernetes' };

/**
 * Makes the Service `kubernetes` lead to the API server at `url`, as upstream's API server keeps its own EndpointSlice and Endpoints. A
 * server that is busy is asked again.
 */
export async function advertise(cluster: Cluster, url: string, clock: Clock): Promise<void> {
  const wanted = sliceOf(url);
  if (wanted === undefined) return;
  const backoff = new Backoff({ firstMs: 100, maxMs: 2000 });
  for (;;) {
    try {
      await write(cluster, EndpointSlice, wanted, { replace: (present) => present.addressType !== wanted.addressType });
      await write(cluster, Endpoints, endpointsOf(wanted), { replace: () => false });
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await clock.sleep(backoff.nextMs(''));
    }
  }
}

/** Undefined for a server that is only known by name. */
function sliceOf(url: string): EndpointSlice | undefined {
  const { hostname, port } = new URL(url);
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return undefined;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...key, labels: { 'kubernetes.io/service-name': key.name } },
    addressType: isIP(address) === 4 ? 'IPv4' : 'IPv6',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port: Number(port) }],
  };
}

/** The same in the older form, which nobody is to mirror. */
function endpointsOf({ endpoints, ports = [] }: EndpointSlice): Endpoints {
  const addresses = endpoints.flatMap((each) => each.addresses).map((ip) => ({ ip }));
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...key, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses, ports: ports.map(({ name = '', protocol = 'TCP', port = 0 }) => ({ name, port, protocol })) }],
  };
}

/** Makes the object what is wanted, anew where it cannot become it: the family of a slice never changes. */
async function write<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  wanted: T,
  options: { replace: (present: Readonly<T>) => boolean },
): Promise<void> {
  const present = await cluster.get(kind, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (present !== undefined && !options.replace(present)) {
    const next = { ...clone(present), ...wanted, metadata: clone(present.metadata) } as T;
    if (!jsonEqual(next, present)) await cluster.update(kind, next);
    return;
  }
  if (present !== undefined) await cluster.delete(kind, key);
  try {
    await cluster.create(kind, wanted);
  } catch (error) {
    // The answer to an earlier attempt was lost.
    if (!isAlreadyExists(error)) throw error;
  }
}
