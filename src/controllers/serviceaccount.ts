import type { ObjectKey } from '../api/object.ts';
import { Namespace, ServiceAccount } from '../api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Context, Controller } from '../reconcile/controller.ts';
import { isTerminating } from './pods/pod-control.ts';

const name = 'default';

/** Keeps the service account `default` in every namespace: pods that name no other run as it. */
export const serviceaccount: Controller = {
  name: 'serviceaccount',
  identity: 'service-account-controller',
  reconciles: Namespace,
  watches: [
    { kind: ServiceAccount, keysFor: (account) => (account.metadata.name === name ? [namespaceKey(account.metadata.namespace)] : []) },
  ],
  start: (context) => (key) => ensure(context, key),
};

async function ensure(context: Context, key: ObjectKey): Promise<void> {
  const namespace = context.informer(Namespace).get(key);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  if (context.informer(ServiceAccount).get({ namespace: key.name, name }) !== undefined) return;
  try {
    await context.cluster.create(ServiceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: key.name, name } });
  } catch (error) {
    // It is there already, or its namespace goes.
    if (!isAlreadyExists(error) && !isNotFound(error) && !isTerminating(error)) throw error;
  }
}

function namespaceKey(namespace = ''): ObjectKey {
  return { namespace: '', name: namespace };
}
