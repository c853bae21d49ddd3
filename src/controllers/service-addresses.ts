import { keyText, type ObjectKey } from '../api/object.ts';
import { IPAddress, Service } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

const managedBy = 'ipaddress.kubernetes.io/managed-by';
const family = 'ipaddress.kubernetes.io/ip-family';
/** Who keeps the addresses of Services, as upstream names it; those of others are left alone. */
const keeper = 'ipallocator.k8s.io';

/**
 * Shows each cluster address of a Service as an IPAddress. The API server gives the addresses; on Kubernetes it also writes these objects,
 * where here they follow a moment later.
 */
export const serviceAddresses: Controller = {
  name: 'service-addresses',
  identity: 'service-cidrs-controller',
  reconciles: Service,
  watches: [{ kind: IPAddress, keysFor: (address) => parentsOf(address as IPAddress) }],
  start(context) {
    const kept = new Map<string, Set<string>>();
    context.informer(IPAddress).onChange((address, previous) => {
      for (const key of previous === undefined ? [] : parentsOf(previous)) kept.get(keyText(key))?.delete(previous?.metadata.name ?? '');
      for (const key of address === undefined ? [] : parentsOf(address)) {
        const names = kept.get(keyText(key)) ?? new Set();
        kept.set(keyText(key), names.add(address?.metadata.name ?? ''));
      }
    });
    return (key) => reconcile(context, key, kept);
  },
};

/** The Service that an address of ours belongs to. */
function parentsOf({ metadata, spec }: Readonly<IPAddress>): readonly ObjectKey[] {
  if (metadata.labels?.[managedBy] !== keeper || spec?.parentRef?.resource !== 'services') return [];
  return [{ namespace: spec.parentRef.namespace ?? '', name: spec.parentRef.name }];
}

async function reconcile(context: Context, key: ObjectKey, kept: Map<string, Set<string>>): Promise<void> {
  const addresses = context.informer(IPAddress);
  await addresses.synced;
  const spec = context.informer(Service).get(key)?.spec;
  const wanted = new Set((spec?.clusterIPs ?? []).filter((address) => address !== '' && address !== 'None'));
  for (const name of kept.get(keyText(key)) ?? []) if (!wanted.has(name)) await remove(context, name);
  if (wanted.size === 0) kept.delete(keyText(key));
  for (const name of wanted) {
    const there = addresses.get({ namespace: '', name });
    if (there !== undefined && parentsOf(there).some((parent) => keyText(parent) === keyText(key))) continue;
    // What another Service had before goes first; of one that somebody has made for himself nothing is taken.
    if (there !== undefined && parentsOf(there).length > 0) await remove(context, name);
    await create(context, name, key);
  }
}

async function create({ cluster }: Context, name: string, { namespace, name: service }: ObjectKey): Promise<void> {
  const labels = { [family]: name.includes(':') ? 'IPv6' : 'IPv4', [managedBy]: keeper };
  const parentRef = { resource: 'services', namespace, name: service };
  try {
    await cluster.create(IPAddress, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name, labels },
      spec: { parentRef },
    });
  } catch (error) {
    // The cache does not show it yet, or it is somebody else's.
    if (!isAlreadyExists(error)) throw error;
  }
}

async function remove({ cluster }: Context, name: string): Promise<void> {
  try {
    await cluster.delete(IPAddress, { namespace: '', name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
