import type { KubeObject } from '../../api/object.ts';
import { valueAt } from '../../base/json.ts';
import { healthy, progressing, textAt, type Health, type HealthOptions } from './status.ts';

/** A LoadBalancer is waited for only where something in the cluster gives addresses. */
export function serviceHealth(object: KubeObject, options: HealthOptions): Health {
  if (textAt(object, ['spec', 'type']) !== 'LoadBalancer') return healthy('present');
  if (hasAddress(object)) return healthy('has an address');
  if (options.provides?.loadBalancer === true) return progressing('waits for an address of the load balancer');
  if (textAt(object, ['spec', 'clusterIP']) === '' && valueAt(object, ['metadata', 'uid']) !== undefined)
    return progressing('waits for its cluster address');
  return healthy('nothing here gives load balancer addresses');
}

export function ingressHealth(object: KubeObject, options: HealthOptions): Health | undefined {
  if (hasAddress(object)) return healthy('has an address');
  return options.provides?.ingress === true ? progressing('waits for an address of the ingress controller') : undefined;
}

function hasAddress(object: KubeObject): boolean {
  const found = valueAt(object, ['status', 'loadBalancer', 'ingress']);
  return Array.isArray(found) && found.length > 0;
}
