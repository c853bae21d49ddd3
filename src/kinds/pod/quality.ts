import type { PodSpec, ResourceRequirements } from '../../api/kinds.generated.ts';
import { compareQuantities, isQuantity } from '../../api/quantity.ts';

const counted = ['cpu', 'memory'] as const;

/** The quality of service of a pod: who is evicted first (kubernetes v1.35, component-helpers qos). */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all: (ResourceRequirements | undefined)[] =
    spec.resources === undefined
      ? [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources)
      : [spec.resources];
  if (all.every((resources) => counted.every((name) => !isSet(resources?.requests?.[name]) && !isSet(resources?.limits?.[name])))) {
    return 'BestEffort';
  }
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isSet(amount: string | undefined): amount is string {
  // What is no quantity is refused later, by the schema.
  return amount !== undefined && isQuantity(amount) && compareQuantities(amount, '0') > 0;
}
function isGuaranteed(resources: ResourceRequirements | undefined): boolean {
  return counted.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name];
    return isSet(limit) && (request === undefined || (isQuantity(request) && compareQuantities(request, limit) === 0));
  });
}
