import type { ServiceSpec } from '../api/kinds.generated.ts';
import type { FieldError } from '../api/status.ts';
import { invalidValue } from './field-errors.ts';
import type { Sent } from './sent.ts';
import { clusterAddressErrors, isHeadless } from './service/addresses.ts';

type Spec = Sent<ServiceSpec>;
const policyField = 'spec.ipFamilyPolicy';

/** Does a load balancer ask its nodes whether they have pods of it? */
export function needsHealthCheck({ type, externalTrafficPolicy }: Spec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}
/**
 * What keeps a Service from being given addresses at all: fields that contradict each other, or families that this cluster, which has
 * IPv4 addresses for Services only, does not serve. Upstream says this before all other validation (kubernetes v1.35,
 * registry/core/service/storage, initIPFamilyFields).
 */
export function allocationErrors(spec: Spec, old: Spec | undefined): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const errors = clusterAddressErrors(spec);
  if (errors.length > 0) return errors;
  const many = manyErrors(spec, old);
  return many.length > 0 ? many : unservedErrors(spec);
}
function manyErrors({ clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: Spec, old: Spec | undefined): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  // Validation says how a second one is given up.
  if (old?.ipFamilyPolicy !== undefined && old.ipFamilyPolicy !== 'SingleStack') return [];
  const detail = (what: string): string => `must be RequireDualStack or PreferDualStack when multiple ${what} are specified`;
  const errors: FieldError[] = [];
  if (clusterIPs.length === 2) errors.push(invalidValue(policyField, ipFamilyPolicy, detail('clusterIPs')));
  if (ipFamilies.length === 2) errors.push(invalidValue(policyField, ipFamilyPolicy, detail('ipFamilies')));
  return errors;
}
function unservedErrors(spec: Spec): FieldError[] {
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) return [];
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    errors.push(invalidValue(policyField, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (family !== 'IPv4') errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  }
  return errors;
}
