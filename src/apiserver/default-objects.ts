import { splitApiVersion, type KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { clone } from '../base/json.ts';
import { errorText } from '../base/log.ts';
import type { Change } from '../store/store.ts';
import { formatIPv4 } from './address-pool.ts';
import type { ServerContext } from './context.ts';
import { storeKey } from './entry-fields.ts';
import { internalCall, kindOf, serverOptions } from './internal-call.ts';
import { createObject } from './rest/create.ts';
import { kubernetesKey } from './service-range.ts';

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Makes what every cluster has from the start, where it is missing: four namespaces, two priority classes and the Service `kubernetes`, which comes back when it is deleted. */
export async function ensureDefaults(server: ServerContext): Promise<void> {
  for (const name of namespaces) await ensure(server, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const priorityClass of priorityClasses) await ensure(server, clone(priorityClass) as KubeObject);
  await ensure(server, kubernetesService(server));
  const take = (change: Change<KubeObject>): void => {
    if (change.type !== 'delete' || change.entry.key !== kubernetesKey) return;
    ensure(server, kubernetesService(server)).catch((error: unknown) => {
      if (!server.signal.aborted) server.log.error('the Service kubernetes could not be made again', { error: errorText(error) });
    });
  };
  const where = { resource: 'core/services/', prefix: kubernetesKey, from: server.store.revision() };
  server.hub.subscribe({ take, fail: () => undefined }, where);
}

/** For what the cluster cannot be without (kubernetes, apis/scheduling SystemPriorityClasses). */
const priorityClasses: readonly KubeObject[] = [
  systemClass('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
];
function systemClass(name: string, value: number, description: string): KubeObject & { value: number; description: string } {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description };
}

function kubernetesService(server: ServerContext): KubeObject {
  const spec = {
    type: 'ClusterIP',
    clusterIP: formatIPv4(server.pools.addresses.first),
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
  };
  const metadata = { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } };
  const service: KubeObject & { spec: object } = { apiVersion: 'v1', kind: 'Service', metadata, spec };
  return service;
}

async function ensure(server: ServerContext, object: KubeObject): Promise<void> {
  const kind = kindOf(server, { ...splitApiVersion(object.apiVersion), kind: object.kind });
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  if ((await server.store.get(storeKey(kind, key))) !== undefined) return;
  try {
    await createObject(internalCall(server, kind, key), object, serverOptions);
  } catch (error) {
    // Somebody was quicker, which is as well.
    if (!isAlreadyExists(error)) throw error;
  }
}
