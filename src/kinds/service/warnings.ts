import type { Service } from '../../api/kinds.generated.ts';
import { ipWarnings, rangeWarnings } from '../ip.ts';

const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints';

/** What people are told of a Service that is taken all the same (kubernetes v1.35, GetWarningsForService). */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[hintsAnnotation] !== undefined) {
    warnings.push(`annotation ${hintsAnnotation} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  warnings.push(...addressWarnings(spec));
  for (const [index, address] of (spec.externalIPs ?? []).entries()) warnings.push(...ipWarnings(`spec.externalIPs[${index}]`, address));
  if (spec.loadBalancerIP) warnings.push(...ipWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...rangeWarnings(`spec.loadBalancerSourceRanges[${index}]`, range));
  }
  return [...warnings, ...ignoredFields(spec)];
}

function addressWarnings(spec: Service['spec']): string[] {
  const warnings: string[] = [];
  if (spec.type === 'ClusterIP' && spec.clusterIP === 'None') {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if ((spec.externalIPs ?? []).length > 0) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  } else if (spec.clusterIP && spec.type !== 'ExternalName') {
    for (const [index, address] of (spec.clusterIPs ?? []).entries()) warnings.push(...ipWarnings(`spec.clusterIPs[${index}]`, address));
  }
  return warnings;
}
function ignoredFields(spec: Service['spec']): string[] {
  const warnings: string[] = [];
  const external = spec.type === 'ExternalName';
  if (external && (spec.externalIPs ?? []).length > 0) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!external && spec.externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}
