import type {
  LabelSelector,
  LabelSelectorRequirement,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { labelErrors } from '../metadata.ts';
import { dnsSubdomain, labelValue, qualifiedName } from '../names.ts';

/** What is wrong with a label selector (apimachinery v1.35, meta/v1/validation). */
export function labelSelectorErrors(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const errors = labelErrors(selector.matchLabels, `${path}.matchLabels`);
  for (const [index, rule] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const { key = '', operator = '', values = [] } = rule as Partial<LabelSelectorRequirement>;
    errors.push(...valuesErrors({ operator, values }, at));
    if (!operators.includes(operator)) errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
    errors.push(...invalidEach(`${at}.key`, key, qualifiedName(key)), ...valueErrors(values, at));
  }
  return errors;
}
const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
function valuesErrors(rule: { operator: string; values?: string[] }, at: string): FieldError[] {
  const count = rule.values?.length ?? 0;
  if (rule.operator === 'In' || rule.operator === 'NotIn') {
    return count === 0 ? [required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
  }
  if (rule.operator === 'Exists' || rule.operator === 'DoesNotExist') {
    return count > 0 ? [fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : [];
  }
  return [];
}

/** Does the selector match these labels? An empty one matches all. */
export function selectorMatches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    return operator === 'In' ? value !== undefined && values.includes(value) : value === undefined || !values.includes(value);
  });
}
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;
}

/** What is wrong with what a node must be like (kubernetes v1.35, ValidateNodeSelector). */
export function nodeSelectorErrors(selector: NodeSelector, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  const { nodeSelectorTerms: terms = [] } = selector as Partial<NodeSelector>;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => nodeTermErrors(term, `${at}[${index}]`));
}
/** What is wrong with one term of it; a wish may name any value, even one that no label can have. */
export function nodeTermErrors(term: NodeSelectorTerm, path: string, options: { anyValue?: boolean } = {}): FieldError[] {
  const errors = (term.matchExpressions ?? []).flatMap((rule, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const values = options.anyValue === true ? [] : valueErrors(rule.values ?? [], at);
    return [...nodeRuleErrors(rule, at), ...values];
  });
  for (const [index, rule] of (term.matchFields ?? []).entries()) errors.push(...nodeFieldErrors(rule, `${path}.matchFields[${index}]`));
  return errors;
}
function valueErrors(values: readonly string[], at: string): FieldError[] {
  return values.flatMap((value, index) => invalidEach(`${at}.values[${index}]`, value, labelValue(value)));
}
function nodeRuleErrors(rule: NodeSelectorRequirement, at: string): FieldError[] {
  const { key = '', operator = '' } = rule as Partial<NodeSelectorRequirement>;
  const errors = valuesErrors({ ...rule, operator }, at);
  if (operator === 'Gt' || operator === 'Lt') {
    if (rule.values?.length !== 1) errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else if (!operators.includes(operator)) errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  return [...errors, ...invalidEach(`${at}.key`, key, qualifiedName(key))];
}
function nodeFieldErrors(rule: NodeSelectorRequirement, at: string): FieldError[] {
  const { key = '', operator = '', values = [] } = rule as Partial<NodeSelectorRequirement>;
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1) {
    errors.push(required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(`${at}.key`, key, 'not a valid field selector key')];
  return [...errors, ...values.flatMap((value, index) => invalidEach(`${at}.values[${index}]`, value, dnsSubdomain(value)))];
}
