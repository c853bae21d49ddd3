import type { FieldError } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import { invalidValue, notSupported, required } from '../field-errors.ts';
import { fieldPathOf } from './field-path.ts';
import type { Node } from './node.ts';

/** One entry of x-kubernetes-validations. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export function rulesOf(node: Node): readonly Rule[] {
  const rules = node['x-kubernetes-validations'];
  return Array.isArray(rules) ? rules.filter((rule): rule is Node => isRecord(rule)).map((rule) => ({ rule: '', ...rule })) : [];
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** What is wrong with the rules of a schema apart from their expressions. */
export function ruleTextErrors(node: Node, path: string): FieldError[] {
  return rulesOf(node).flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    return [...messageErrors(rule, at), ...aimErrors(rule, at, node)];
  });
}

function messageErrors(rule: Rule, at: string): FieldError[] {
  const text = rule.rule.trim();
  const message = rule.message?.trim() ?? '';
  const errors: FieldError[] = [];
  if (text === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
  else if (rule.message && message === '')
    errors.push(invalidValue(`${at}.message`, rule.message, 'message must be non-empty if specified'));
  else if (hasNewlines(message)) errors.push(invalidValue(`${at}.message`, rule.message, 'message must not contain line breaks'));
  else if (hasNewlines(text) && message === '') {
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (rule.messageExpression && rule.messageExpression.trim() === '') {
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  return errors;
}

function aimErrors(rule: Rule, at: string, node: Node): FieldError[] {
  const errors: FieldError[] = [];
  if (rule.reason !== undefined && !reasons.includes(rule.reason)) errors.push(notSupported(`${at}.reason`, rule.reason, reasons));
  const { fieldPath = '' } = rule;
  if (fieldPath === '') return errors;
  const wrong = (detail: string): FieldError => invalidValue(`${at}.fieldPath`, fieldPath, detail);
  if (fieldPath.trim() === '') errors.push(wrong('fieldPath must be non-empty if specified'));
  if (hasNewlines(fieldPath)) errors.push(wrong('fieldPath must not contain line breaks'));
  if ('problem' in fieldPathOf(fieldPath, node)) errors.push(wrong('fieldPath must be a valid path'));
  return errors;
}
