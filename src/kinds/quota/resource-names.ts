import type { FieldError } from '../../api/status.ts';
import { canonicalQuantity, parseQuantity } from '../../api/quantity.ts';
import { nonnegativeAmountErrors } from '../amounts.ts';
import { invalidEach, invalidValue } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';

/** Resources whose names need no group (kubernetes v1.35, pkg/apis/core/helper). */
const standard: ReadonlySet<string> = new Set([
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers'],
  ...['secrets', 'configmaps', 'persistentvolumeclaims', 'storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers'],
]);
const quotas: ReadonlySet<string> = new Set([
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers'],
  ...['secrets', 'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers'],
]);
const counted: ReadonlySet<string> = new Set([
  ...['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims'],
  ...['services.nodeports', 'services.loadbalancers'],
]);
const containers: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const requestsPrefix = 'requests.';

const isHugePages = (name: string): boolean => name.startsWith('hugepages-') || name.startsWith('requests.hugepages-');
/** One that Kubernetes itself knows: without a group, or of kubernetes.io. */
export const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith(requestsPrefix) && qualifiedName(`${requestsPrefix}${name}`).length === 0;
export const isQuotaResource = (name: string): boolean => quotas.has(name) || isHugePages(name);
/** May more of it be promised than there is? */
export const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);

/** What is wrong with the name of a resource (validateResourceName). */
export function resourceNameErrors(field: string, name: string): FieldError[] {
  const errors = invalidEach(field, name, qualifiedName(name));
  if (errors.length > 0 || name.includes('/') || standard.has(name) || isHugePages(name)) return errors;
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')];
}
/** Of a resource in a quota (ValidateResourceQuotaResourceName). */
export function quotaNameErrors(field: string, name: string): FieldError[] {
  const errors = resourceNameErrors(field, name);
  if (name.includes('/') || isQuotaResource(name)) return errors;
  return [...errors, invalidValue(field, name, 'must be a standard resource for quota')];
}
/** Of a resource of containers (validateContainerResourceName). */
export function containerNameErrors(field: string, name: string): FieldError[] {
  const errors = resourceNameErrors(field, name);
  if (!name.includes('/')) {
    const good = containers.has(name) || name.startsWith('hugepages-');
    return good ? errors : [...errors, invalidValue(field, name, 'must be a standard resource for containers')];
  }
  return isNative(name) || isExtended(name)
    ? errors
    : [...errors, invalidValue(field, name, "doesn't follow extended resource name standard")];
}
/** What is wrong with how much of a resource there is (ValidateResourceQuantityValue). */
export function amountErrors(field: string, name: string, amount: string): FieldError[] {
  const errors = nonnegativeAmountErrors(field, amount);
  const whole = counted.has(name) || isExtended(name);
  if (!whole || parseQuantity(amount).nano % 1_000_000_000n === 0n) return errors;
  return [...errors, invalidValue(field, canonicalQuantity(amount), 'must be an integer')];
}
