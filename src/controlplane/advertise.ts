import { isIP } from 'node:net';
import { EndpointSlice } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound, isPassing } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Cluster } from '../client/cluster.ts';

const key = { namespace: 'default', name: 'kubernetes' };

/**
 * Makes the Service `kubernetes` lead to the API server at `url`, as upstream's API server keeps its own EndpointSlice. A server that is
 * busy is asked again.
 */
export async function advertise(cluster: Cluster, url: string, clock: Clock): Promise<void> {
  const wanted = sliceOf(url);
  const backoff = new Backoff({ firstMs: 100, maxMs: 2000 });
  while (wanted !== undefined) {
    try {
      await write(cluster, wanted);
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

async function write(cluster: Cluster, wanted: EndpointSlice): Promise<void> {
  const { endpoints, ports = [] } = wanted;
  const present = await cluster.get(EndpointSlice, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (present !== undefined && present.addressType === wanted.addressType) {
    if (jsonEqual(present.endpoints, endpoints) && jsonEqual(present.ports, ports)) return;
    await cluster.update(EndpointSlice, { ...clone(present), endpoints, ports });
    return;
  }
  // Its family never changes, so another family is another slice.
  if (present !== undefined) await cluster.delete(EndpointSlice, key);
  try {
    await cluster.create(EndpointSlice, wanted);
  } catch (error) {
    // The answer to an earlier attempt was lost.
    if (!isAlreadyExists(error)) throw error;
  }
}
