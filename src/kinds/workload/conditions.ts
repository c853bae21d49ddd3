import type { Condition } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, invalidEach, invalidValue, negative, notSupported, required, tooLong } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';

const longestReason = 1024;
const longestMessage = 32 * 1024;
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonRule =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const reasonText = `${reasonRule} (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`;
const states = ['False', 'True', 'Unknown'];

/** What is wrong with conditions of the newer shape (apimachinery v1.35, meta/v1/validation ValidateConditions). */
export function conditionErrors(conditions: readonly Condition[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, index) => {
    const at = `${path}[${index}]`;
    const errors = seen.has(condition.type) ? [duplicate(`${at}.type`, condition.type)] : [];
    seen.add(condition.type);
    return [...errors, ...oneErrors(condition, at)];
  });
}
function oneErrors(condition: Condition, at: string): FieldError[] {
  const { type = '', status = '', observedGeneration, lastTransitionTime, reason = '', message = '' } = condition as Partial<Condition>;
  const errors = invalidEach(`${at}.type`, type, qualifiedName(type));
  if (!states.includes(status)) errors.push(notSupported(`${at}.status`, status, states));
  errors.push(...negative(`${at}.observedGeneration`, observedGeneration));
  if (!lastTransitionTime) errors.push(required(`${at}.lastTransitionTime`, 'must be set'));
  if (reason === '') errors.push(required(`${at}.reason`, 'must be set'));
  else {
    if (!new RegExp(`^${reasonPattern}$`).test(reason)) errors.push(invalidValue(`${at}.reason`, reason, reasonText));
    if (reason.length > longestReason) errors.push(tooLong(`${at}.reason`, longestReason));
  }
  return message.length > longestMessage ? [...errors, tooLong(`${at}.message`, longestMessage)] : errors;
}
