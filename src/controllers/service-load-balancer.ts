import { isIP } from 'node:net';
import type { ObjectKey } from '../api/object.ts';
import { Service, type LoadBalancerIngress, type LoadBalancerStatus } from '../api/kinds.generated.ts';
import { clone, jsonEqual } from '../base/json.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

/**
 * Gives Services of type LoadBalancer the address (or the name) of a machine that answers for them, and takes it from those that are
 * of another type now. Those that name a class wait for the balancer of that class, as upstream has it.
 */
export function serviceLoadBalancer(address: string): Controller {
  return {
    name: 'service-load-balancer',
    identity: 'service-controller',
    reconciles: Service,
    start: (context) => (key) => reconcile(context, key, address),
  };
}

async function reconcile(context: Context, key: ObjectKey, address: string): Promise<void> {
  const service = context.informer(Service).get(key);
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
  const { spec, status } = service;
  const wants = spec.type === 'LoadBalancer';
  if (wants && spec.loadBalancerClass !== undefined) return;
  const loadBalancer: LoadBalancerStatus = wants ? { ingress: [ingressOf(address)] } : {};
  if (jsonEqual(status?.loadBalancer ?? {}, loadBalancer)) return;
  const [during, after] = wants ? (['Ensuring', 'Ensured'] as const) : (['Deleting', 'Deleted'] as const);
  context.event(service, 'Normal', `${during}LoadBalancer`, `${during} load balancer`);
  const changed = { ...clone(service), status: { ...clone(status ?? {}), loadBalancer } };
  await context.cluster.update(Service, changed, { subresource: 'status' });
  context.event(service, 'Normal', `${after}LoadBalancer`, `${after} load balancer`);
}

/** `VIP`: packets arrive at the address itself. */
function ingressOf(address: string): LoadBalancerIngress {
  return isIP(address) === 0 ? { hostname: address } : { ip: address, ipMode: 'VIP' };
}
