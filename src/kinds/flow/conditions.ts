import type { FieldError } from '../../api/status.ts';
import { duplicate, required } from '../field-errors.ts';

/** What is wrong with the conditions of a FlowSchema or priority level: each sort once. */
export function flowConditionErrors(conditions: readonly { readonly type?: string | undefined }[]): FieldError[] {
  const types = new Set<string>();
  return conditions.flatMap(({ type = '' }, index) => {
    const at = `status.conditions[${index}].type`;
    const errors = types.has(type) ? [duplicate(at, type)] : [];
    types.add(type);
    return type === '' ? [...errors, required(at, 'must not be empty')] : errors;
  });
}
