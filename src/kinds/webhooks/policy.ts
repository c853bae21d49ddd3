import type {
  AuditAnnotation,
  MatchResources,
  ParamKind,
  ValidatingAdmissionPolicy,
  Validation,
  Variable,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { choiceErrors, duplicate, invalidEach, invalidValue, notSupported, required } from '../field-errors.ts';
import { dnsServiceLabel, dnsSubdomain, qualifiedName } from '../names.ts';
import { labelSelectorErrors } from '../pod/selectors.ts';
import type { Sent } from '../sent.ts';
import { conditionErrors, expressionErrors } from './expressions.ts';
import { namedRuleErrors } from './matching.ts';
import { failurePolicies, matchPolicies } from './webhook.ts';

const mostAnnotations = 20;
const longestAnnotation = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const reserved: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);

/** Fields that may be left out of what a policy or a binding matches. */
export function defaultMatch(match: MatchResources): void {
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

/** What is wrong with a ValidatingAdmissionPolicy (kubernetes v1.35, validateValidatingAdmissionPolicySpec). */
export function policyErrors({ metadata, spec = {} }: Sent<ValidatingAdmissionPolicy>): FieldError[] {
  const params = spec.paramKind !== undefined;
  const { validations = [], auditAnnotations = [], matchConstraints: match } = spec;
  const errors = choiceErrors('spec.failurePolicy', spec.failurePolicy, failurePolicies);
  if (spec.paramKind !== undefined) errors.push(...paramKindErrors(spec.paramKind));
  if (match === undefined) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...matchErrors(match, 'spec.matchConstraints'));
    if ((match.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  errors.push(...conditionErrors(spec.matchConditions ?? [], 'spec.matchConditions', params));
  errors.push(...(spec.variables ?? []).flatMap((one, index) => variableErrors(one, `spec.variables[${index}]`, params)));
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required('spec.validations', detail), required('spec.auditAnnotations', detail)];
  }
  errors.push(...validations.flatMap((one, index) => validationErrors(one, `spec.validations[${index}]`, params)));
  return [...errors, ...annotationsErrors(auditAnnotations, metadata?.name ?? '', params)];
}

function paramKindErrors({ apiVersion = '', kind = '' }: Sent<ParamKind>): FieldError[] {
  const errors = apiVersion === '' ? [required('spec.paramKind.apiVersion')] : versionErrors(apiVersion);
  const at = 'spec.paramKind.kind';
  if (kind === '') return [...errors, required(at)];
  const broken = dnsServiceLabel(kind.toLowerCase());
  if (broken.length === 0) return errors;
  return [...errors, invalidValue(at, kind, `may have mixed case, but should otherwise match: ${broken.join(',')}`)];
}
function versionErrors(apiVersion: string): FieldError[] {
  const at = 'spec.paramKind.apiVersion';
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalidValue(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [version = '', group = ''] = parts.reverse();
  const errors = group === '' || dnsSubdomain(group).length === 0 ? [] : [invalidValue(at, group, dnsSubdomain(group).join(','))];
  if (version === '') return [...errors, invalidValue(at, apiVersion, 'version must be specified')];
  const broken = dnsServiceLabel(version);
  return broken.length === 0 ? errors : [...errors, invalidValue(at, version, broken.join(','))];
}

/** What is wrong with which writes a policy or binding looks at (validateMatchResources). */
export function matchErrors(match: Sent<MatchResources>, at: string): FieldError[] {
  const errors = choiceErrors(`${at}.matchPolicy`, match.matchPolicy, matchPolicies);
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    const selector = match[field];
    errors.push(...(selector === undefined ? [required(`${at}.${field}`)] : labelSelectorErrors(selector as never, `${at}.${field}`)));
  }
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    errors.push(...(match[field] ?? []).flatMap((rule, index) => namedRuleErrors(rule, `${at}.${field}[${index}]`)));
  }
  return errors;
}

function variableErrors({ name = '', expression = '' }: Sent<Variable>, at: string, params: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (name.trim() === '') errors.push(required(`${at}.name`, 'name is not specified'));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reserved.has(name)) {
    errors.push(invalidValue(`${at}.name`, name, 'name is not a valid CEL identifier'));
  }
  if (expression.trim() === '') return [...errors, required(`${at}.expression`, 'expression is not specified')];
  return [...errors, ...expressionErrors(`${at}.expression`, expression, { params, result: 'dyn' })];
}
function validationErrors(validation: Sent<Validation>, at: string, params: boolean): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const errors =
    expression.trim() === ''
      ? [required(`${at}.expression`, 'expression is not specified')]
      : expressionErrors(`${at}.expression`, expression, { params, result: 'bool' });
  if (messageExpression !== '') {
    const here = `${at}.messageExpression`;
    if (messageExpression.trim() === '') errors.push(invalidValue(here, messageExpression, 'must be non-empty if specified'));
    else errors.push(...expressionErrors(here, messageExpression, { params, result: 'string' }));
  }
  if (message !== '' && message.trim() === '')
    errors.push(invalidValue(`${at}.message`, message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalidValue(`${at}.message`, message, 'message must not contain line breaks'));
  return reason === undefined || reasons.includes(reason) ? errors : [...errors, notSupported(`${at}.reason`, reason, reasons)];
}
function annotationsErrors(annotations: readonly Sent<AuditAnnotation>[], policy: string, params: boolean): FieldError[] {
  const list = 'spec.auditAnnotations';
  const errors =
    annotations.length > mostAnnotations
      ? [invalidValue(list, annotations, `must not have more than ${mostAnnotations} auditAnnotations`)]
      : [];
  const keys = new Set<string>();
  for (const [index, { key = '', valueExpression = '' }] of annotations.entries()) {
    const at = `${list}[${index}]`;
    errors.push(...invalidEach(`${at}.key`, `${policy}/${key}`, qualifiedName(`${policy}/${key}`)));
    const text = valueExpression.trim();
    if (text === '') errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    else if (text.length > longestAnnotation)
      errors.push(required(`${at}.valueExpression`, `must not exceed ${longestAnnotation} bytes in length`));
    else errors.push(...expressionErrors(`${at}.valueExpression`, valueExpression, { params, result: 'dyn' }));
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  }
  return errors;
}
