import type { FieldError } from '../../api/status.ts';
import { invalidValue, negative } from '../field-errors.ts';

/** So many pods, or so many of a hundred: `3`, `25%`. */
export type Amount = number | string;

const percentRule =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** What is wrong with a number or percentage (kubernetes v1.35, ValidatePositiveIntOrPercent). */
export function amountErrors(at: string, amount: Amount): FieldError[] {
  if (typeof amount === 'number') return negative(at, amount);
  return /^\d+%$/.test(amount) ? [] : [invalidValue(at, amount, percentRule)];
}
/** More than all are too many (IsNotMoreThan100Percent). */
export function notMoreThanAllErrors(at: string, amount: Amount): FieldError[] {
  return /^\d+%$/.test(String(amount)) && amountOf(amount) > 100 ? [invalidValue(at, amount, 'must not be greater than 100%')] : [];
}
/** The number, of pods or of percent; 0 for what is neither. */
export function amountOf(amount: Amount): number {
  if (typeof amount === 'number') return amount;
  return /^\d+%?$/.test(amount) ? Number.parseInt(amount, 10) : 0;
}
