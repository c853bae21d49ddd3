import type { LabelSelector, NodeSelectorTerm, NodeSelectorRequirement } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { labelErrors } from '../metadata.ts';
import { labelValue, qualifiedName } from '../names.ts';

/** What is wrong with a label selector (apimachinery v1.35, meta/v1/validation). */
export function labelSelectorErrors(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const errors = labelErrors(selector.matchLabels, `${path}.matchLabels`);
  for (const [index, rule] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    errors.push(...valuesErrors(rule, at));
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(rule.operator)) {
      errors.push(invalidValue(`${at}.operator`, rule.operator, 'not a valid selector operator'));
    }
    errors.push(...invalidEach(`${at}.key`, rule.key, qualifiedName(rule.key)));
    for (const [number, value] of (rule.values ?? []).entries()) {
      errors.push(...invalidEach(`${at}.values[${number}]`, value, labelValue(value)));
    }
  }
  return errors;
}
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

/** What is wrong with one term of a node affinity. */
export function nodeTermErrors(term: NodeSelectorTerm, path: string): FieldError[] {
  const errors = (term.matchExpressions ?? []).flatMap((rule, index) => nodeRuleErrors(rule, `${path}.matchExpressions[${index}]`));
  for (const [index, rule] of (term.matchFields ?? []).entries()) {
    const at = `${path}.matchFields[${index}]`;
    if (rule.key !== 'metadata.name') errors.push(invalidValue(`${at}.key`, rule.key, 'not a valid field selector key'));
    if ((rule.operator !== 'In' && rule.operator !== 'NotIn') || rule.values?.length !== 1) {
      errors.push(required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    }
  }
  return errors;
}
function nodeRuleErrors(rule: NodeSelectorRequirement, at: string): FieldError[] {
  const errors = valuesErrors(rule, at);
  if ((rule.operator === 'Gt' || rule.operator === 'Lt') && rule.values?.length !== 1) {
    errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  }
  errors.push(...invalidEach(`${at}.key`, rule.key, qualifiedName(rule.key)));
  return errors;
}
