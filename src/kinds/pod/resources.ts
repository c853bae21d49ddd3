import type { ResourceRequirements } from '../../api/kinds.generated.ts';
import { compareQuantities, parseQuantity } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidEach, invalidValue, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';

/** What is wrong with the requests and limits of a container (kubernetes v1.35, ValidateContainerResourceRequirements). */
export function resourceErrors(resources: ResourceRequirements | undefined, path: string): FieldError[] {
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  const { limits = {}, requests = {} } = resources;
  for (const name in limits) errors.push(...amountErrors(name, limits[name] as string, `${path}.limits[${name}]`));
  for (const name in requests) {
    const request = requests[name] as string;
    errors.push(...amountErrors(name, request, `${path}.requests[${name}]`));
    const limit = limits[name];
    if (limit !== undefined) errors.push(...pairErrors(name, { request, limit }, `${path}.requests`));
    else if (!mayOvercommit(name)) errors.push(required(`${path}.limits`, 'Limit must be set for non overcommit resources'));
  }
  return errors;
}

function pairErrors(name: string, { request, limit }: { request: string; limit: string }, at: string): FieldError[] {
  const order = compareQuantities(request, limit);
  if (order !== 0 && !mayOvercommit(name)) return [invalidValue(at, request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalidValue(at, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** Kubernetes' own resources but huge pages may be promised more often than they are there. */
function mayOvercommit(name: string): boolean {
  return isNative(name) && !name.startsWith('hugepages-');
}
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function amountErrors(name: string, amount: string, at: string): FieldError[] {
  const errors = invalidEach(at, name, qualifiedName(name));
  if (!name.includes('/') && !/^(cpu|memory|ephemeral-storage|hugepages-.+)$/.test(name)) {
    errors.push(invalidValue(at, name, 'must be a standard resource for containers'));
  }
  const { nano } = parseQuantity(amount);
  if (nano < 0n) errors.push(invalidValue(at, amount, 'must be greater than or equal to 0'));
  if (!isNative(name) && nano % 1_000_000_000n !== 0n) errors.push(invalidValue(at, amount, 'must be an integer'));
  return errors;
}
