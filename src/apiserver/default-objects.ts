import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { formatIPv4 } from './address-pool.ts';
import type { ServerContext } from './context.ts';
import { storeKey } from './entry-fields.ts';
import { internalCall, kindOf, serverOptions } from './internal-call.ts';
import { createObject } from './rest/create.ts';

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Makes what every cluster has from the start, where it is missing: four namespaces and the Service `kubernetes`. */
export async function ensureDefaults(server: ServerContext): Promise<void> {
  for (const name of namespaces) await ensure(server, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const spec = {
    type: 'ClusterIP',
    clusterIP: formatIPv4(server.pools.addresses.first),
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
  };
  const metadata = { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } };
  const service: KubeObject & { spec: object } = { apiVersion: 'v1', kind: 'Service', metadata, spec };
  await ensure(server, service);
}

async function ensure(server: ServerContext, object: KubeObject): Promise<void> {
  const kind = kindOf(server, { group: '', version: object.apiVersion, kind: object.kind });
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  if ((await server.store.get(storeKey(kind, key))) !== undefined) return;
  try {
    await createObject(internalCall(server, kind, key), object, serverOptions);
  } catch (error) {
    // Somebody was quicker, which is as well.
    if (!isAlreadyExists(error)) throw error;
  }
}
