import type { KubeObject } from '../api/object.ts';
import { clone } from '../base/json.ts';
import type { Entry } from '../store/store.ts';
import { formatIPv4, parseIPv4 } from './address-pool.ts';
import type { ServerContext } from './context.ts';
import type { ServiceShape } from './service-pools.ts';

/** The Service of the API server itself; it has the first address. */
export const kubernetesKey = 'core/services/default/kubernetes';

/**
 * Marks the addresses and node ports that stored Services have. Those whose address lies outside of the range, because the cluster had
 * another one in an earlier life, could not be reached any more: they get one inside, which no client could do. Answers the revision
 * that it has seen.
 */
export async function keepServices(server: ServerContext): Promise<number> {
  const { entries, revision } = await server.store.list('core/services/');
  const outside = entries.filter((entry) => isOutside(server, entry));
  for (const entry of entries) if (!outside.includes(entry)) server.pools.keep(entry.value());
  // The API server's own goes first, so that its address is still free.
  outside.sort((a, b) => Number(b.key === kubernetesKey) - Number(a.key === kubernetesKey));
  for (const entry of outside) await move(server, entry);
  return revision;
}

function isOutside(server: ServerContext, entry: Entry<KubeObject>): boolean {
  // A stored Service has a spec; one that is broken all the same is left alone.
  const address = parseIPv4((entry.value() as Partial<ServiceShape>).spec?.clusterIP ?? '');
  return address !== undefined && !server.pools.addresses.contains(address);
}

async function move(server: ServerContext, entry: Entry<KubeObject>): Promise<void> {
  const { addresses } = server.pools;
  const service = clone(entry.value()) as ServiceShape;
  const first = entry.key === kubernetesKey && addresses.take(addresses.first) ? addresses.first : undefined;
  const address = first ?? addresses.any();
  const { namespace = '', name } = service.metadata;
  if (address === undefined) {
    server.log.error('a Service is outside of the range of addresses, which is full', { service: `${namespace}/${name}` });
    return;
  }
  const [from, to] = [service.spec.clusterIP, formatIPv4(address)];
  service.spec.clusterIP = to;
  service.spec.clusterIPs = [to];
  server.pools.keep(service);
  await server.store.put(entry.key, service, entry.revision);
  server.log.info('a Service was outside of the range of addresses and has a new one', { service: `${namespace}/${name}`, from, to });
}
