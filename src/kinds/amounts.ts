import { canonicalQuantity, parseQuantity, wholeValue } from '../api/quantity.ts';
import type { FieldError } from '../api/status.ts';
import { invalidValue } from './field-errors.ts';

const negativeText = 'must be greater than or equal to 0';

/** What is wrong with an amount that may be nothing (kubernetes v1.35, ValidateNonnegativeQuantity). */
export function nonnegativeAmountErrors(field: string, amount: string): FieldError[] {
  return parseQuantity(amount).nano < 0n ? [invalidValue(field, canonicalQuantity(amount), negativeText)] : [];
}
/** What is wrong with an amount that must be more than nothing (ValidatePositiveQuantityValue). */
export function positiveAmountErrors(field: string, amount: string): FieldError[] {
  return parseQuantity(amount).nano <= 0n ? [invalidValue(field, canonicalQuantity(amount), 'must be greater than zero')] : [];
}
/** What is wrong with an amount that must be a size (validateBasicResource). */
export function sizeErrors(field: string, amount: string): FieldError[] {
  const whole = wholeValue(amount);
  return whole < 0 ? [invalidValue(field, whole, 'must be a valid resource quantity')] : [];
}
