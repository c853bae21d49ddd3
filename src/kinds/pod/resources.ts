import type { ResourceClaim, ResourceRequirements } from '../../api/kinds.generated.ts';
import { canonicalQuantity, compareQuantities, parseQuantity } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { absent, duplicate, fieldForbidden, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsLabel, qualifiedName } from '../names.ts';

type NameErrors = (name: string, at: string) => FieldError[];
type Amounts = Readonly<Record<string, string>>;

/** What is wrong with the requests and limits of a container; `claims` are the names of the pod's (kubernetes v1.35, validateResourceRequirements). */
export function resourceErrors(resources: ResourceRequirements | undefined, claims: ReadonlySet<string>, path: string): FieldError[] {
  return resources === undefined ? [] : requirementErrors(resources, { nameErrors: containerResourceErrors, claims }, path);
}
/** The same of a pod as a whole: it may have processors, memory and huge pages. */
export function podResourceErrors(resources: ResourceRequirements, path: string): FieldError[] {
  return requirementErrors(resources, { nameErrors: podResourceNameErrors, claims: new Set() }, path);
}
/** What is wrong with amounts that stand alone, as an overhead does. */
export function amountsErrors(amounts: Amounts, path: string): FieldError[] {
  return resourceErrors({ limits: amounts }, new Set(), path);
}

interface Around {
  readonly nameErrors: NameErrors;
  readonly claims: ReadonlySet<string>;
}
function requirementErrors(resources: ResourceRequirements, around: Around, path: string): FieldError[] {
  const { limits = {}, requests = {} } = resources;
  const errors: FieldError[] = [];
  for (const name in limits) errors.push(...amountErrors(name, limits, { ...around, at: `${path}.limits[${name}]` }));
  for (const name in requests) {
    const at = `${path}.requests[${name}]`;
    const [named, huge] = [
      amountErrors(name, requests, { ...around, at, withoutPages: true }),
      pageErrors(name, requests[name] as string, at),
    ];
    errors.push(...named, ...pairErrors(name, { limits, requests }, path), ...huge);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePage) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(fieldForbidden(path, 'HugePages require cpu or memory'));
  }
  return [...errors, ...claimErrors(resources.claims ?? [], around.claims, `${path}.claims`)];
}

function amountErrors(name: string, amounts: Amounts, of: Around & { at: string; withoutPages?: true }): FieldError[] {
  const amount = amounts[name] as string;
  const errors = [...of.nameErrors(name, of.at), ...quantityErrors(name, amount, of.at)];
  return of.withoutPages === true ? errors : [...errors, ...pageErrors(name, amount, of.at)];
}
/** What is wrong with an amount of a resource (ValidateResourceQuantityValue). */
export function quantityErrors(name: string, amount: string, at: string): FieldError[] {
  const { nano } = parseQuantity(amount);
  const errors = nano < 0n ? [invalidValue(at, canonicalQuantity(amount), 'must be greater than or equal to 0')] : [];
  const whole = isExtended(name) && nano % 1_000_000_000n !== 0n;
  return whole ? [...errors, invalidValue(at, canonicalQuantity(amount), 'must be an integer')] : errors;
}
function pageErrors(name: string, amount: string, at: string): FieldError[] {
  if (!isHugePage(name)) return [];
  const size = name.slice('hugepages-'.length);
  const text = canonicalQuantity(amount);
  const fits = /^\d/.test(size) && isDivisible(amount, size);
  return fits ? [] : [invalidValue(at, text, `${text} is not positive integer multiple of ${name}`)];
}
function isDivisible(amount: string, size: string): boolean {
  const [value, page] = [parseQuantity(amount).nano, parseQuantity(size).nano];
  return page > 0n && value > 0n && value % page === 0n;
}

function pairErrors(name: string, of: { limits: Amounts; requests: Amounts }, path: string): FieldError[] {
  const request = of.requests[name] as string;
  const limit = of.limits[name];
  if (limit === undefined) {
    return mayOvercommit(name) ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(request, limit);
  const at = `${path}.requests`;
  const [text, most] = [canonicalQuantity(request), canonicalQuantity(limit)];
  if (order !== 0 && !mayOvercommit(name)) return [invalidValue(at, text, `must be equal to ${name} limit of ${most}`)];
  return order > 0 ? [invalidValue(at, text, `must be less than or equal to ${name} limit of ${most}`)] : [];
}

export const isHugePage = (name: string): boolean => name.startsWith('hugepages-');
/** Kubernetes' own resources but huge pages may be promised more often than they are there. */
export function mayOvercommit(name: string): boolean {
  return isNative(name) && !isHugePage(name);
}
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}
function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0;
}

const forContainers: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const standard: ReadonlySet<string> = new Set([
  ...forContainers,
  ...['requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
  ...['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims'],
  ...['storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers'],
]);

/** What is wrong with the name of a resource anywhere (validateResourceName). */
export function resourceNameErrors(name: string, at: string): FieldError[] {
  const errors = invalidEach(at, name, qualifiedName(name));
  if (errors.length > 0 || name.includes('/') || standard.has(name) || isHugePage(name)) return errors;
  return [invalidValue(at, name, 'must be a standard resource type or fully qualified')];
}
/** What is wrong with the name of a resource of a container (validateContainerResourceName). */
export function containerResourceErrors(name: string, at: string): FieldError[] {
  const errors = resourceNameErrors(name, at);
  if (!name.includes('/')) {
    const known = forContainers.has(name) || isHugePage(name);
    return known ? errors : [...errors, invalidValue(at, name, 'must be a standard resource for containers')];
  }
  if (isNative(name) || isExtended(name)) return errors;
  return [...errors, invalidValue(at, name, "doesn't follow extended resource name standard")];
}
function podResourceNameErrors(name: string, at: string): FieldError[] {
  const errors = resourceNameErrors(name, at);
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHugePage(name)) return errors;
  return [notSupported(at, name, ['cpu', 'memory'])];
}

/** Claims of a container are claims of its pod, each or each request of it named once (validateResourceClaimNames). */
function claimErrors(claims: readonly ResourceClaim[], known: ReadonlySet<string>, path: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name = '', request = '' }, index) => {
    const at = `${path}[${index}]`;
    if (name === '') return [required(at)];
    const errors: FieldError[] = [];
    const key = request === '' ? name : `${name}/${request}`;
    if (seen.has(name)) errors.push(duplicate(at, name));
    else {
      if (request !== '') errors.push(...invalidEach(`${at}.request`, request, dnsLabel(request)));
      if (seen.has(key)) errors.push(duplicate(at, key));
      else if (request === '') errors.push(...[...seen].filter((other) => other.startsWith(`${name}/`)).map(() => duplicate(at, name)));
      seen.add(key);
    }
    if (known.has(name)) return errors;
    const list = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    return [...errors, { ...absent(at, name), detail: `must be one of the names in pod.spec.resourceClaims${list}` }];
  });
}
