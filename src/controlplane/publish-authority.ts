import { ConfigMap } from '../api/kinds.generated.ts';
import { isAlreadyExists } from '../api/status.ts';
import type { Cluster } from '../client/cluster.ts';

const key = { namespace: 'kube-system', name: 'kube-root-ca.crt' };

/** Writes the certificate of the cluster's authority (PEM) where the root-ca-publisher takes it from; pods find it in every namespace. */
export async function publishAuthority(cluster: Cluster, certificate: string): Promise<void> {
  const data = { 'ca.crt': certificate };
  try {
    await cluster.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await cluster.patch(ConfigMap, key, { data });
  }
}
