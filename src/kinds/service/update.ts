import type { Service, ServiceSpec } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import type { Sent } from '../sent.ts';
import { needsHealthCheck } from '../service-allocation.ts';
import { isHeadless } from './addresses.ts';

type Spec = Sent<ServiceSpec>;

/** What may not change in a Service that exists (kubernetes v1.35, ValidateServiceUpdate). */
export function serviceUpdateErrors({ spec = {} }: Sent<Service>, { spec: before = {} }: Sent<Service>): FieldError[] {
  const errors = spec.type === 'ExternalName' || before.type === 'ExternalName' ? [] : addressErrors(spec, before);
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer' && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(fieldForbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

function addressErrors(spec: Spec, before: Spec): FieldError[] {
  const headless = [isHeadless(spec), isHeadless(before)];
  if (headless[0] && headless[1]) return [];
  const errors = changeErrors(spec, { field: 'clusterIPs', was: before.clusterIPs ?? [], is: spec.clusterIPs ?? [], word: 'clusterIP' });
  if (headless[0] !== headless[1]) return errors;
  return [
    ...errors,
    ...changeErrors(spec, { field: 'ipFamilies', was: before.ipFamilies ?? [], is: spec.ipFamilies ?? [], word: 'ipFamily' }),
  ];
}

interface Change {
  readonly field: string;
  readonly was: readonly string[];
  readonly is: readonly string[];
  readonly word: string;
}
/** The first may not change; a second may come, and go when the Service says that it wants one only. */
function changeErrors(spec: Spec, change: Change): FieldError[] {
  const { was, is, word } = change;
  const at = `spec.${change.field}`;
  if (was.length === is.length) {
    const changed = [...was.keys()].filter((index) => was[index] !== is[index]);
    return changed.map((index) => invalidValue(`${at}[${word === 'ipFamily' ? 0 : index}]`, is, 'may not change once set'));
  }
  return was.length === 0 ? [] : countErrors(spec, change);
}
function countErrors(spec: Spec, { field, was, is, word }: Change): FieldError[] {
  const at = `spec.${field}[0]`;
  if (is.length === 0) return [invalidValue(at, is, `primary ${word} can not be unset`)];
  const errors: FieldError[] = [];
  if (was[0] !== is[0]) errors.push(invalidValue(at, word === 'ipFamily' ? (spec.clusterIPs ?? []) : is, 'may not change once set'));
  if (was.length > is.length && is.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = `must be set to 'SingleStack' when releasing the secondary ${word}`;
    errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, detail));
  }
  return errors;
}
