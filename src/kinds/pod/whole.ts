import type { Container, PodSpec } from '../../api/kinds.generated.ts';
import { addQuantities, compareQuantities, isQuantity } from '../../api/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidValue } from '../field-errors.ts';
import { isHugePage, mayOvercommit, podResourceErrors } from './resources.ts';

type Amounts = Record<string, string>;

/**
 * What the containers of a pod ask for together: those that run side by side as a sum, or, where that is more, what an init container
 * asks for with the sidecars before it (component-helpers v1.35, AggregateContainerRequests).
 */
export function requestsOfContainers(spec: PodSpec): Amounts {
  const all: Amounts = {};
  for (const container of spec.containers ?? []) add(all, requestsOf(container));
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(all, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      const together = { ...own };
      add(together, sidecars);
      raise(peak, together);
    }
  }
  raise(all, peak);
  return all;
}
function requestsOf(container: Container): Amounts {
  return container.resources?.requests ?? {};
}
function add(sum: Amounts, amounts: Readonly<Amounts>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (isQuantity(amount)) sum[name] = sum[name] === undefined ? amount : addQuantities(sum[name], amount);
  }
}
function raise(most: Amounts, amounts: Readonly<Amounts>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (isQuantity(amount) && (most[name] === undefined || compareQuantities(amount, most[name]) > 0)) most[name] = amount;
  }
}

/** Amounts of the pod as a whole, where it has some, from those of its containers and from its limits (kubernetes v1.35, defaultPodRequests). */
export function defaultWholeResources({ spec }: { spec: PodSpec }): void {
  const { resources } = spec;
  if (resources === undefined || Object.keys(resources.limits ?? {}).length === 0) return;
  const requests = { ...resources.requests };
  for (const [name, amount] of Object.entries(requestsOfContainers(spec))) {
    if (isWhole(name) && mayOvercommit(name)) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries(resources.limits ?? {})) if (isWhole(name)) requests[name] ??= amount;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
function isWhole(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePage(name);
}

/** What is wrong with amounts of the pod as a whole (kubernetes v1.35, validatePodResources). */
export function wholeErrors(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const errors =
    resources.claims === undefined ? [] : [fieldForbidden(`${path}.claims`, 'claims cannot be set for Resources at pod-level')];
  errors.push(...podResourceErrors(resources, path));
  for (const [name, amount] of Object.entries(requestsOfContainers(spec))) {
    const own = resources.requests?.[name] ?? '0';
    if (compareQuantities(amount, own) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${amount}`;
    errors.push(invalidValue(`${path}.requests[${name}]`, own, detail));
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = resources.limits?.[name];
      if (most === undefined || compareQuantities(limit, most) <= 0) continue;
      const at = `${path}.containers[${index}][${name}].limits`;
      errors.push(invalidValue(at, limit, `must be less than or equal to pod limits of ${most}`));
    }
  }
  return errors;
}
