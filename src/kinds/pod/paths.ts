import type { FieldError } from '../../api/status.ts';
import { invalidValue } from '../field-errors.ts';

/** True when a part of the path is `..`. */
export function backsteps(path: string | undefined): boolean {
  return path?.split('/').includes('..') === true;
}
export function backstepErrors(path: string, at: string): FieldError[] {
  return backsteps(path) ? [invalidValue(at, path, "must not contain '..'")] : [];
}
/** For paths below a place that they may not leave (kubernetes v1.35, validateLocalDescendingPath). */
export function descendingErrors(path: string, at: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidValue(at, path, 'must be a relative path')] : [];
  return [...errors, ...backstepErrors(path, at)];
}
/** For files of a volume, where names that begin with `..` are kept for its own links (ValidateLocalNonReservedPath). */
export function filePathErrors(path: string, at: string): FieldError[] {
  const errors = descendingErrors(path, at);
  const reserved = path.startsWith('..') && !path.startsWith('../');
  return reserved ? [...errors, invalidValue(at, path, "must not start with '..'")] : errors;
}
const modeRule = 'must be a number between 0 and 0777 (octal), both inclusive';
/** For the permissions of a file. */
export function modeErrors(mode: number | undefined, at: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalidValue(at, mode, modeRule)] : [];
}
