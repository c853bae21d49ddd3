import type { ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ipFamilyOf } from '../addresses.ts';
import { duplicate, invalidValue, notSupported, required } from '../field-errors.ts';
import { ipErrors } from '../ip.ts';
import type { Sent } from '../sent.ts';

type Spec = Sent<ServiceSpec>;
const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const addressesField = 'spec.clusterIPs';
const policyField = 'spec.ipFamilyPolicy';

/** No address of its own: its name stands for those of its pods. */
export function isHeadless({ clusterIPs = [] }: Spec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None';
}

/** What is wrong with clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy (kubernetes v1.35, ValidateServiceClusterIPsRelatedFields). */
export function clusterAddressErrors(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const errors = [...agreementErrors(spec), ...familyErrors(spec)];
  const single = addressErrors(spec);
  errors.push(...single.errors);
  if ((spec.clusterIPs ?? []).length > 2) errors.push(invalidValue(addressesField, spec.clusterIPs, 'may only hold up to 2 values'));
  return single.broken ? errors : [...errors, ...togetherErrors(spec)];
}

function agreementErrors({ clusterIP = '', clusterIPs = [] }: Spec): FieldError[] {
  if (clusterIP === '') {
    return clusterIPs.length === 0 ? [] : [invalidValue(addressesField, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [required(addressesField)];
  return clusterIPs[0] === clusterIP ? [] : [invalidValue(addressesField, clusterIPs, 'first value must match `clusterIP`')];
}
function familyErrors({ ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => {
    const at = `spec.ipFamilies[${index}]`;
    const unknown = families.includes(family) ? [] : [notSupported(at, family, families)];
    return ipFamilies.indexOf(family) < index ? [...unknown, duplicate(at, family)] : unknown;
  });
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) errors.push(notSupported(policyField, ipFamilyPolicy, policies));
  return errors;
}
function addressErrors({ clusterIPs = [] }: Spec): { errors: FieldError[]; broken: boolean } {
  const errors = clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== 'None') return ipErrors(`${addressesField}[${index}]`, address);
    return clusterIPs.length > 1 ? [invalidValue(addressesField, clusterIPs, "'None' must be the first and only value")] : [];
  });
  return { errors, broken: errors.length > 0 };
}
function togetherErrors(spec: Spec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamilyOf)).size < clusterIPs.length) {
    errors.push(invalidValue(addressesField, clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless(spec)) return errors;
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if ((family !== 'IPv4' && family !== 'IPv6') || ipFamilyOf(address) === family) continue;
    errors.push(
      invalidValue(`${addressesField}[${index}]`, address, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``),
    );
  }
  return errors;
}
