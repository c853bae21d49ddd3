import type { Service, ServiceSpec } from '../../api/kinds.generated.ts';
import { jsonEqual } from '../../base/json.ts';
import { ipFamilyOf } from '../addresses.ts';
import { isHeadless } from './addresses.ts';

/**
 * One of clusterIP and clusterIPs follows the other, as whoever writes may know only one of them (kubernetes v1.35,
 * registry/core/service/storage, normalizeClusterIPs).
 */
export function alignAddresses({ spec }: Service, old: Service | undefined): void {
  const { clusterIP = '', clusterIPs = [] } = spec;
  const same = old !== undefined && jsonEqual(clusterIPs, old.spec.clusterIPs ?? []);
  if (clusterIP !== '' && clusterIPs.length === 0) {
    if (old === undefined || clusterIP !== (old.spec.clusterIP ?? '')) spec.clusterIPs = [clusterIP];
    return;
  }
  if (!same || clusterIP === (old.spec.clusterIP ?? '')) return;
  if (clusterIP === '') delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP, ...clusterIPs.slice(1)];
}

/** Families of a Service that does not say which it wants, in a cluster with IPv4 (kubernetes v1.35, initIPFamilyFields). */
export function defaultFamilies({ spec }: Service, old: Service | undefined): void {
  if (spec.type === 'ExternalName') return;
  if (old !== undefined) releaseSecond(spec, old.spec);
  const families = familiesOf(spec);
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    if (families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
    spec.ipFamilyPolicy ??= 'RequireDualStack';
  } else spec.ipFamilyPolicy ??= 'SingleStack';
  spec.ipFamilies = families;
}

/** Those that it names, then those of its addresses; at least one. */
function familiesOf({ ipFamilies, clusterIPs = [] }: ServiceSpec): string[] {
  const families = ipFamilies ?? [];
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilyOf(address);
    if (index >= families.length && family !== undefined) families.push(family);
  }
  return families.length === 0 ? ['IPv4'] : families;
}
/** Who now wants one family only, and leaves the rest as it is, gives up the second (trimFieldsForDualStackDowngrade). */
function releaseSecond(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.ipFamilyPolicy !== 'SingleStack' || before.ipFamilyPolicy === 'SingleStack') return;
  if (spec.ipFamilies?.length === 2 && jsonEqual(spec.ipFamilies, before.ipFamilies)) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
  if (spec.clusterIPs?.length === 2 && jsonEqual(spec.clusterIPs, before.clusterIPs)) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
}
