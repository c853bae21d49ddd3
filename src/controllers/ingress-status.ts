import { isIP } from 'node:net';
import type { ObjectKey } from '../api/object.ts';
import { Ingress, IngressClass, type IngressLoadBalancerStatus } from '../api/kinds.generated.ts';
import { isAlreadyExists } from '../api/status.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

/** Classes that name it are served by this machine. */
export const ingressController = 'steersman.dev/ingress';
const className = 'steersman';
const start: ObjectKey = { namespace: '', name: className };

/**
 * Gives Ingresses of the machine's own classes its address (or name), and takes it from those that have another class now. Brings the class
 * `steersman` along, as the default one.
 */
export function ingressStatus(address: string): Controller {
  return {
    name: 'ingress-status',
    identity: 'ingress-status-controller',
    reconciles: Ingress,
    watches: [{ kind: IngressClass, keysFor: (object, context) => ingressesOf(object as IngressClass, context) }],
    start(context) {
      context.enqueue(start);
      return (key) => (key.namespace === '' ? ensureClass(context) : reconcile(context, key, address));
    },
  };
}

function ingressesOf({ metadata }: IngressClass, context: Context): readonly ObjectKey[] {
  const all = context.informer(Ingress).list();
  const own = all.filter(({ spec }) => spec?.ingressClassName === metadata.name);
  return own.map((one) => ({ namespace: one.metadata.namespace ?? '', name: one.metadata.name }));
}

/** Who deletes it does without it until the next start. */
async function ensureClass({ informer, cluster }: Context): Promise<void> {
  if (informer(IngressClass).get(start) !== undefined) return;
  try {
    await cluster.create(IngressClass, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: className, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: ingressController },
    });
  } catch (error) {
    // Somebody was quicker, which is as well.
    if (!isAlreadyExists(error)) throw error;
  }
}

async function reconcile(context: Context, key: ObjectKey, address: string): Promise<void> {
  const ingress = context.informer(Ingress).get(key);
  if (ingress === undefined || ingress.metadata.deletionTimestamp !== undefined) return;
  const ours: IngressLoadBalancerStatus = { ingress: [isIP(address) === 0 ? { hostname: address } : { ip: address }] };
  const now = ingress.status?.loadBalancer ?? {};
  const wants = isOurs(context, ingress);
  // What another controller says is left alone.
  if (wants === jsonEqual(now, ours) || (!wants && !jsonEqual(now, ours))) return;
  const status = { ...clone(ingress.status ?? {}), loadBalancer: wants ? ours : {} };
  await context.cluster.update(Ingress, { ...clone(ingress), status }, { subresource: 'status' });
}

/** The annotation is what classes were before they had a field. */
function isOurs({ informer }: Context, { metadata, spec }: Readonly<Ingress>): boolean {
  const name = spec?.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'];
  return name !== undefined && informer(IngressClass).get({ namespace: '', name })?.spec?.controller === ingressController;
}
