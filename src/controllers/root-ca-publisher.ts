import { keyOf, type ObjectKey } from '../api/object.ts';
import { ConfigMap, Namespace } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { isTerminating } from './pods/pod-control.ts';

const name = 'kube-root-ca.crt';
/** Whoever starts the control plane writes the certificate here; without it nothing is published. */
const source: ObjectKey = { namespace: 'kube-system', name };
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps the certificate of the cluster's authority in every namespace, for pods that call the API server. */
export const rootCaPublisher: Controller = {
  name: 'root-ca-publisher',
  identity: 'root-ca-cert-publisher',
  reconciles: Namespace,
  watches: [{ kind: ConfigMap, keysFor: (map, context) => namespacesOf(map as ConfigMap, context) }],
  start: (context) => (key) => publish(context, key),
};

function namespacesOf(map: ConfigMap, context: Context): readonly ObjectKey[] {
  if (map.metadata.name !== name) return [];
  if (map.metadata.namespace === source.namespace) return context.informer(Namespace).list().map(keyOf);
  return [{ namespace: '', name: map.metadata.namespace ?? '' }];
}

async function publish(context: Context, key: ObjectKey): Promise<void> {
  const data = context.informer(ConfigMap).get(source)?.data;
  const namespace = context.informer(Namespace).get(key);
  if (data === undefined || key.name === source.namespace) return;
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  const present = context.informer(ConfigMap).get({ namespace: key.name, name });
  if (present !== undefined) {
    if (!jsonEqual(present.data, data)) await context.cluster.update(ConfigMap, { ...present, data: clone(data) });
    return;
  }
  const metadata = { namespace: key.name, name, annotations: { 'kubernetes.io/description': description } };
  try {
    await context.cluster.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: clone(data) });
  } catch (error) {
    // It is there already, or its namespace goes.
    if (!isAlreadyExists(error) && !isNotFound(error) && !isTerminating(error)) throw error;
  }
}
