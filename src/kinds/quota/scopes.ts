import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { invalidValue, required } from '../field-errors.ts';
import type { Sent } from '../sent.ts';
import { isQuotaResource } from './resource-names.ts';

type Spec = Sent<ResourceQuotaSpec>;
const existing = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const scopes: ReadonlySet<string> = new Set([...existing, 'PriorityClass', 'VolumeAttributesClass']);
const podResources: ReadonlySet<string> = new Set([
  ...['pods', 'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
]);
const isPodResource = (name: string): boolean =>
  podResources.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-');
const existsText =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/** Can a scope choose among what this resource counts? (kubernetes v1.35, IsResourceQuotaScopeValidForResource) */
function scopeFits(scope: string, resource: string): boolean {
  switch (scope) {
    case 'BestEffort':
      return resource === 'pods';
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return isPodResource(resource);
    case 'VolumeAttributesClass':
      return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
    default:
      return true;
  }
}
function misfits(scope: string, spec: Spec): number {
  return Object.keys(spec.hard ?? {}).filter((name) => isQuotaResource(name) && !scopeFits(scope, name)).length;
}
function conflicts(chosen: readonly string[]): number {
  const pairs = [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ];
  return pairs.filter((pair) => pair.every((scope) => chosen.includes(scope))).length;
}
const times = (count: number, error: FieldError): FieldError[] => Array.from({ length: count }, () => error);

/** What is wrong with the scopes of a quota (validateResourceQuotaScopes, validateScopeSelector). */
export function scopeErrors(spec: Spec): FieldError[] {
  const list = spec.scopes ?? [];
  const wrong = (detail: string): FieldError => invalidValue('spec.scopes', list, detail);
  const errors = list.flatMap((scope) => [
    ...times(scopes.has(scope) ? 0 : 1, wrong('unsupported scope')),
    ...times(misfits(scope, spec), wrong('unsupported scope applied to resource')),
  ]);
  errors.push(...times(conflicts(list), wrong('conflicting scopes')));
  if (spec.scopeSelector === undefined) return errors;
  const rules = spec.scopeSelector.matchExpressions ?? [];
  errors.push(...rules.flatMap((rule) => ruleErrors(rule, spec)));
  return [...errors, ...times(conflicts(rules.map(({ scopeName = '' }) => scopeName)), conflictError(spec))];
}
function conflictError(spec: Spec): FieldError {
  return invalidValue('spec.scopeSelector.matchExpressions', spec.scopes ?? null, 'conflicting scopes');
}

function ruleErrors(rule: Sent<ScopedResourceSelectorRequirement>, spec: Spec): FieldError[] {
  const at = 'spec.scopeSelector.matchExpressions';
  const { scopeName = '', operator = '', values = [] } = rule;
  const errors = scopes.has(scopeName) ? [] : [invalidValue(`${at}.scopeName`, scopeName, 'unsupported scope')];
  errors.push(...times(misfits(scopeName, spec), invalidValue(at, shown(spec), 'unsupported scope applied to resource')));
  if (existing.includes(scopeName) && operator !== 'Exists') errors.push(invalidValue(`${at}.operator`, operator, existsText));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return errors;
    return [...errors, required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return errors;
    return [
      ...errors,
      invalidValue(`${at}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
    ];
  }
  return [...errors, invalidValue(`${at}.operator`, operator, 'not a valid selector operator')];
}
/** The selector as it is within upstream's server, which its message shows. */
function shown({ scopeSelector }: Spec): object {
  const rules = (scopeSelector?.matchExpressions ?? []).map(({ scopeName = '', operator = '', values }) => ({
    ScopeName: scopeName,
    Operator: operator,
    Values: values ?? null,
  }));
  return { MatchExpressions: rules };
}
