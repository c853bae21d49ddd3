import type { ObjectKey } from '../api/object.ts';
import { ServiceCIDR } from '../api/kinds.generated.ts';
import { timestamp } from '../base/clock.ts';
import { jsonEqual } from '../base/json.ts';
import type { Context, Controller } from '../reconcile/controller.ts';

const defaultKey: ObjectKey = { namespace: '', name: 'kubernetes' };

/** Shows the range that Services get their addresses from as the ServiceCIDR `kubernetes`. Ranges that others add are kept and give none. */
export function serviceRange(range: string): Controller {
  return {
    name: 'service-range',
    identity: 'service-cidrs-controller',
    reconciles: ServiceCIDR,
    start(context) {
      context.enqueue(defaultKey);
      return (key) => reconcile(context, key, range);
    },
  };
}

async function reconcile({ informer, cluster, clock }: Context, key: ObjectKey, range: string): Promise<void> {
  if (key.name !== defaultKey.name) return;
  const ranges = informer(ServiceCIDR);
  await ranges.synced;
  const there = ranges.get(key);
  if (there === undefined) {
    await cluster.create(ServiceCIDR, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: key.name },
      spec: { cidrs: [range] },
    });
    return;
  }
  // The cluster had another one in an earlier life, and a range cannot change.
  if (!jsonEqual(there.spec?.cidrs, [range])) return void (await cluster.delete(ServiceCIDR, key));
  if (there.status?.conditions?.some(({ type }) => type === 'Ready') === true) return;
  const message = 'Kubernetes default Service CIDR is ready';
  const ready = { type: 'Ready', status: 'True' as const, reason: '', message, lastTransitionTime: timestamp(clock) };
  await cluster.update(ServiceCIDR, { ...there, status: { conditions: [ready] } }, { subresource: 'status' });
}
