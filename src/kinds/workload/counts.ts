import type { FieldError } from '../../api/status.ts';
import { invalidValue, negative } from '../field-errors.ts';

/** A status that counts things. */
export type Counts = { readonly [field: string]: unknown };

export function countOf(status: Counts, field: string): number {
  const count = status[field];
  return typeof count === 'number' ? count : 0;
}
/** What is below zero among these fields of the status. */
export function negativeErrors(status: Counts, fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => negative(`status.${field}`, countOf(status, field)));
}
/** Which of these fields count more than there are replicas; of those that are ready also more than those. */
export function excessErrors(status: Counts, fields: readonly string[], readyText = 'cannot be greater than readyReplicas'): FieldError[] {
  const excess = fields.filter((field) => countOf(status, field) > countOf(status, 'replicas'));
  const errors = excess.map((field) => invalidValue(`status.${field}`, countOf(status, field), 'cannot be greater than status.replicas'));
  const available = countOf(status, 'availableReplicas');
  if (available <= countOf(status, 'readyReplicas')) return errors;
  return [...errors, invalidValue('status.availableReplicas', available, readyText)];
}
/** A count of collisions only ever rises. */
export function collisionErrors(status: Counts, old: Counts): FieldError[] {
  const before = old['collisionCount'];
  const now = status['collisionCount'];
  if (typeof before !== 'number' || (typeof now === 'number' && now >= before)) return [];
  return [invalidValue('status.collisionCount', now ?? 0, 'cannot be decremented')];
}
