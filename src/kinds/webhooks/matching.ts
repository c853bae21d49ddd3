import type { NamedRuleWithOperations, RuleWithOperations } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { pathSegment } from '../names.ts';
import type { Sent } from '../sent.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

/** What is wrong with which writes a webhook or policy sees (kubernetes v1.35, validateRuleWithOperations). */
export function ruleErrors(rule: Sent<RuleWithOperations>, at: string): FieldError[] {
  const { apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const errors = listErrors(rule.operations ?? [], { at: `${at}.operations`, others: 'operations' });
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    if (!operations.includes(operation)) errors.push(notSupported(`${at}.operations[${index}]`, operation, operations));
  }
  errors.push(...listErrors(apiGroups, { at: `${at}.apiGroups`, others: 'API groups' }));
  errors.push(...listErrors(apiVersions, { at: `${at}.apiVersions`, others: 'API versions' }));
  for (const [index, version] of apiVersions.entries()) if (version === '') errors.push(required(`${at}.apiVersions[${index}]`));
  errors.push(...resourcesErrors(resources, `${at}.resources`));
  return scope === undefined || scopes.includes(scope) ? errors : [...errors, notSupported(`${at}.scope`, scope, scopes)];
}
/** The same for objects of certain names (validateNamedRuleWithOperations). */
export function namedRuleErrors(rule: Sent<NamedRuleWithOperations>, at: string): FieldError[] {
  const names = rule.resourceNames ?? [];
  const errors = names.flatMap((name, index) => {
    const here = `${at}.resourceNames[${index}]`;
    const broken = invalidEach(here, name, pathSegment(name));
    return names.indexOf(name) < index ? [...broken, duplicate(here, name)] : broken;
  });
  return [...errors, ...ruleErrors(rule, at)];
}

function listErrors(list: readonly string[], rule: { at: string; others: string }): FieldError[] {
  if (list.length === 0) return [required(rule.at)];
  const mixed = list.length > 1 && list.includes('*');
  return mixed ? [invalidValue(rule.at, list, `if '*' is present, must not specify other ${rule.others}`)] : [];
}

/** A star takes in what others name: they may not stand beside it. */
function resourcesErrors(resources: readonly string[], at: string): FieldError[] {
  if (resources.length === 0) return [required(at)];
  const errors: FieldError[] = [];
  const allBelow = new Set<string>();
  const everywhere = new Set<string>();
  let plain = false;
  for (const [index, text] of resources.entries()) {
    const slash = text.indexOf('/');
    if (text === '') errors.push(required(`${at}[${index}]`));
    else if (slash < 0) plain = text !== '*';
    else {
      const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
      const beside = (star: string): FieldError =>
        invalidValue(`${at}[${index}]`, text, `if '${star}' is present, must not specify ${text}`);
      if (allBelow.has(resource)) errors.push(beside(`${resource}/*`));
      if (everywhere.has(subresource)) errors.push(beside(`*/${subresource}`));
      if (subresource === '*') allBelow.add(resource);
      if (resource === '*') everywhere.add(subresource);
    }
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && plain) {
    errors.push(invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources"));
  }
  return errors;
}
