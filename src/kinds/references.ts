import type { FieldError } from '../api/status.ts';
import { invalidEach, required } from './field-errors.ts';
import { pathSegment } from './names.ts';

/** A text that must be there and may not break a path. */
export function segmentErrors(field: string, text: string | undefined): FieldError[] {
  return text === undefined || text === '' ? [required(field)] : invalidEach(field, text, pathSegment(text));
}
